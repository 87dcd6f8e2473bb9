"""The runner on a real database and real files; only the work of the stages is made up.

A crash is played by leaving a step before it wrote its end, and running it again.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.schema import migrate
from maquette.app.jobs import Jobs, NewJob
from maquette.app.joining import HOLDS, Joining, Photo
from maquette.domain.assets import Asset, Role, View, blob_key
from maquette.domain.errors import Permanent, Refused, Temporary
from maquette.domain.fleet import Queue, Worker
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, JobInput, TaskStatus
from maquette.domain.marks import NO_MARKS, Click, Marks
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines import catalog
from maquette.pipelines.outcome import LeaseLost
from maquette.pipelines.runner import Runner
from maquette.pipelines.stage import Desk, OutputFile, Produced, StageSpec
from maquette.pipelines.walk import walk
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.testing import InlineProcesses, ManualClock, RecordingJobs, Shelf

OWNER = "local"


class Play:
    """What the stages do in a test, and how often they did it."""

    def __init__(self) -> None:
        self.ran: list[Stage] = []
        self.keys: list[str] = []
        self.raises: dict[Stage, list[Exception]] = {}

    def work(self, stage: Stage) -> Any:
        def run(desk: Desk) -> Produced:
            self.ran.append(stage)
            self.keys.append(desk.key)
            if self.raises.get(stage):
                raise self.raises[stage].pop(0)
            desk.progress(0.5)
            path = desk.into / f"{stage}.txt"
            path.write_text(f"{stage} made from {len(desk.inputs)}", encoding="utf-8")
            file = OutputFile(path, Role.CUTOUT, "text/plain", stage.value, derived_from=(desk.inputs[0].asset_id,))
            return Produced((file,), {stage.value: "said"})

        return run


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    play = Play()
    specs = {
        stage: StageSpec(stage, "1", play.work(stage), (Role.ORIGINAL,), spec.limits, spec.settings, spec.capability)
        for stage, spec in catalog.SPECS.items()
    }
    monkeypatch.setattr(catalog, "SPECS", specs)
    return play


def engine(name: str, capability: Capability, queue: Queue = Queue.CPU) -> EngineRecord:
    info = EngineInfo(name, "1", capability, name, "-", True, queue=queue)
    return EngineRecord(name, "builtins:object", Readiness(True), info)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SimpleNamespace]:
    url = f"sqlite:///{tmp_path / 'maquette.db'}"
    migrate(url)
    database, blobs, clock = SqlDatabase(url), LocalBlobs(tmp_path / "blobs"), ManualClock()
    shelf = Shelf([engine("cut", Capability.CUTTER), engine("mesh", Capability.MESHER)])
    processes = InlineProcesses()
    runner = Runner(database, blobs, processes, shelf, clock, tmp_path / "work")
    handed = RecordingJobs()
    jobs = Jobs(database, handed, shelf, clock)
    yield SimpleNamespace(
        database=database, blobs=blobs, clock=clock, runner=runner, jobs=jobs, handed=handed, folder=tmp_path, sent=[]
    )
    database.close()


def photo(house: SimpleNamespace, text: str = "photo") -> str:
    source = house.folder / "photo.bin"
    source.write_text(text, encoding="utf-8")
    writer = house.blobs.receive()
    writer.write(text.encode())
    received = writer.finish()
    house.blobs.keep(blob_key(OWNER, received.sha256), received.path)
    asset = Asset(new_id("ast"), OWNER, Role.ORIGINAL, "image/png", received.sha256, received.bytes, house.clock.now())
    with house.database.write() as tx:
        tx.assets.add(asset)
    return asset.id


def accept(house: SimpleNamespace, **changes: Any) -> Job:
    new = NewJob("photo_to_model", (JobInput(photo(house), View.FRONT),))
    return house.jobs.create(OWNER, replace(new, **changes)).job


def run(house: SimpleNamespace, job: Job) -> tuple[Job, list[float]]:
    """Walks the present attempt to its end; returns the job and the delays that were slept."""
    slept: list[float] = []

    async def step(method: Any, *arguments: Any) -> Any:
        return await method(*arguments)

    async def send(errand: Any, job_id: str, attempt: int, number: int, *, leg: int) -> Any:
        house.sent.append((errand, number))
        return await house.runner.run_stage(job_id, attempt, errand["stage"], errand["engine"], leg)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    hands = SimpleNamespace(step=step, run=house.runner.run_stage, send=send, sleep=sleep)
    asyncio.run(walk(house.runner, job.id, job.attempt, job.leg, hands))
    return house.jobs.get(OWNER, job.id), slept


def stages(job: Job) -> list[Stage]:
    return list(catalog.CATALOG[job.pipeline].pipeline.stages)


def events(house: SimpleNamespace, job: Job) -> list[Any]:
    found = house.jobs.events(OWNER, job.id, 0)
    assert [event.seq for event in found] == list(range(1, len(found) + 1))
    return list(found)


def test_a_job_walks_all_stages_and_delivers(house, play):
    job, _ = run(house, accept(house))
    assert (job.status, job.stage, job.progress) == (Status.COMPLETED, Stage.COMPLETE, 100)
    assert play.ran == stages(job)
    with house.database.read() as tx:
        result = tx.results.get(job.result_id, OWNER)
    assert result.kind == "model"
    assert len(result.assets["cutout"]) == len(stages(job))
    assert result.report["generating"] == "said"
    assert [event.type for event in events(house, job)][-1] == "job.completed"
    assert not list((house.folder / "work").iterdir())


def test_a_stage_of_another_queue_is_sent_there_with_its_engine_and_the_jobs_place(house, play):
    elsewhere = Shelf([engine("cut", Capability.CUTTER), engine("cloud", Capability.MESHER, Queue.NET)])
    here = Shelf([engine("cut", Capability.CUTTER), engine("mesh", Capability.MESHER), *elsewhere.all()])
    house.runner = Runner(
        house.database, house.blobs, InlineProcesses(), here, house.clock, house.folder / "work", elsewhere
    )
    play.raises[Stage.GENERATING] = [Temporary("engine_failed"), Temporary("engine_failed")]
    job, slept = run(house, accept(house, priority=7))
    assert (job.status, len(slept)) == (Status.COMPLETED, 2)
    errand = {"stage": "generating", "queue": "net", "engine": "cloud", "priority": 7, "turn": job.turn}
    assert house.sent == [(errand, 1), (errand, 2), (errand, 3)]
    (done,) = [task for task in house.jobs.tasks(OWNER, job.id) if task.stage is Stage.GENERATING and not task.error]
    assert done.engine == "cloud"


def test_all_tries_of_a_stage_have_one_key_and_the_next_attempt_another(house, play):
    play.raises[Stage.GENERATING] = [Temporary("engine_failed"), Permanent("engine_failed")]
    job, _ = run(house, accept(house))
    house.jobs.retry(OWNER, job.id)
    job, _ = run(house, house.jobs.get(OWNER, job.id))
    assert job.status is Status.COMPLETED
    keys = [key for key in play.keys if key.endswith(":generating")]
    assert keys == [f"{job.id}:1:generating"] * 2 + [f"{job.id}:2:generating"]


@pytest.mark.parametrize("when", ["before", "during"])
def test_a_process_that_was_given_up_writes_nothing_down(house, play, monkeypatch, when):
    at = house.clock.now()
    with house.database.write() as tx:
        tx.workers.join(Worker("me", "here", 1, "1", ("cpu",), 1, at, at))
    shelf, folder = house.runner._bench._engines, house.folder / "work"
    runner = Runner(house.database, house.blobs, InlineProcesses(), shelf, house.clock, folder, worker_id="me")
    job = accept(house)

    def bury(*_):
        with house.database.write() as tx:
            tx.workers.bury("me")

    if when == "before":
        bury()
    else:
        monkeypatch.setattr(runner._bench, "lay_out", bury)
    with pytest.raises(LeaseLost):
        asyncio.run(runner.run_stage(job.id, 1, Stage.UPLOADING))
    tasks = house.jobs.tasks(OWNER, job.id)
    assert [task.status for task in tasks] == ([] if when == "before" else [TaskStatus.RUNNING])
    for step in (runner.complete(job.id, 1), runner.abandon(job.id, 1, "internal")):
        with pytest.raises(LeaseLost):
            asyncio.run(step)
    assert house.jobs.get(OWNER, job.id).status is (Status.PENDING if when == "before" else Status.PROCESSING)


def test_the_outcome_of_a_task_that_was_given_up_as_lost_does_not_count(house, play, monkeypatch):
    job = accept(house)
    lay_out = house.runner._bench.lay_out

    def overtaken(plan):
        lay_out(plan)
        with house.database.write() as tx:
            (task,) = tx.tasks.of_job(job.id)
            tx.tasks.end(replace(task, status=TaskStatus.LOST))

    monkeypatch.setattr(house.runner._bench, "lay_out", overtaken)
    assert asyncio.run(house.runner.run_stage(job.id, 1, Stage.UPLOADING))["kind"] == "stop"
    (task,) = house.jobs.tasks(OWNER, job.id)
    assert (task.status, task.output_assets) == (TaskStatus.LOST, ())
    assert [event.type for event in events(house, job)] == ["job.created", "stage.started"]


def test_a_second_walk_of_the_same_attempt_changes_nothing(house, play):
    job = accept(house)
    done, _ = run(house, job)
    again, _ = run(house, job)
    assert again == done
    assert play.ran == stages(job)


def test_a_permanent_failure_ends_the_attempt_at_once(house, play):
    play.raises[Stage.GENERATING] = [Permanent("engine_failed", "no luck", "another engine")]
    job, slept = run(house, accept(house))
    assert (job.status, job.failed_stage, job.progress) == (Status.FAILED, Stage.GENERATING, 30)
    assert (job.error.code, job.error.message, job.error.hint) == ("engine_failed", "no luck", "another engine")
    assert slept == []
    assert play.ran.count(Stage.GENERATING) == 1


def test_a_retry_goes_on_where_it_broke_and_reuses_the_rest(house, play):
    play.raises[Stage.GENERATING] = [Permanent("engine_failed")]
    failed, _ = run(house, accept(house))
    retried = house.jobs.retry(OWNER, failed.id)
    assert (retried.attempt, retried.stage, retried.progress) == (2, Stage.GENERATING, 30)
    assert house.handed.enqueued == [(failed.id, 1, 0), (failed.id, 2, 0)]
    before = list(play.ran)
    job, _ = run(house, retried)
    assert job.status is Status.COMPLETED
    assert play.ran[len(before) :] == [Stage.GENERATING, Stage.STORING, Stage.OPTIMIZING]
    second = [task for task in house.jobs.tasks(OWNER, job.id) if task.attempt == 2]
    assert [task.reused for task in second] == [True] * 4 + [False] * 3
    progress = [event.data["progress"] for event in events(house, job) if event.data["attempt"] == 2]
    assert progress == sorted(progress)
    assert progress[0] == 30


def test_a_retry_from_an_earlier_stage_runs_it_anew(house, play):
    play.raises[Stage.GENERATING] = [Permanent("engine_failed")]
    failed, _ = run(house, accept(house))
    play.ran.clear()
    job, _ = run(house, house.jobs.retry(OWNER, failed.id, Stage.REMOVING_BACKGROUND))
    assert job.status is Status.COMPLETED
    assert play.ran == stages(job)[2:]


def test_a_temporary_failure_is_tried_again_after_a_growing_pause(house, play):
    play.raises[Stage.GENERATING] = [Temporary("engine_failed"), Temporary("engine_failed", retry_after=7.0)]
    job, slept = run(house, accept(house))
    assert job.status is Status.COMPLETED
    assert slept == [2.0, 7.0]
    kinds = [event.type for event in events(house, job)]
    assert kinds.count("job.requeued") == 2
    numbers = [task.number for task in house.jobs.tasks(OWNER, job.id) if task.stage is Stage.GENERATING]
    assert numbers == [1, 2, 3]


def test_a_temporary_failure_that_stays_fails_the_job(house, play):
    play.raises[Stage.GENERATING] = [Temporary("engine_failed") for _ in range(10)]
    job, slept = run(house, accept(house))
    assert job.status is Status.FAILED
    assert slept == [2.0, 10.0, 30.0]


def test_a_bug_is_stored_as_internal_with_its_traceback_in_the_log(house, play):
    play.raises[Stage.STORING] = [ZeroDivisionError("by zero")]
    job, _ = run(house, accept(house))
    assert job.error.code == "internal"
    assert "zero" not in job.error.message
    lines = house.jobs.logs(OWNER, job.id)
    assert "ZeroDivisionError" in lines[-1].detail


def test_a_hold_waits_and_a_resume_goes_on_with_the_next_stage(house, play):
    held, _ = run(house, accept(house, hold_after=(Stage.VALIDATING, Stage.REMOVING_BACKGROUND)))
    assert (held.status, held.stage) == (Status.WAITING, Stage.VALIDATING)
    resumed = house.jobs.resume(OWNER, held.id)
    assert (resumed.status, resumed.stage, resumed.leg) == (Status.PROCESSING, Stage.REMOVING_BACKGROUND, 1)
    held, _ = run(house, resumed)
    assert (held.status, held.stage, held.progress) == (Status.WAITING, Stage.REMOVING_BACKGROUND, 25)
    job, _ = run(house, house.jobs.resume(OWNER, held.id))
    assert job.status is Status.COMPLETED
    assert play.ran == stages(job)
    assert house.handed.enqueued == [(job.id, 1, 0), (job.id, 1, 1), (job.id, 1, 2)]


class Dead(InlineProcesses):
    async def run(self, *arguments: Any, **keywords: Any) -> Any:
        raise KeyboardInterrupt


def die(house: SimpleNamespace, job: Job, stage: Stage) -> None:
    """Does what comes before the stage, and dies in it."""

    async def work() -> None:
        for before in stages(job)[: stages(job).index(stage)]:
            await house.runner.run_stage(job.id, 1, before)
        house.runner._processes = Dead()
        await house.runner.run_stage(job.id, 1, stage)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(work())
    house.runner._processes = InlineProcesses()


def joining(house: SimpleNamespace) -> Joining:
    return Joining(house.database, house.handed, house.clock, house.jobs)


def validated(house: SimpleNamespace, job: Job) -> list[int]:
    """How many photos each finished check of the job saw."""
    tasks = house.jobs.tasks(OWNER, job.id)
    return [
        len(task.input_assets)
        for task in tasks
        if task.stage is Stage.VALIDATING and task.status is TaskStatus.FINISHED
    ]


def test_a_photo_that_joins_a_held_job_is_checked_while_it_stays_held(house, play):
    job, _ = run(house, accept(house, hold_after=HOLDS))
    joined = joining(house).add(OWNER, Photo(photo(house, "left"), View.LEFT), job.id).job
    assert (joined.status, joined.stage, joined.leg) == (Status.PROCESSING, Stage.VALIDATING, 1)
    job, _ = run(house, joined)
    assert (job.status, job.stage, job.leg) == (Status.WAITING, Stage.VALIDATING, 1)
    assert validated(house, job) == [1, 2]
    job = joining(house).lift(OWNER, job.id, *HOLDS)
    job, _ = run(house, job)
    assert job.status is Status.COMPLETED
    assert validated(house, job) == [1, 2]
    assert play.ran.count(Stage.REMOVING_BACKGROUND) == 1


def test_a_photo_that_joins_amid_the_check_is_checked_too_and_only_then_the_job_is_held(house, play, monkeypatch):
    job = accept(house, hold_after=HOLDS)
    late = [photo(house, "left")]
    work = play.work(Stage.VALIDATING)

    def check(desk: Desk) -> Produced:
        if late:
            joining(house).add(OWNER, Photo(late.pop(), View.LEFT), job.id)
        return work(desk)

    specs = catalog.SPECS
    monkeypatch.setitem(specs, Stage.VALIDATING, replace(specs[Stage.VALIDATING], work=check))
    job, slept = run(house, job)
    assert (job.status, job.stage, job.leg) == (Status.WAITING, Stage.VALIDATING, 0)
    assert validated(house, job) == [1, 2]
    assert slept == [0.0]
    events(house, job)


def test_a_hold_that_is_lifted_before_it_is_reached_holds_nobody(house, play):
    job = accept(house, hold_after=HOLDS)
    assert joining(house).lift(OWNER, job.id, Stage.VALIDATING).seq == job.seq
    job, _ = run(house, job)
    assert (job.status, job.stage) == (Status.WAITING, Stage.REMOVING_BACKGROUND)
    job, _ = run(house, joining(house).lift(OWNER, job.id, *HOLDS))
    assert (job.status, job.hold_after) == (Status.COMPLETED, ())


def test_a_photo_taken_anew_takes_the_place_of_the_first(house, play):
    job, _ = run(house, accept(house, hold_after=HOLDS))
    again = photo(house, "front again")
    job, _ = run(house, joining(house).add(OWNER, Photo(again, View.FRONT), job.id).job)
    assert [given.asset_id for given in job.inputs] == [again]
    assert validated(house, job) == [1, 1]
    job, _ = run(house, joining(house).lift(OWNER, job.id, *HOLDS))
    with house.database.read() as tx:
        result = tx.results.get(job.result_id, OWNER)
        made = tx.assets.many([one for group in result.assets.values() for one in group])
    assert {asset.derived_from for asset in made} == {(again,)}


def test_a_worker_that_died_leaves_a_lost_task_and_its_stage_runs_again(house, play):
    job = accept(house)
    die(house, job, Stage.VALIDATING)
    done, _ = run(house, job)
    assert done.status is Status.COMPLETED
    assert play.ran.count(Stage.UPLOADING) == 1
    validating = [task.status for task in house.jobs.tasks(OWNER, job.id) if task.stage is Stage.VALIDATING]
    assert validating == [TaskStatus.LOST, TaskStatus.FINISHED]
    assert any(event.data.get("reason") == "worker_lost" for event in events(house, done))
    progress = [event.data["progress"] for event in events(house, done)]
    assert progress == sorted(progress)


def test_a_worker_that_died_amid_what_cannot_be_repeated_leaves_the_question_to_a_person(house, play):
    cutter, mesher = house.runner._engines.all()
    shop = replace(mesher, info=replace(mesher.info, repeatable=False))
    house.runner = Runner(
        house.database, house.blobs, InlineProcesses(), Shelf([cutter, shop]), house.clock, house.folder / "work"
    )
    job = accept(house)
    die(house, job, Stage.GENERATING)
    held, _ = run(house, job)
    assert (held.status, held.waiting_for, held.stage) == (Status.WAITING, WaitingFor.UNCERTAIN, Stage.GENERATING)
    assert Stage.GENERATING not in play.ran
    done, _ = run(house, house.jobs.resume(OWNER, job.id))
    assert (done.status, play.ran) == (Status.COMPLETED, stages(job))
    generating = [task.status for task in house.jobs.tasks(OWNER, job.id) if task.stage is Stage.GENERATING]
    assert generating == [TaskStatus.LOST, TaskStatus.FINISHED]


def test_a_cancel_stops_the_stage_that_runs(house, play):
    job = accept(house)

    async def scene() -> None:
        class Endless(InlineProcesses):
            async def run(self, *arguments: Any, **keywords: Any) -> Any:
                await asyncio.sleep(60)

        house.runner._processes = Endless()
        house.runner._attendant._clock = SimpleNamespace(monotonic=asyncio.get_running_loop().time, now=house.clock.now)
        stage = asyncio.ensure_future(house.runner.run_stage(job.id, 1, "uploading"))
        await asyncio.sleep(0.3)
        house.jobs.cancel(OWNER, job.id)
        assert (await asyncio.wait_for(stage, 10))["kind"] == "stop"

    asyncio.run(scene())
    canceled = house.jobs.get(OWNER, job.id)
    assert (canceled.status, canceled.failed_stage) == (Status.CANCELED, Stage.UPLOADING)
    assert house.handed.canceled == [job.id]
    assert [task.status for task in house.jobs.tasks(OWNER, job.id)] == [TaskStatus.CANCELED]
    assert house.jobs.cancel(OWNER, job.id) == canceled


def test_the_attempt_has_a_budget_of_working_time(house, play):
    job = accept(house, deadline_s=10)

    async def scene() -> None:
        await house.runner.run_stage(job.id, 1, "uploading")
        with house.database.write() as tx:
            (task,) = tx.tasks.of_job(job.id)
            tx.tasks.save(replace(task, duration_ms=11_000))
        house.clock.jump(3600 * 24 * 365)
        assert (await house.runner.run_stage(job.id, 1, "validating"))["kind"] == "stop"

    asyncio.run(scene())
    assert house.jobs.get(OWNER, job.id).error.code == "deadline_exceeded"


def test_the_same_photo_and_settings_reuse_an_earlier_jobs_stages(house, play):
    new = NewJob("photo_to_model", (JobInput(photo(house), View.FRONT),))
    run(house, house.jobs.create(OWNER, new).job)
    play.ran.clear()
    job, _ = run(house, house.jobs.create(OWNER, replace(new, settings={"quality": "full"})).job)
    assert job.status is Status.COMPLETED
    # only the stages that read the setting run again
    assert play.ran == [Stage.GENERATING, Stage.OPTIMIZING]


def test_other_marks_on_the_same_photo_are_other_work(house, play):
    given = JobInput(photo(house), View.FRONT)
    for marks, ran in ((NO_MARKS, 1), (Marks((Click(1, 2),)), 2), (Marks((Click(1, 2),)), 2)):
        job = house.jobs.create(OWNER, NewJob("photo_to_model", (replace(given, marks=marks),))).job
        assert run(house, job)[0].status is Status.COMPLETED
        assert play.ran.count(Stage.REMOVING_BACKGROUND) == ran
        assert play.ran.count(Stage.VALIDATING) == 1


def test_a_deleted_photo_fails_the_job_with_a_code(house, play):
    job = accept(house)
    with house.database.write() as tx:
        tx.assets.delete(job.inputs[0].asset_id, OWNER, house.clock.now())
    failed, _ = run(house, job)
    assert (failed.status, failed.error.code) == (Status.FAILED, "data_missing")


def test_a_job_that_is_older_than_a_setting_has_its_default(house, play):
    job = replace(accept(house), settings={"quality": "fast"})
    plan = house.runner._bench.prepare(job, catalog.SPECS[Stage.GENERATING])
    assert plan.settings == {"quality": "fast", "shape": "auto"}


def test_an_idempotency_key_gives_the_same_job_and_another_request_is_refused(house, play):
    new = NewJob("photo_to_model", (JobInput(photo(house), View.FRONT),))
    first = house.jobs.create(OWNER, new, "key")
    second = house.jobs.create(OWNER, new, "key")
    assert (second.job.id, second.replayed) == (first.job.id, True)
    with pytest.raises(Refused) as caught:
        house.jobs.create(OWNER, replace(new, priority=3), "key")
    assert caught.value.code == "idempotency_mismatch"
    assert len(house.handed.enqueued) == 1
