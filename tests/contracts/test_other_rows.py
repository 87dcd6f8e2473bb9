"""What every store of tasks, logs, results, assets and projects promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maquette.domain.assets import Quality, Role, View
from maquette.domain.errors import Problem, Refused
from maquette.domain.ids import new_id
from maquette.domain.jobs import Result, TaskStatus
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import Stage
from maquette.domain.uploads import Upload
from maquette.ports.stores import LogLine


@pytest.fixture
def job(database, sample):
    job = sample.job()
    with database.write() as tx:
        tx.jobs.add(job)
    return job


def _project(owner, minute=0, **fields):
    at = fields.pop("at", None)
    return Project(f"prj_{owner}_{minute}", owner, ProjectKind.PRODUCT, "Chair", at, at, **fields)


def test_a_task_comes_back_as_it_was_saved(database, sample, job):
    task = sample.task(job)
    done = replace(
        task,
        status=TaskStatus.FAILED,
        engine="grabcut",
        engine_version="1",
        external_task_id="x",
        params={"a": [1, 2]},
        input_assets=("ast_1",),
        output_assets=("ast_2", "ast_3"),
        data={"n": 1.5},
        cache_key="key",
        reused=True,
        saved_ms=5,
        cost_usd=0.5,
        duration_ms=2**40,
        cpu_ms=7,
        peak_bytes=2**40,
        error=Problem("engine_failed", "m", "h", False),
        ended_at=task.started_at + timedelta(seconds=1),
    )
    with database.write() as tx:
        tx.tasks.add(task)
        assert tx.tasks.of_job(job.id) == (task,)
        tx.tasks.save(done)
    with database.read() as tx:
        assert tx.tasks.of_job(job.id) == (done,)


def test_a_task_that_was_never_added_cannot_be_saved(database, sample, job):
    with pytest.raises(Refused) as refusal, database.write() as tx:
        tx.tasks.save(sample.task(job))
    assert refusal.value.code == "not_found"


def test_tasks_come_in_the_order_of_their_start_even_when_the_clock_jumped(database, sample, job):
    order = [(1, Stage.UPLOADING, 1), (1, Stage.VALIDATING, 1), (1, Stage.VALIDATING, 2), (2, Stage.UPLOADING, 1)]
    tasks = [
        sample.task(job, number, stage=stage, attempt=attempt, started_at=job.created_at - timedelta(days=index))
        for index, (attempt, stage, number) in enumerate(order)
    ]
    with database.write() as tx:
        for task in reversed(tasks):
            tx.tasks.add(task)
        assert tx.tasks.of_job(job.id) == tuple(tasks)


def test_the_cache_gives_the_newest_finished_run_of_the_owner(database, sample, other, job):
    finished = {"status": TaskStatus.FINISHED, "cache_key": "k"}
    old, new = sample.task(job, 1, **finished), sample.task(job, 2, **finished)
    reused = sample.task(job, 3, **finished, reused=True)
    failed = sample.task(job, 4, status=TaskStatus.FAILED, cache_key="k")
    with database.write() as tx:
        assert tx.tasks.cached(sample.owner, "k") is None
        for task in (old, new, reused, failed):
            tx.tasks.add(task)
        assert tx.tasks.cached(sample.owner, "k") == new
        assert tx.tasks.cached(other.owner, "k") is None
        assert tx.tasks.cached(sample.owner, "other") is None


def test_a_task_without_a_key_is_never_reused(database, sample, job):
    with database.write() as tx:
        tx.tasks.add(sample.task(job, status=TaskStatus.FINISHED))
        assert tx.tasks.cached(sample.owner, "") is None


def test_the_cache_wants_every_output_to_exist_still(database, sample, other, job):
    kept, lost, foreign = sample.asset(), sample.asset(), other.asset()
    finished = {"status": TaskStatus.FINISHED, "cache_key": "k"}
    older = sample.task(job, 1, **finished, output_assets=(kept.id,))
    newer = sample.task(job, 2, **finished, output_assets=(kept.id, lost.id))
    strange = sample.task(job, 3, **finished, output_assets=(kept.id, foreign.id))
    never = sample.task(job, 4, **finished, output_assets=("ast_none",))
    with database.write() as tx:
        for asset in (kept, lost, foreign):
            tx.assets.add(asset)
        for task in (older, newer, strange, never):
            tx.tasks.add(task)
        assert tx.tasks.cached(sample.owner, "k") == newer
        tx.assets.delete(lost.id, sample.owner, lost.created_at)
        assert tx.tasks.cached(sample.owner, "k") == older
        tx.assets.delete(kept.id, sample.owner, kept.created_at)
        assert tx.tasks.cached(sample.owner, "k") is None
        tx.assets.delete(lost.id, sample.owner, None)
        tx.assets.delete(kept.id, sample.owner, None)
        assert tx.tasks.cached(sample.owner, "k") == newer


def test_log_lines_keep_their_order(database, job):
    lines = tuple(LogLine(job.id, job.created_at, "error", f"line {n}", Stage.STORING, "trace") for n in range(3))
    with database.write() as tx:
        for line in lines:
            tx.logs.add(line)
        assert tx.logs.of_job(job.id) == lines
        assert tx.logs.of_job("job_none") == ()


def test_a_result_belongs_to_its_owner_and_goes_with_its_job(database, sample, other, job):
    result = Result(
        "res_" + job.id, job.id, sample.owner, "model", job.created_at, {"lod0": ("a", "b"), "usdz": ()}, {"ok": True}
    )
    with database.write() as tx:
        tx.results.add(result)
        assert tx.results.get(result.id) == result
        assert tx.results.get(result.id, sample.owner) == result
        assert tx.results.get(result.id, other.owner) is None
        tx.jobs.delete(job.id, sample.owner, job.created_at)
        assert tx.results.get(result.id, sample.owner) is None


def test_an_asset_comes_back_as_it_was_given(database, sample):
    asset = sample.asset(
        role=Role.LOD,
        name="chair \N{CHAIR}.glb",
        bytes=5 * 2**32,
        view=View.LEFT,
        width=10,
        height=20,
        stats={"triangles": 12, "bounds_m": [[0, 0, 0], [1, 1, 1.5]]},
        quality=Quality(0.5, ("dark", "blurred")),
        derived_from=("ast_1",),
        produced_by="tsk_1",
        engine="carve",
        is_test=True,
    )
    with database.write() as tx:
        tx.assets.add(asset)
    with database.read() as tx:
        assert tx.assets.get(asset.id) == asset


def test_a_foreign_or_deleted_asset_is_a_missing_one(database, sample, other):
    asset = sample.asset()
    with database.write() as tx:
        tx.assets.add(asset)
        assert tx.assets.get(asset.id, sample.owner) == asset
        assert tx.assets.get(asset.id, other.owner) is None
        assert tx.assets.list(other.owner).items == ()
        assert not tx.assets.delete(asset.id, other.owner, asset.created_at)
        assert tx.assets.delete(asset.id, sample.owner, asset.created_at)
        assert not tx.assets.delete(asset.id, sample.owner, asset.created_at)
        assert tx.assets.get(asset.id) is None
        assert tx.assets.many([asset.id]) == ()
        assert tx.assets.by_hash(sample.owner, asset.sha256, asset.role) is None
        assert tx.assets.list(sample.owner).items == ()
        assert tx.assets.delete(asset.id, sample.owner, None)
        assert tx.assets.get(asset.id, sample.owner) == asset


def test_many_assets_come_in_the_order_asked_for(database, sample):
    assets = [sample.asset(minute) for minute in range(5)]
    wanted = [assets[3].id, "ast_none", assets[0].id, assets[3].id]
    with database.write() as tx:
        for asset in assets:
            tx.assets.add(asset)
        assert [asset.id for asset in tx.assets.many(wanted)] == [assets[3].id, assets[0].id, assets[3].id]
        assert tx.assets.many(()) == ()


def test_equal_content_is_found_within_owner_and_role(database, sample, other):
    old, new = sample.asset(0), sample.asset(1)
    with database.write() as tx:
        for asset in (new, old, sample.asset(2, role=Role.MASK), other.asset(3)):
            tx.assets.add(asset)
        assert tx.assets.by_hash(sample.owner, old.sha256, Role.ORIGINAL) == new
        assert tx.assets.by_hash(sample.owner, "b" * 64, Role.ORIGINAL) is None


def test_assets_are_listed_by_project_and_page(database, sample):
    project = _project(sample.owner, at=sample.job().created_at)
    inside = [sample.asset(minute, project_id=project.id) for minute in range(4)]
    with database.write() as tx:
        tx.projects.add(project)
        for asset in (*inside, sample.asset(9)):
            tx.assets.add(asset)
        first = tx.assets.list(sample.owner, project_id=project.id, limit=3)
        rest = tx.assets.list(sample.owner, project_id=project.id, limit=3, cursor=first.next_cursor)
        assert [*first.items, *rest.items] == inside[::-1]
        assert rest.next_cursor is None


def test_projects_are_kept_changed_and_hidden(database, sample, other):
    at = sample.job().created_at
    project = _project(sample.owner, at=at, tags=("a", "b"), dimensions={"width": 1.5, "unit": "m"}, expires_at=at)
    later = _project(sample.owner, 1, at=at + timedelta(minutes=1), sku="S", room_type="kitchen")
    with database.write() as tx:
        tx.projects.add(project)
        tx.projects.add(later)
        assert tx.projects.get(project.id, sample.owner) == project
        assert tx.projects.get(project.id, other.owner) is None
        assert tx.projects.list(sample.owner).items == (later, project)
        renamed = replace(project, name="Stool", kind=ProjectKind.ROOM, tags=(), updated_at=later.created_at)
        tx.projects.save(renamed)
        assert tx.projects.get(project.id, sample.owner) == renamed
        assert not tx.projects.delete(project.id, other.owner, at)
        assert tx.projects.delete(project.id, sample.owner, at)
        assert tx.projects.list(sample.owner).items == (later,)
        assert tx.projects.delete(project.id, sample.owner, None)
        assert tx.projects.get(project.id, sample.owner) == renamed


def test_a_foreign_project_cannot_be_saved(database, sample, other):
    at = sample.job().created_at
    project = _project(sample.owner, at=at)
    with database.write() as tx:
        tx.projects.add(project)
    with pytest.raises(Refused) as refusal, database.write() as tx:
        tx.projects.save(replace(project, owner_id=other.owner, name="Mine"))
    assert refusal.value.code == "not_found"


def _upload(owner, minute=0, **fields):
    at = datetime(2026, 11, 20, 12, minute, tzinfo=UTC)
    return Upload(new_id("upl"), owner, "a.png", "image/png", 7, at, at + timedelta(minutes=15), **fields)


def test_uploads_are_kept_within_their_owner(database, sample, other):
    upload = _upload(sample.owner, view=View.LEFT, sha256="a" * 64)
    with database.write() as tx:
        tx.uploads.add(upload)
        assert tx.uploads.get(upload.id) == tx.uploads.get(upload.id, sample.owner) == upload
        assert tx.uploads.get(upload.id, other.owner) is None
        assert (tx.uploads.pending(sample.owner), tx.uploads.pending(other.owner)) == (1, 0)
        assert not tx.uploads.delete(upload.id, other.owner)
        assert tx.uploads.delete(upload.id, sample.owner)
        assert tx.uploads.get(upload.id) is None


def test_an_upload_is_settled_once(database, sample, other):
    upload = _upload(sample.owner)
    with database.write() as tx:
        tx.uploads.add(upload)
        assert not tx.uploads.settle(upload.id, other.owner, "ast_1")
        assert tx.uploads.settle(upload.id, sample.owner, "ast_1")
        assert not tx.uploads.settle(upload.id, sample.owner, "ast_2")
        assert tx.uploads.get(upload.id) == replace(upload, asset_id="ast_1")
        assert tx.uploads.pending(sample.owner) == 0


def test_expired_uploads_are_told_the_oldest_first(database, sample):
    uploads = [_upload(sample.owner, minute) for minute in (20, 0, 10)]
    with database.write() as tx:
        for upload in uploads:
            tx.uploads.add(upload)
        tx.uploads.settle(uploads[1].id, sample.owner, "ast_1")
        end = uploads[2].expires_at
        assert [found.id for found in tx.uploads.expired(end)] == [uploads[1].id]
        later = end + timedelta(minutes=1)
        assert [found.id for found in tx.uploads.expired(later)] == [uploads[1].id, uploads[2].id]
        assert [found.id for found in tx.uploads.expired(later, limit=1)] == [uploads[1].id]
