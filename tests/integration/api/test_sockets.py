"""The WebSocket of events: who may open it, what may be said over it, and what comes."""

import json
import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from maquette.api import sockets
from maquette.domain import jobs as moves
from maquette.domain.ids import new_id
from maquette.domain.states import Stage

from .conftest import Served


class Socket:
    """A client."""

    def __init__(self, world, path="/api/v1/events", **more):
        self._open = connect(world.url.replace("http", "ws") + path, open_timeout=10, **more)

    def __enter__(self):
        self.raw = self._open.__enter__()
        return self

    def __exit__(self, *failure):
        self._open.__exit__(*failure)

    def say(self, **message):
        self.raw.send(json.dumps(message))

    def hear(self):
        return json.loads(self.raw.recv(timeout=10))

    def until_ended(self):
        heard = [self.hear()]
        while heard[-1]["type"] != "ended":
            heard.append(self.hear())
        return heard


def run_through(world, job_id, steps=20):
    world.move(job_id, moves.enter, stage=Stage.REMOVING_BACKGROUND)
    for step in range(1, steps + 1):
        world.move(job_id, moves.advance, fraction=step / steps)
    world.move(job_id, moves.finish_stage)
    world.move(job_id, moves.complete, "res_x")


def seqs(heard):
    """The numbers that a list of messages tells of, those that were skipped included."""
    return [
        number
        for message in heard
        if "at" in message
        for number in range(message["seq"] - message.get("skipped", 0), message["seq"] + 1)
    ]


def test_a_job_from_its_start_to_its_end(world):
    job = world.job()["id"]
    with Socket(world) as client:
        client.say(subscribe=[job])
        assert client.hear() == {"type": "subscribed", "job_id": job, "seq": 0}
        first = client.hear()
        assert (first["job_id"], first["seq"], first["type"]) == (job, 1, "job.created")
        assert first["at"].endswith("Z") and first["data"]["status"] == "pending"
        run_through(world, job)
        heard = client.until_ended()
    assert (heard[-2]["type"], heard[-2]["data"]["result_id"]) == ("job.completed", "res_x")
    assert heard[-1] == {"type": "ended", "job_id": job, "seq": heard[-2]["seq"]}
    assert seqs([first, *heard]) == list(range(1, heard[-1]["seq"] + 1))


def test_progress_that_piled_up_becomes_its_latest(world):
    job = world.job()["id"]
    run_through(world, job)
    with Socket(world) as client:
        client.say(subscribe=[job])
        heard = client.until_ended()
    told = [message for message in heard if "at" in message]
    assert [message["type"] for message in told].count("stage.progress") == 1
    assert {message.get("skipped", 0) for message in told if message["type"] != "stage.progress"} == {0}
    assert seqs(told) == list(range(1, heard[-1]["seq"] + 1))


def test_since_goes_on_where_the_client_was(world):
    job = world.job()["id"]
    run_through(world, job)
    last = world.http.get(f"/api/v1/jobs/{job}").json()["seq"]
    with Socket(world) as client:
        client.say(subscribe=[job], since={job: last - 1})
        assert [message["type"] for message in client.until_ended()] == ["subscribed", "job.completed", "ended"]
        client.say(subscribe=[job], since={job: last})
        assert [message["type"] for message in client.until_ended()] == ["subscribed", "ended"]
        client.say(subscribe=[job], since={job: last + 7})
        assert client.until_ended()[0]["seq"] == 0


def test_after_a_retry_it_can_be_followed_again(world):
    job = world.job()["id"]
    world.move(job, moves.enter, stage=Stage.VALIDATING)
    world.move(job, moves.cancel)
    with Socket(world) as client:
        client.say(subscribe=[job])
        assert client.until_ended()[-1]["seq"] == 3
        world.http.post(f"/api/v1/jobs/{job}/retry")
        client.say(subscribe=[job], since={job: 3})
        assert [client.hear()["type"], client.hear()["type"]] == ["subscribed", "job.retried"]


def test_many_jobs_and_a_change_of_mind(world):
    kept, left = world.job()["id"], world.job()["id"]
    with Socket(world) as client:
        client.say(subscribe=[kept, left], since={kept: 1, left: 1})
        assert [client.hear()["job_id"] for _ in range(2)] == [kept, left]
        client.say(unsubscribe=[left])
        assert client.hear() == {"type": "unsubscribed", "job_id": left}
        world.move(left, moves.cancel)
        world.move(kept, moves.cancel)
        assert [(message["job_id"], message["type"]) for message in client.until_ended()] == [
            (kept, "job.canceled"),
            (kept, "ended"),
        ]


def test_missing_foreign_and_deleted_jobs_are_the_same(world):
    mine = world.job()["id"]
    with world.database.write() as tx:
        foreign = replace(tx.jobs.get(mine), id=new_id("job"), owner_id="somebody", idempotency_key=None, seq=1)
        tx.jobs.add(foreign)
    missing = new_id("job")
    with Socket(world) as client:
        client.say(subscribe=[foreign.id, missing, mine], since={mine: 1})
        refused = [client.hear(), client.hear()]
        assert client.hear()["type"] == "subscribed"
        world.move(mine, moves.cancel)
        client.until_ended()
        assert world.http.delete(f"/api/v1/jobs/{mine}").status_code == 204
        client.say(subscribe=[mine])
        refused.append(client.hear())
    assert [message.pop("job_id") for message in refused] == [foreign.id, missing, mine]
    assert refused[0] == refused[1] == refused[2]
    assert (refused[0]["type"], refused[0]["code"]) == ("error", "not_found") and refused[0]["hint"]


def test_a_job_that_vanishes_while_it_is_followed(world):
    job = world.job()["id"]
    with Socket(world) as client:
        client.say(subscribe=[job], since={job: 1})
        assert client.hear()["type"] == "subscribed"
        with world.database.write() as tx:
            tx.jobs.delete(job, "local", datetime.now(UTC))
        told = client.hear()
    assert (told["type"], told["code"], told["job_id"]) == ("error", "not_found", job)


def test_ping(world):
    with Socket(world) as client:
        client.say(ping=7)
        assert client.hear() == {"pong": 7}


@pytest.mark.parametrize(
    "bad",
    [
        *("", "{", "[]", "{}", "[" * 9000, '{"hello":1}', '{"ping":"a"}', '{"ping":1e99}'),
        *('{"subscribe":"x"}', '{"subscribe":[1]}', '{"subscribe":[""]}', '{"subscribe":["a"],"since":{"a":-1}}'),
    ],
)
def test_what_cannot_be_understood(world, bad):
    with Socket(world) as client:
        client.raw.send(bad)
        told = client.hear()
        assert (told["type"], told["code"], told["job_id"]) == ("error", "invalid_request", None)
        assert told["message"] and told["hint"]
        client.say(ping=1)
        assert client.hear() == {"pong": 1}


def closed(client):
    """The code with which the server ends a connection, whatever it says before."""
    try:
        while True:
            client.raw.recv(timeout=10)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None


def test_nonsense_without_end_is_cut(world):
    with Socket(world) as client:
        for _ in range(4):
            client.raw.send("?")
        client.say(ping=1)
        for _ in range(4):
            assert client.hear()["type"] == "error"
        assert client.hear() == {"pong": 1}
        for _ in range(5):
            client.raw.send("?")
        assert closed(client) == 1008


def test_only_small_texts(world):
    with Socket(world) as client:
        client.raw.send(b"{}")
        assert closed(client) == 1003
    with Socket(world, max_size=None) as client:
        client.raw.send('{"ping":1}'.ljust(64 * 1024))
        assert client.hear() == {"pong": 1}
        client.raw.send('{"ping":1}'.ljust(64 * 1024 + 1))
        assert closed(client) == 1009


def test_a_socket_follows_so_many_jobs(world, monkeypatch):
    monkeypatch.setattr(sockets, "SOCKET_JOBS", 2)
    jobs = [world.job()["id"] for _ in range(3)]
    with Socket(world) as client:
        client.say(subscribe=jobs, since=dict.fromkeys(jobs, 1))
        assert [client.hear()["type"] for _ in range(2)] == ["subscribed"] * 2
        told = client.hear()
        assert (told["code"], told["job_id"]) == ("too_many_streams", jobs[2])
        client.say(unsubscribe=jobs[:1], subscribe=[jobs[1], jobs[2]], since=dict.fromkeys(jobs, 1))
        assert [client.hear()["type"] for _ in range(3)] == ["unsubscribed", "subscribed", "subscribed"]


def refused(world, **more):
    with pytest.raises(InvalidStatus) as refusal, Socket(world, **more):
        pass
    response = refusal.value.response
    return response.status_code, json.loads(response.body)["code"]


def test_who_may_open_one(make):
    world = make(max_sockets=2)
    own = world.url
    with Socket(world, origin=own), Socket(world):
        assert refused(world) == (429, "too_many_streams")
    until = time.monotonic() + 10
    while world.app._sockets._open["local"]:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert refused(world, origin="http://evil.example") == (403, "forbidden")
    assert refused(world, additional_headers={"X-API-Key": "mq_nonsense"}) == (401, "unauthorized")
    assert refused(world, path="/api/v1/elsewhere") == (404, "not_found")
    assert refused(world, path="/healthz") == (404, "not_found")
    port = world.url.rpartition(":")[2]
    with socket.create_connection(("127.0.0.1", int(port))) as there:
        address = f"ws://rebound.example:{port}/api/v1/events"
        with pytest.raises(InvalidStatus) as refusal, connect(address, sock=there):
            pass
    assert refusal.value.response.status_code == 421
    ticket = world.http.post("/api/v1/tickets", json={"path": "/api/v1/events"}).json()["ticket"]
    with Socket(world, path=f"/api/v1/events?ticket={ticket}") as client:
        client.say(ping=1)
        assert client.hear() == {"pong": 1}
    assert refused(world, path=f"/api/v1/events?ticket={ticket}") == (401, "unauthorized")


def test_a_server_that_stops_says_that_it_goes(make):
    world = make()
    with Served(world.app) as served:
        world.url = f"http://127.0.0.1:{served.port}"
        with Socket(world) as client:
            client.say(ping=1)
            client.hear()
            stopping = threading.Thread(target=served.stop)
            stopping.start()
            assert closed(client) == 1001
            stopping.join()
