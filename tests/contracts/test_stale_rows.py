"""What every store promises of rows that are past their time."""

import threading
from datetime import timedelta

from maquette.adapters.sql.tables import API_KEYS, SIGN_INS, TICKETS, UPLOADS
from maquette.domain.jobs import JobInput
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import Status
from maquette.ports.care import Stale
from maquette.ports.stores import LogLine

DAY = timedelta(days=1)
FAR = 20_000 * DAY
"""Tests share a database on Postgres; what these purge is older than anything else."""


def _ended(sample, days, **fields):
    at = sample.job().created_at - FAR + days * DAY
    return sample.job(created_at=at, updated_at=at, ended_at=at, status=Status.FAILED, **fields)


def _project(sample, days, **fields):
    at = sample.job().created_at - FAR + days * DAY
    return Project(f"prj_{sample.owner}_{days}", sample.owner, ProjectKind.GENERIC, "Old", at, at, **fields)


def test_deleted_jobs_go_for_good_with_all_that_hangs_on_them(database, sample):
    now = sample.job().created_at - FAR + 10 * DAY
    project = _project(sample, 1)
    old, fresh, young, living = (_ended(sample, days, project_id=project.id) for days in (1, 2, 9.5, 3))
    with database.write() as tx:
        tx.projects.add(project)
        for job in (old, fresh, young, living):
            tx.jobs.add(job)
        tx.tasks.add(sample.task(old))
        tx.logs.add(LogLine(old.id, now, "info", "line"))
        tx.deleted.delete_job(sample.owner, old.id, now - 8 * DAY)
        tx.deleted.delete_job(sample.owner, fresh.id, now - 6 * DAY)
        tx.deleted.delete_job(sample.owner, young.id, now - 8 * DAY)
        assert tx.stale.count(Stale.JOBS, now - 7 * DAY, now) == 1
        assert tx.stale.purge(Stale.JOBS, now - 7 * DAY, now, 10) == 1
        assert tx.jobs.get(old.id) is None
        assert (tx.tasks.of_job(old.id), tx.events.after(old.id, 0), tx.logs.of_job(old.id)) == ((), (), ())
        # the young one's idempotency key is remembered for a day, whatever its deletion says
        assert all(tx.jobs.get(job.id) for job in (fresh, young, living))
        tx.deleted.delete_project(sample.owner, project.id, now - 8 * DAY)
        assert tx.stale.purge(Stale.PROJECTS, now - 7 * DAY, now, 10) == 1
        kept = tx.jobs.get(fresh.id)
        assert kept and kept.project_id is None


def test_no_more_than_a_batch_goes_at_a_time(database, sample):
    now = sample.job().created_at - FAR + 30 * DAY
    assets = [sample.asset() for _ in range(5)]
    with database.write() as tx:
        for asset in assets:
            tx.assets.add(asset)
            tx.deleted.delete_asset(sample.owner, asset.id, now - 8 * DAY)
        before = now - 7 * DAY
        assert [tx.stale.purge(Stale.ASSETS, before, now, 2) for _ in range(4)] == [2, 2, 1, 0]


def test_what_expired_goes_at_once(database, sample):
    now = sample.job().created_at - FAR
    times = {"created_at": now - DAY, "owner_id": sample.owner}
    with database.write() as tx:
        key = {"id": sample.owner, "name": "k", "key_hash": sample.owner, "prefix": "p", "is_admin": False} | times
        tx.connection.execute(API_KEYS.insert().values(key))
        for index, expires_at in enumerate((now - DAY, now + DAY)):
            more = times | {"expires_at": expires_at}
            name = f"{sample.owner}{index}"
            tx.connection.execute(SIGN_INS.insert().values(token_hash=name, key_id=sample.owner, **more))
            tx.connection.execute(TICKETS.insert().values(token_hash=name, path="/x", **more))
            upload = {"id": name, "name": "a", "media_type": "image/png", "bytes": 3}
            tx.connection.execute(UPLOADS.insert().values(**upload, **more))
        for kind in (Stale.SIGN_INS, Stale.TICKETS, Stale.UPLOADS):
            assert tx.stale.count(kind, now, now) == 1
            assert tx.stale.purge(kind, now, now, 10) == 1
            assert tx.stale.count(kind, now, now + 2 * DAY) == 1
            tx.stale.purge(kind, now, now + 2 * DAY, 10)


def test_drafts_past_their_time_are_found_unless_a_job_is_open(database, sample):
    now = sample.job().created_at - FAR + 10 * DAY
    past, future, busy = (_project(sample, n, expires_at=now + (n - 2) * DAY) for n in (1, 5, 1.5))
    bare, used, fresh = (_project(sample, days) for days in (2, 3, 9))
    with database.write() as tx:
        for project in (past, future, busy, bare, used, fresh):
            tx.projects.add(project)
        tx.jobs.add(sample.job(project_id=busy.id))
        tx.jobs.add(_ended(sample, 3, project_id=used.id))

        def found(untouched_since):
            expired = tx.stale.expired_projects(now, untouched_since, 100)
            return {project.id for project in expired if project.owner_id == sample.owner}

        assert found(None) == {past.id}
        assert found(now - 5 * DAY) == {past.id, bare.id}


def test_jobs_that_ended_long_ago_are_found_oldest_first(database, sample):
    now = sample.job().created_at - FAR + 10 * DAY
    jobs = [_ended(sample, days) for days in (3, 1, 2, 9)]
    with database.write() as tx:
        for job in (*jobs, sample.job()):
            tx.jobs.add(job)
        found = tx.stale.ended_jobs(now - 5 * DAY, 500)
        assert [job.id for job in found if job.owner_id == sample.owner] == [jobs[n].id for n in (1, 2, 0)]
        assert len(tx.stale.ended_jobs(now, 2)) == 2


def test_content_is_referred_to_by_any_row_of_its_owner(database, sample, other):
    asset, gone = sample.asset(sha256="b" * 64), sample.asset(sha256="c" * 64)
    with database.write() as tx:
        tx.assets.add(asset)
        tx.assets.add(gone)
        tx.deleted.delete_asset(sample.owner, gone.id, gone.created_at)
        wanted = [(sample.owner, "b" * 64), (sample.owner, "c" * 64), (other.owner, "b" * 64)]
        assert tx.stale.referred(wanted) == frozenset(wanted[:2])
        assert tx.stale.referred([]) == frozenset()
        assert not tx.stale.is_orphan(*wanted[0])
        assert tx.stale.is_orphan(*wanted[2])


def test_nobody_adds_a_row_while_its_content_is_taken_for_an_orphan(database, sample):
    asset = sample.asset(sha256="d" * 64)
    order = []

    def add():
        with database.write() as tx:
            tx.assets.add(asset)
            order.append("added")

    adding = threading.Thread(target=add)
    with database.write() as tx:
        assert tx.stale.is_orphan(sample.owner, asset.sha256)
        adding.start()
        adding.join(0.3)
        order.append("removed")
    adding.join()
    assert order == ["removed", "added"]


def test_the_newest_sign_of_life_is_known(database, sample):
    at = sample.job().created_at + FAR
    with database.write() as tx:
        tx.jobs.add(sample.job(updated_at=at, inputs=(JobInput("x"),)))
        assert tx.stale.newest() == at
        tx.connection.exec_driver_sql(
            "DELETE FROM jobs WHERE id = (SELECT id FROM jobs ORDER BY updated_at DESC LIMIT 1)"
        )


def test_one_of_two_takes_a_turn(database, sample):
    with database.write() as tx:
        assert tx.chores.get(sample.owner) is None
        assert not tx.chores.take(sample.owner, 3)
        assert tx.chores.take(sample.owner, 0)
        assert not tx.chores.take(sample.owner, 0)
        assert tx.chores.take(sample.owner, 1)
        assert not tx.chores.take(sample.owner, 1)
        at = sample.job().created_at - FAR
        tx.chores.done(sample.owner, at)
        tx.chores.done(sample.owner, at - DAY)
        state = tx.chores.get(sample.owner)
        assert state and (state.turn, state.done_at) == (2, at)
