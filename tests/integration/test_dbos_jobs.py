"""The job engine with the real database, the real runner and real processes."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from sqlalchemy import make_url

from maquette.domain.jobs import TaskStatus
from maquette.domain.states import Status
from postgres import FreshDatabase

HERE = Path(__file__).parent
LOOK_EVERY_S = 0.5
"""Of the caretaker, which in service takes its time."""


@pytest.fixture
def shop(tmp_path: Path, fresh_store: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator["Workshop"]:  # noqa: F821
    monkeypatch.syspath_prepend(str(HERE))
    from maquette.adapters.dbos import caretaker

    monkeypatch.setattr(caretaker, "LOOK_EVERY_S", LOOK_EVERY_S)
    from workshop import opened

    with opened(tmp_path / "data", url=fresh_store()) as workshop:
        yield workshop


def slow(shop, seconds: float) -> None:
    shop.processes._more["seconds"] = seconds


def first_pid(shop) -> int:
    """The process of the stage that runs now."""
    until = time.monotonic() + 20
    while not (lines := read_diary(shop)):
        assert time.monotonic() < until
        time.sleep(0.02)
    return int(lines[-1][2])


def read_diary(shop) -> list[list[str]]:
    diary = shop.folder / "diary"
    return [line.split() for line in diary.read_text().splitlines()] if diary.exists() else []


def test_an_accepted_job_is_walked_to_its_end(shop):
    job = shop.accept()
    assert shop.job(job.id).status is Status.PENDING
    shop.launch()
    done = shop.wait(job.id, Status.COMPLETED, Status.FAILED)
    assert (done.status, done.progress) == (Status.COMPLETED, 100)
    assert [line[1] for line in read_diary(shop)] == [task.stage.value for task in shop.tasks(job.id)]


def test_the_database_lets_nobody_take_anything_and_each_process_says_what_it_may(shop):
    """Should the library no longer ask ``Slots``, no test that waits for a job can pass."""
    job = shop.accept()
    shop.launch()
    shop.wait(job.id, Status.COMPLETED)
    client = shop.engine._handover.client
    stored = {name: client.retrieve_queue(name).worker_concurrency for name in ("pipelines", "gpu", "net")}
    assert stored == {"pipelines": 0, "gpu": 0, "net": 0}


def test_jobs_accepted_while_working_are_walked_too_and_side_by_side(shop):
    shop.launch()
    jobs = [shop.accept() for _ in range(6)]
    for job in jobs:
        assert shop.wait(job.id, Status.COMPLETED, Status.FAILED).status is Status.COMPLETED
    assert len(read_diary(shop)) == 6 * len(shop.tasks(jobs[0].id))


def test_a_rolled_back_acceptance_enqueues_nothing(shop):
    job = shop.accept()
    shop.jobs.cancel("local", job.id)
    with pytest.raises(ZeroDivisionError), shop.database.write() as tx:
        retried = shop.job(job.id)
        shop.engine.enqueue(tx, retried)
        tx.connection.exec_driver_sql("SELECT 1")
        raise ZeroDivisionError
    with shop.database.read() as tx:
        rows = tx.connection.exec_driver_sql(f"SELECT workflow_uuid, status FROM {shop.walks}").all()
    assert [tuple(row) for row in rows] == [(f"{job.id}:1", "CANCELLED")]


def test_a_job_and_its_workflow_roll_back_together(shop):
    from maquette.domain.ids import new_id

    job = replace(shop.accept(), id=new_id("job"))
    with pytest.raises(ZeroDivisionError), shop.database.write() as tx:
        tx.jobs.add(job)
        shop.engine.enqueue(tx, job)
        raise ZeroDivisionError
    with shop.database.read() as tx:
        assert tx.jobs.get(job.id) is None
        assert tx.connection.exec_driver_sql(f"SELECT count(*) FROM {shop.walks}").scalar() == 1


def test_enqueueing_twice_walks_once(shop):
    job = shop.accept()
    with shop.database.write() as tx:
        shop.engine.enqueue(tx, job)
    shop.launch()
    shop.wait(job.id, Status.COMPLETED)
    with shop.database.write() as tx:
        shop.engine.enqueue(tx, job)
    other = shop.accept()
    shop.wait(other.id, Status.COMPLETED)
    assert len({tuple(line[:2]) for line in read_diary(shop)}) == len(read_diary(shop))


def test_a_higher_priority_goes_first(shop):
    ids = [shop.jobs.create("local", replace(shop.new_job(), priority=priority)).job.id for priority in (0, 5, -5, 5)]
    shop.concurrency = 1
    shop.launch()
    for job_id in ids:
        shop.wait(job_id, Status.COMPLETED)
    photos = {shop.job(job_id).inputs[0].asset_id: job_id for job_id in ids}
    order = list(dict.fromkeys(photos[line[0]] for line in read_diary(shop)))
    assert order == [ids[1], ids[3], ids[0], ids[2]]


def test_canceling_kills_the_running_process(shop):
    slow(shop, 300)
    job = shop.accept()
    shop.launch()
    pid = first_pid(shop)
    shop.jobs.cancel("local", job.id)
    until = time.monotonic() + 5
    while psutil.pid_exists(pid):
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.5)
    assert shop.job(job.id).status is Status.CANCELED
    assert len(read_diary(shop)) == 1


def test_canceling_a_waiting_job_keeps_it_from_starting(shop):
    job = shop.accept()
    shop.jobs.cancel("local", job.id)
    shop.launch()
    other = shop.accept()
    shop.wait(other.id, Status.COMPLETED)
    assert shop.job(job.id).status is Status.CANCELED
    assert job.inputs[0].asset_id not in {line[0] for line in read_diary(shop)}


def test_a_retry_is_a_workflow_of_its_own(shop):
    slow(shop, 300)
    job = shop.accept()
    shop.launch()
    first_pid(shop)
    shop.jobs.cancel("local", job.id)
    slow(shop, 0.02)
    shop.jobs.retry("local", job.id)
    done = shop.wait(job.id, Status.COMPLETED, Status.FAILED)
    assert (done.status, done.attempt) == (Status.COMPLETED, 2)
    with shop.database.read() as tx:
        rows = tx.connection.exec_driver_sql(f"SELECT workflow_uuid, status FROM {shop.walks} ORDER BY 1").all()
    assert rows[0] == (f"{job.id}:1", "CANCELLED")
    assert rows[1][0] == f"{job.id}:2"


def test_a_held_job_goes_on_in_a_leg_of_its_own(shop):
    from maquette.domain.states import Stage

    held = replace(shop.new_job(), hold_after=(Stage.REMOVING_BACKGROUND,))
    shop.launch()
    job = shop.jobs.create("local", held).job
    shop.wait(job.id, Status.WAITING)
    time.sleep(3 * LOOK_EVERY_S)  # the caretaker has looked meanwhile, and let it wait
    assert shop.job(job.id).status is Status.WAITING
    shop.jobs.resume("local", job.id)
    assert shop.wait(job.id, Status.COMPLETED, Status.FAILED).status is Status.COMPLETED
    assert len({line[1] for line in read_diary(shop)}) == len(read_diary(shop))


def test_closing_stops_what_runs_and_launching_goes_on_with_it(shop, tmp_path):
    from workshop import opened

    slow(shop, 300)
    job = shop.accept()
    shop.launch()
    pid = first_pid(shop)
    shop.engine.close()
    assert not psutil.pid_exists(pid)
    assert shop.job(job.id).status is Status.PROCESSING
    with opened(shop.folder, url=shop.database.url) as again:
        again.launch()
        done = again.wait(job.id, Status.COMPLETED, Status.FAILED)
    assert (done.status, done.attempt) == (Status.COMPLETED, 1)
    assert [task.status.value for task in shop.tasks(job.id)].count("lost") == 1


def test_draining_lets_running_stages_end_and_begins_no_other(shop):
    slow(shop, 0.5)
    running, waiting = shop.accept(), shop.accept()
    shop.concurrency = 1
    shop.launch()
    first_pid(shop)
    assert shop.engine.drain(30)
    shop.engine.stop()
    assert [task.status for task in shop.tasks(running.id)] == [TaskStatus.FINISHED]
    assert shop.job(waiting.id).status is Status.PENDING
    slow(shop, 0.02)
    shop.launch()
    for job in (running, waiting):
        assert shop.wait(job.id, Status.COMPLETED, Status.FAILED).status is Status.COMPLETED
    assert TaskStatus.LOST not in {task.status for task in shop.tasks(running.id)}


def test_a_drain_that_takes_too_long_ends_anyway(shop):
    slow(shop, 300)
    shop.accept()
    shop.launch()
    pid = first_pid(shop)
    assert not shop.engine.drain(0.1)
    shop.engine.stop()
    assert not psutil.pid_exists(pid)


def test_a_job_without_a_workflow_is_handed_over_at_launch(shop):
    job = shop.accept()
    with shop.database.write() as tx:
        tx.connection.exec_driver_sql(f"DELETE FROM {shop.walks}")
    shop.launch()
    assert shop.wait(job.id, Status.COMPLETED).attempt == 1


@pytest.mark.parametrize("status", ["SUCCESS", "ERROR", "CANCELLED"])
def test_a_job_whose_workflow_has_ended_fails(shop, status):
    job = shop.accept()
    with shop.database.write() as tx:
        tx.connection.exec_driver_sql(f"UPDATE {shop.walks} SET status='{status}', queue_name=NULL")
    shop.launch()
    failed = shop.wait(job.id, Status.FAILED)
    assert failed.error.code == "worker_lost"
    assert failed.error.retryable
    shop.jobs.retry("local", job.id)
    assert shop.wait(job.id, Status.COMPLETED).attempt == 2


def taken_up_too_often(shop) -> None:
    with shop.database.write() as tx:
        tx.connection.exec_driver_sql(f"UPDATE {shop.walks} SET recovery_attempts = 6, status = 'ENQUEUED'")


def lose(shop, job, times: int) -> None:
    """Leaves tasks of the first stage behind as so many crashes would."""
    from maquette.domain.ids import new_id
    from maquette.domain.jobs import Task, TaskStatus
    from maquette.domain.states import Stage

    with shop.database.write() as tx:
        for number in range(times):
            task = Task(new_id("task"), job.id, "local", Stage.UPLOADING, 1, number + 1, job.created_at)
            tx.tasks.add(replace(task, status=TaskStatus.LOST))


def test_a_job_whose_stage_was_lost_too_often_fails(shop):
    job = shop.accept()
    lose(shop, job, 6)
    taken_up_too_often(shop)
    shop.launch()
    assert shop.wait(job.id, Status.FAILED).error.code == "worker_lost"
    assert not read_diary(shop)


def test_a_job_that_was_taken_up_often_but_got_on_goes_on(shop):
    job = shop.accept()
    lose(shop, job, 5)
    taken_up_too_often(shop)
    shop.launch()
    assert shop.wait(job.id, Status.COMPLETED, Status.FAILED).status is Status.COMPLETED


def test_a_job_to_which_nothing_happens_is_forgiven_once(shop):
    job = shop.accept()
    with shop.database.write() as tx:
        tx.connection.exec_driver_sql(f"UPDATE {shop.walks} SET attributes = '{{\"forgiven_at_seq\": 1}}'")
    taken_up_too_often(shop)
    shop.launch()
    assert shop.wait(job.id, Status.FAILED).error.code == "worker_lost"


def test_a_walk_that_nobody_runs_is_resumed(shop):
    slow(shop, 1)
    shop.launch()
    job = shop.accept()
    first_pid(shop)
    # as a full disk would: the walk breaks and not even that can be written down
    from dbos import _dbos

    [task] = _dbos._get_dbos_instance()._workflow_tasks
    task.get_loop().call_soon_threadsafe(task.cancel)
    slow(shop, 0.02)
    assert shop.wait(job.id, Status.COMPLETED).attempt == 1


def test_trouble_of_the_machine_is_waited_out(shop, monkeypatch):
    from maquette.domain.errors import Unavailable

    plan, calls = shop.runner.plan, []

    async def troubled(*arguments):
        calls.append(arguments)
        if len(calls) < 3:
            raise Unavailable("storage_full")
        return await plan(*arguments)

    monkeypatch.setattr(shop.runner, "plan", troubled)
    job = shop.accept()
    shop.launch()
    assert shop.wait(job.id, Status.COMPLETED).attempt == 1
    assert len(calls) == 3


def test_a_bug_outside_the_stages_fails_the_job_as_internal(shop, monkeypatch, caplog):
    async def broken(*arguments):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(shop.runner, "complete", broken)
    job = shop.accept()
    shop.launch()
    assert shop.wait(job.id, Status.FAILED).error.code == "internal"
    assert any("a bug" in (record.exc_text or str(record.exc_info)) for record in caplog.records)


def links():
    """This process's sockets with an address: where they are and where they lead."""
    return {(link.laddr, link.raddr) for link in psutil.Process().net_connections() if link.laddr}


def test_the_engine_keeps_off_the_console_and_the_network(shop, capfd, caplog):
    before = links()  # servers of other tests may still listen
    slow(shop, 300)
    job = shop.accept()
    shop.launch()
    first_pid(shop)
    database = make_url(shop.database.url).port
    assert not [(here, there) for here, there in links() - before if not (there and there.port == database)]
    shop.jobs.cancel("local", job.id)
    time.sleep(2)
    shop.engine.close()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    assert not [record for record in caplog.records if record.name == "dbos" and record.levelno >= logging.WARNING]


def test_using_the_engine_unprepared_is_a_bug(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    from workshop import build

    shop = build(tmp_path / "data")
    with pytest.raises(RuntimeError, match="comes first"):
        shop.accept()
    shop.engine.close()
    shop.database.close()


def test_the_library_is_not_imported_before_it_is_used():
    script = "import sys, maquette.adapters.dbos.jobs, maquette.adapters.dbos.lock; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
