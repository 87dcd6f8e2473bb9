"""Several machines that work on one queue: what one begins and cannot end, another ends; nothing is done twice."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from maquette.domain.fleet import WorkerState
from maquette.domain.jobs import TaskStatus
from maquette.domain.states import Stage, Status
from maquette.pipelines.catalog import CATALOG

HERE = Path(__file__).parent
GENERATING = Stage.GENERATING


@pytest.fixture
def crew(tmp_path: Path, fresh_database, monkeypatch: pytest.MonkeyPatch) -> Iterator["Crew"]:  # noqa: F821
    monkeypatch.syspath_prepend(str(HERE))
    from crew import gathered

    with gathered(fresh_database(), tmp_path) as crew:
        yield crew


def begun(crew) -> Counter[str]:
    """How often each stage was begun, whoever did it."""
    return Counter(page.stage for page in crew.diary())


def test_a_killed_workers_job_goes_on_elsewhere_from_the_stage_that_was_lost(crew):
    from crew import LEASE_S

    machines = [crew.start(seconds=1.5), crew.start(seconds=1.5)]
    for machine in machines:
        machine.wait_until_ready()
    job = crew.accept()
    page = crew.wait_for_page(lambda page: page.stage == GENERATING)
    killed, other = sorted(machines, key=lambda machine: machine.pid != page.worker)
    killed.kill()
    died = time.monotonic()
    crew.wait_for_page(lambda page: page.stage == GENERATING and page.worker == other.pid)
    assert time.monotonic() - died <= LEASE_S + 5
    assert crew.wait(job).status is Status.COMPLETED
    assert crew.workers()[killed.id].state is WorkerState.GONE
    assert [task.status for task in crew.tasks(job.id, GENERATING)] == [TaskStatus.LOST, TaskStatus.FINISHED]
    assert begun(crew).pop(GENERATING) == 2
    assert set((begun(crew) - Counter([GENERATING.value])).values()) == {1}


def test_a_worker_that_wakes_up_too_late_changes_nothing_and_starts_anew(crew):
    frozen = crew.ready(seconds=1.0)
    job = crew.accept()
    first = job.inputs[0].asset_id
    crew.wait_for_page(lambda page: page.stage == GENERATING)
    frozen.send(signal.SIGSTOP)
    other = crew.ready(seconds=3.0)
    crew.wait_for_page(lambda page: page.stage == GENERATING and page.worker == other.pid)
    # the frozen worker's own stage has ended long ago: the first thing it will try is to write that down
    frozen.send(signal.SIGCONT)
    fresh = crew.wait_for(lambda: next((id_ for id_ in crew.workers() if id_ not in (frozen.id, other.id)), None))
    assert crew.job(job.id).status is Status.PROCESSING
    assert crew.wait(job).status is Status.COMPLETED
    lost, finished = crew.tasks(job.id, GENERATING)
    assert (lost.status, lost.output_assets) == (TaskStatus.LOST, ())
    assert (finished.status, finished.number) == (TaskStatus.FINISHED, 2)
    types = [event.type for event in crew.jobs.events("local", job.id, 0)]
    assert types.count("job.requeued") == 1
    assert begun(crew)["optimizing"] == 1
    workers = crew.workers()
    assert workers[frozen.id].state is WorkerState.GONE
    assert (workers[fresh].state, workers[fresh].pid) == (WorkerState.RUNNING, frozen.pid)
    # and it is of use again
    other.kill()
    crew.accept()
    crew.wait_for_page(lambda page: page.stage == GENERATING and page.worker == frozen.pid and page.asset_id != first)


def test_a_worker_that_is_told_to_stop_ends_its_stage_and_leaves_the_rest_to_others(crew):
    stopping = crew.ready(seconds=1.0, lease=60)
    job = crew.accept()
    page = crew.wait_for_page(lambda page: page.stage == GENERATING and page.worker == stopping.pid)
    stopping.send(signal.SIGTERM)
    other = crew.ready(lease=60)
    code, said = stopping.end()
    assert (code, "All stages have ended" in said) == (0, True)
    assert crew.workers()[stopping.id].state is WorkerState.GONE
    assert crew.wait(job).status is Status.COMPLETED
    assert {(task.stage, task.status) for task in crew.tasks(job.id)} == {
        (stage, TaskStatus.FINISHED) for stage in CATALOG[job.pipeline].pipeline.stages
    }, crew.jobs.events("local", job.id, 0)
    assert {found.worker for found in crew.diary() if found.stage == "optimizing"} == {other.pid}
    assert page.worker == stopping.pid


def test_a_second_signal_stops_at_once_and_nobody_waits_for_the_lease(crew):
    stopping = crew.ready(seconds=300, lease=60)
    job = crew.accept()
    crew.wait_for_page(lambda page: page.stage == GENERATING)
    stopping.send(signal.SIGTERM)
    crew.wait_for(lambda: crew.workers()[stopping.id].state is WorkerState.DRAINING)
    stopping.send(signal.SIGTERM)
    code, said = stopping.end()
    assert (code, "Stopping stages" in said) == (0, True)
    crew.ready(seconds=0.05, lease=60)
    assert crew.wait(job).status is Status.COMPLETED
    assert [task.status for task in crew.tasks(job.id, GENERATING)] == [TaskStatus.LOST, TaskStatus.FINISHED]


def test_a_stage_for_another_kind_of_worker_survives_the_death_of_either_side(crew):
    walking, calling = crew.start("cpu"), crew.start("net", seconds=60)
    for machine in (walking, calling):
        machine.wait_until_ready()
    job = crew.accept()
    page = crew.wait_for_page(lambda page: page.stage == GENERATING)
    assert page.worker == calling.pid
    third = crew.ready("cpu", "net", seconds=3.0)
    calling.kill()
    crew.wait_for_page(lambda page: page.stage == GENERATING and page.worker == third.pid)
    walking.kill()
    assert crew.wait(job).status is Status.COMPLETED
    assert begun(crew)[GENERATING] == 2
    assert {found.worker for found in crew.diary() if found.stage == "optimizing"} == {third.pid}
    with crew.database.read() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT workflow_uuid, queue_name, status, priority FROM dbos.workflow_status ORDER BY 1"
        ).all()
    (walk, child) = rows
    assert tuple(walk)[:3] == (f"{job.id}:1", "pipelines", "SUCCESS")
    assert tuple(child)[:3] == (f"{job.id}:1:generating.1", "net", "SUCCESS")
    assert walk.priority == child.priority


def test_canceling_reaches_the_stage_elsewhere(crew):
    machine = crew.ready(seconds=300)
    job = crew.accept()
    page = crew.wait_for_page(lambda page: page.stage == GENERATING)
    crew.jobs.cancel("local", job.id)
    crew.wait_for(lambda: not psutil.pid_exists(page.pid))
    other = crew.accept("cutout")
    assert crew.wait(other).status is Status.COMPLETED
    assert crew.job(job.id).status is Status.CANCELED
    machine.kill()
