"""The stream of a job's events: complete, in order, resumable, and ended when the job has."""

import json
import threading
import time

import httpx
import pytest

from maquette.api.server import create_app
from maquette.api.streams import EventRoute
from maquette.api.tail import Tail
from maquette.domain import jobs as moves
from maquette.domain.states import Stage

from .conftest import Served


class Stream:
    """A reader of server-sent events."""

    def __init__(self, world, job_id, last=None, **query):
        headers = {"Last-Event-ID": str(last)} if last is not None else {}
        path = f"/api/v1/jobs/{job_id}/events"
        self._open = httpx.stream("GET", world.url + path, headers=headers, params=query, timeout=10)

    def __enter__(self):
        self.answer = self._open.__enter__()
        self._lines = self.answer.iter_lines()
        return self

    def __exit__(self, *_):
        self._open.__exit__(None, None, None)

    def __iter__(self):
        fields = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield fields
                fields = {}


def events(stream):
    return [(int(event["id"]), event["event"]) for event in stream if event["event"] != "ping"]


def run_through(world, job_id, pause=0.0, steps=20):
    world.move(job_id, moves.enter, stage=Stage.REMOVING_BACKGROUND)
    for step in range(1, steps + 1):
        time.sleep(pause)
        world.move(job_id, moves.advance, fraction=step / steps)
    world.move(job_id, moves.finish_stage)
    world.move(job_id, moves.complete, "res_x")


def test_a_finished_job_tells_all_and_ends(world):
    job = world.job()
    run_through(world, job["id"])
    with Stream(world, job["id"]) as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["cache-control"] == "no-store"
        told = list(stream)
    assert [int(event["id"]) for event in told] == list(range(1, len(told) + 1))
    assert (told[0]["event"], told[-1]["event"]) == ("job.created", "job.completed")
    data = json.loads(told[-1]["data"])
    assert (data["job_id"], data["seq"], data["type"]) == (job["id"], len(told), "job.completed")
    assert (data["data"]["status"], data["data"]["progress"], data["data"]["result_id"]) == ("completed", 100, "res_x")
    assert data["at"].endswith("Z")


def test_events_arrive_as_they_happen(world):
    job = world.job()
    with Stream(world, job["id"]) as stream:
        following = iter(stream)
        assert next(following)["event"] == "job.created"
        world.move(job["id"], moves.enter, stage=Stage.VALIDATING)
        assert next(following)["event"] == "stage.started"
        world.http.post(f"/api/v1/jobs/{job['id']}/cancel")
        assert [event["event"] for event in following] == ["job.canceled"]


def test_twenty_cuts_lose_and_repeat_nothing(world):
    job = world.job()
    mover = threading.Thread(target=run_through, args=(world, job["id"], 0.03, 80))
    mover.start()
    seen, cuts = [], 0
    while not seen or seen[-1][1] != "job.completed":
        with Stream(world, job["id"], last=seen[-1][0] if seen else None) as stream:
            for event in stream:
                seen.append((int(event["id"]), event["event"]))
                if cuts < 20 and len(seen) % 4 == 0:
                    cuts += 1
                    break
    mover.join()
    assert cuts == 20
    assert [number for number, _ in seen] == list(range(1, len(seen) + 1))
    assert len(seen) == 80 + 4 - sum(1 for n in range(1, 81) if (85 * n) // 80 == (85 * (n - 1)) // 80)


def test_many_readers_see_the_same(world):
    job = world.job()
    seen = []

    def read():
        with Stream(world, job["id"]) as stream:
            seen.append(events(stream))

    readers = [threading.Thread(target=read) for _ in range(10)]
    for reader in readers:
        reader.start()
    run_through(world, job["id"], 0.01)
    for reader in readers:
        reader.join()
    assert len(seen) == 10
    assert all(told == seen[0] for told in seen)
    assert [number for number, _ in seen[0]] == list(range(1, len(seen[0]) + 1))


def test_since_and_last_event_id(world):
    job = world.job()
    run_through(world, job["id"])
    last = world.http.get(f"/api/v1/jobs/{job['id']}").json()["seq"]
    with Stream(world, job["id"], since=last - 2) as stream:
        assert [number for number, _ in events(stream)] == [last - 1, last]
    with Stream(world, job["id"], last=last - 1, since=0) as stream:
        assert [number for number, _ in events(stream)] == [last]
    with Stream(world, job["id"], last=last) as stream:
        assert stream.answer.status_code == 204
    with Stream(world, job["id"], last=last + 100) as stream:
        assert events(stream)[0][0] == 1


def test_after_a_retry_there_is_more(world):
    job = world.job()
    world.move(job["id"], moves.enter, stage=Stage.VALIDATING)
    world.move(job["id"], moves.cancel)
    with Stream(world, job["id"]) as stream:
        assert events(stream)[-1] == (3, "job.canceled")
    world.http.post(f"/api/v1/jobs/{job['id']}/retry")
    with Stream(world, job["id"], last=3) as stream:
        assert int(next(iter(stream))["id"]) == 4
    # who begins at the beginning is not told that the job ended when it goes on
    with Stream(world, job["id"]) as stream:
        following = iter(stream)
        assert [next(following)["event"] for _ in range(4)][-1] == "job.retried"


@pytest.mark.parametrize("bad", ["x", "-1", "1.5", "9" * 30, "١"])
def test_what_is_no_sequence_number(world, bad):
    answer = world.http.get(f"/api/v1/jobs/{world.job()['id']}/events", params={"since": bad})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_ping_and_stop(make):
    world = make()
    job = world.job()
    app = create_app(world.services)
    app._events = EventRoute(Tail(world.services.events, ping_s=0.1))
    with Served(app) as served:
        world.url = f"http://127.0.0.1:{served.port}"
        with Stream(world, job["id"]) as stream:
            following = iter(stream)
            assert [next(following)["event"] for _ in range(3)] == ["job.created", "ping", "ping"]
            served.server.should_exit = True


def test_a_deleted_job_ends_its_stream(world):
    job = world.job()
    with Stream(world, job["id"]) as stream:
        following = iter(stream)
        next(following)
        with world.database.write() as tx:
            from datetime import UTC, datetime

            tx.jobs.delete(job["id"], "local", datetime.now(UTC))
        assert list(following) == []


def test_readers_who_left_are_forgotten(world):
    tail = world.app._events._tail
    job = world.job()
    with Stream(world, job["id"]) as stream:
        next(iter(stream))
        assert job["id"] in tail._channels
    deadline = time.monotonic() + 10
    while tail._channels and time.monotonic() < deadline:
        time.sleep(0.02)
    assert tail._channels == {}
