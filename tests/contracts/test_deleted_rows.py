"""What every store promises of deletions: one act goes and comes back as one, and what others need stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Refused
from maquette.domain.hosting import CallState
from maquette.domain.ids import new_id
from maquette.domain.jobs import JobInput, TaskStatus
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import Stage, Status

DAY = timedelta(days=1)


class Stock:
    """Rows of one owner: a project with two photos and two jobs, the second of which reused what the first made."""

    def __init__(self, tx, sample):
        self.tx, self.owner = tx, sample.owner
        self.at = sample.job().created_at + DAY
        made = sample.job().created_at
        self.project = Project(f"prj_{sample.owner}", sample.owner, ProjectKind.PRODUCT, "Chair", made, made)
        tx.projects.add(self.project)
        self.photo, self.cut, self.model = (sample.asset(n, project_id=self.project.id) for n in range(3))
        self.loose = sample.asset(9)
        for asset in (self.photo, self.cut, self.model, self.loose):
            tx.assets.add(asset)
        self.first = self.job(sample, 0, project_id=self.project.id)
        self.second = self.job(sample, 1)
        self.task(sample, self.first, 1, "cut", self.cut)
        self.task(sample, self.first, 2, "model", self.model)
        self.task(sample, self.second, 1, "cut", self.cut, reused=True)

    def job(self, sample, minute, **fields):
        failed = {"status": Status.FAILED, "ended_at": sample.job().created_at}
        job = sample.job(minute, **failed, inputs=(JobInput(self.photo.id),), **fields)
        self.tx.jobs.add(job)
        return job

    def task(self, sample, job, number, key, asset, **fields):
        finished = {"status": TaskStatus.FINISHED, "cache_key": f"{job.owner_id} {key}"}
        self.tx.tasks.add(sample.task(job, number, **finished, output_assets=(asset.id,), **fields))

    def living(self):
        """The ids of everything that can be seen."""
        tx, owner = self.tx, self.owner
        pages = (tx.projects.list(owner), tx.jobs.list(owner), tx.assets.list(owner))
        return {item.id for page in pages for item in page.items}

    def names(self, *items):
        return {item.id for item in items}

    @property
    def all(self):
        things = (self.project, self.photo, self.cut, self.model, self.loose, self.first, self.second)
        return self.names(*things)


@pytest.fixture
def stock(database, sample):
    with database.write() as tx:
        yield Stock(tx, sample)


def test_a_job_goes_with_what_only_it_made(stock):
    assert stock.tx.deleted.delete_job(stock.owner, stock.first.id, stock.at)
    assert stock.living() == stock.all - stock.names(stock.first, stock.model)
    assert not stock.tx.deleted.delete_job(stock.owner, stock.first.id, stock.at)
    back = stock.tx.deleted.restore_job(stock.owner, stock.first.id, stock.at)
    assert back == stock.first
    assert stock.living() == stock.all


def test_the_last_of_two_jobs_takes_along_what_they_shared(stock):
    deleted = stock.tx.deleted
    deleted.delete_job(stock.owner, stock.first.id, stock.at)
    deleted.delete_job(stock.owner, stock.second.id, stock.at + DAY)
    assert stock.living() == stock.names(stock.project, stock.photo, stock.loose)
    deleted.restore_job(stock.owner, stock.first.id, stock.at)
    assert stock.living() == stock.all - stock.names(stock.second)


def test_what_another_job_starts_from_stays(stock, sample):
    following = replace(stock.second, id=stock.second.id + "b", inputs=(JobInput(stock.model.id),))
    stock.tx.jobs.add(following)
    stock.tx.deleted.delete_job(stock.owner, stock.first.id, stock.at)
    assert stock.model.id in stock.living()


def test_a_job_that_runs_is_not_deleted(stock, sample):
    running = sample.job(5, status=Status.PROCESSING)
    stock.tx.jobs.add(running)
    assert not stock.tx.deleted.delete_job(stock.owner, running.id, stock.at)
    assert running.id in stock.living()


def test_a_project_goes_with_all_that_nobody_else_needs_and_comes_back_whole(stock, other):
    deleted = stock.tx.deleted
    assert not deleted.delete_project(other.owner, stock.project.id, stock.at)
    assert deleted.delete_project(stock.owner, stock.project.id, stock.at)
    # the second job is none of the project's: its photo and the cut-out that it reused stay
    assert stock.living() == stock.names(stock.second, stock.photo, stock.cut, stock.loose)
    assert deleted.restore_project(other.owner, stock.project.id, stock.at) is None
    assert deleted.restore_project(stock.owner, stock.project.id, stock.at + DAY) is None
    assert deleted.restore_project(stock.owner, stock.project.id, stock.at) == stock.project
    assert stock.living() == stock.all


def test_what_was_deleted_before_its_project_stays_deleted_with_it(stock):
    deleted = stock.tx.deleted
    deleted.delete_job(stock.owner, stock.second.id, stock.at)
    deleted.delete_asset(stock.owner, stock.photo.id, stock.at + DAY)
    deleted.delete_project(stock.owner, stock.project.id, stock.at + 2 * DAY)
    assert stock.living() == stock.names(stock.loose)
    deleted.restore_project(stock.owner, stock.project.id, stock.at)
    assert stock.living() == stock.all - stock.names(stock.photo, stock.second)


def test_nothing_comes_back_into_a_deleted_project(stock):
    deleted = stock.tx.deleted
    deleted.delete_asset(stock.owner, stock.photo.id, stock.at)
    deleted.delete_project(stock.owner, stock.project.id, stock.at + DAY)
    for restore, thing in ((deleted.restore_asset, stock.photo), (deleted.restore_job, stock.first)):
        with pytest.raises(Refused, match="project") as refusal:
            restore(stock.owner, thing.id, stock.at)
        assert refusal.value.code == "conflict"


def test_all_of_an_owner_goes_and_comes_back_at_once(stock, other):
    foreign = other.asset()
    stock.tx.assets.add(foreign)
    deleted = stock.tx.deleted
    deleted.delete_asset(stock.owner, stock.loose.id, stock.at - DAY)
    act = deleted.delete_owner(stock.owner, stock.at)
    assert (act.projects, act.jobs, act.assets) == (1, 2, 3)
    assert stock.living() == set()
    assert stock.tx.assets.get(foreign.id) == foreign
    assert deleted.last(stock.owner, stock.at - DAY) == stock.at
    assert deleted.restore_owner(other.owner, stock.at).assets == 0
    assert deleted.restore_owner(stock.owner, stock.at) == act
    assert stock.living() == stock.all - stock.names(stock.loose)


def test_an_act_gets_an_instant_of_its_own_that_is_not_before_the_last_sweep(stock):
    deleted = stock.tx.deleted
    now = stock.at + 10_000 * DAY  # later than any other test's sweep
    first = deleted.instant(stock.owner, now)
    assert timedelta() <= now - first < timedelta(milliseconds=1)
    deleted.delete_asset(stock.owner, stock.loose.id, first)
    assert deleted.instant(stock.owner, now) == first + timedelta(milliseconds=1)
    stock.tx.chores.take("an instant's test", 0)
    stock.tx.chores.done("an instant's test", now + DAY)
    assert deleted.instant(stock.owner, now) == first + DAY


def test_deleted_things_are_listed_while_they_can_be_restored(stock, other):
    deleted = stock.tx.deleted
    deleted.delete_project(stock.owner, stock.project.id, stock.at)
    deleted.delete_asset(stock.owner, stock.loose.id, stock.at + DAY)
    (project,) = deleted.projects(stock.owner, stock.at, None, 10).items
    (job,) = deleted.jobs(stock.owner, stock.at, None, None, 10).items
    assert (project.id, project.deleted_at, job.id) == (stock.project.id, stock.at, stock.first.id)
    first = deleted.assets(stock.owner, stock.at, None, None, 1)
    rest = deleted.assets(stock.owner, stock.at, None, first.next_cursor, 5)
    assert [item.id for item in (*first.items, *rest.items)] == [stock.loose.id, stock.model.id]
    inside = deleted.assets(stock.owner, stock.at, stock.project.id, None, 5)
    assert [item.id for item in inside.items] == [stock.model.id]
    assert deleted.projects(stock.owner, stock.at + DAY, None, 10).items == ()
    assert deleted.assets(other.owner, stock.at, None, None, 10).items == ()


def test_a_deleted_job_is_not_retried(stock):
    from maquette.domain import jobs as moves
    from maquette.pipelines.catalog import CATALOG

    move = moves.retry(stock.first, CATALOG["photo_to_model"].pipeline, stock.at)
    stock.tx.deleted.delete_job(stock.owner, stock.first.id, stock.at)
    with pytest.raises(Refused) as refusal:
        stock.tx.jobs.apply(move)
    assert refusal.value.code == "illegal_move"


def test_what_a_provider_delivered_goes_and_comes_back_with_its_job(database, sample):
    with database.write() as tx:
        stock = Stock(tx, sample)
        raw = sample.asset(5)
        tx.assets.add(raw)
        at = stock.first.created_at
        tx.calls.add(
            ProviderCall(
                new_id("call"),
                sample.owner,
                stock.first.id,
                Stage.GENERATING,
                1,
                "meshy",
                "mesher",
                new_id("key"),
                at,
                at,
                state=CallState.SUCCEEDED,
                parcels=({"role": "model", "asset_id": raw.id},),
            )
        )
        assert tx.deleted.delete_job(sample.owner, stock.first.id, stock.at)
        assert raw.id not in stock.living()
        assert tx.deleted.restore_job(sample.owner, stock.first.id, stock.at)
        assert raw.id in stock.living()
