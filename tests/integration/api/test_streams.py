"""Streams under strain, on both stores: cuts, several servers on one database, a restart, an outage, a slow reader."""

import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from maquette.api.server import create_app
from maquette.api.streams import EventRoute
from maquette.api.tail import Tail
from maquette.app.events import Events
from maquette.domain import jobs as moves
from maquette.domain.ids import LOCAL_OWNER, new_id
from maquette.domain.jobs import Job
from maquette.domain.states import Stage
from maquette.pipelines.catalog import CATALOG

from .conftest import Served, make_world

PIPELINE = CATALOG["cutout"].pipeline
STEPS = 25


@pytest.fixture
def store(fresh_store, tmp_path):
    """A world on a database of either kind, not served yet."""
    world = make_world(tmp_path, fresh_store())
    yield world
    world.database.close()


def add_job(world):
    at = datetime.now(UTC)
    job = Job(new_id("job"), LOCAL_OWNER, PIPELINE.name, at, at)
    with world.database.write() as tx:
        tx.jobs.add(job)
    return job.id


def run_through(world, jobs, pause, turns=1):
    """Moves all jobs to their end side by side, with failures and retries before the last turn."""
    for turn in range(turns):
        for job in jobs:
            world.move(job, moves.enter, stage=Stage.REMOVING_BACKGROUND)
        for step in range(1, STEPS + 1):
            for job in jobs:
                world.move(job, moves.advance, fraction=step / STEPS)
            time.sleep(pause)
        for job in jobs:
            world.move(job, moves.finish_stage)
            if turn == turns - 1:
                world.move(job, moves.complete, "res_x")
            else:
                world.move(job, moves.cancel)
                world.move(job, moves.retry)


def sse(url, last, timeout=10):
    """The (id, data) pairs of one connection; raises what httpx does when it is cut."""
    headers = {"Last-Event-ID": last} if last else {}
    with httpx.stream("GET", url, headers=headers, timeout=timeout) as answer:
        if answer.status_code == 204:
            return
        assert answer.status_code == 200, answer.read()
        fields = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            fields[name] = value
            if not line:
                if "id" in fields:
                    yield fields["id"], json.loads(fields["data"])
                fields = {}


def by_job(events):
    found = {}
    for event in events:
        numbers = found.setdefault(event["job_id"], [])
        numbers += range(event["seq"] - event.get("skipped", 0), event["seq"] + 1)
    return found


def all_events(world, jobs):
    return {job: [event.seq for event in world.services.jobs.events(LOCAL_OWNER, job, 0)] for job in jobs}


def follow_sse(urls, path, cuts, enough):
    """Reads to the end, from one server after the other; the first ``cuts`` times it leaves after a few events."""
    events, last, portions, servers = [], "", itertools.cycle([1, 2, 4, 1]), itertools.cycle(urls)
    while not enough(events):
        portion = next(portions) if cuts > 0 else None
        cuts -= 1
        try:
            for token, event in itertools.islice(sse(next(servers)() + path, last), portion):
                events.append(event)
                last = token
        except httpx.TransportError:
            time.sleep(0.05)
    return events, cuts


def follow_socket(urls, jobs, cuts, enough):
    """The same over WebSockets. A job that was canceled is subscribed to again, for it will be retried."""
    events, since, servers, portions = [], {}, itertools.cycle(urls), itertools.cycle([1, 2, 4, 1])
    while not enough(events):
        portion = next(portions) if cuts > 0 else 10**6
        cuts -= 1
        try:
            with connect(next(servers)().replace("http", "ws") + "/api/v1/events") as client:
                client.send(json.dumps({"subscribe": jobs, "since": since}))
                while portion and not enough(events):
                    message = json.loads(client.recv(timeout=10))
                    if "at" in message:
                        events.append(message)
                        since[message["job_id"]] = message["seq"]
                        portion -= 1
                    elif message["type"] == "ended":
                        client.send(json.dumps({"subscribe": [message["job_id"]], "since": since}))
        except (ConnectionClosed, OSError, EOFError, TimeoutError):
            time.sleep(0.05)
    return events, cuts


class Cluster:
    """Two servers on one database, one of which is stopped and started again."""

    def __init__(self, world, running):
        self._world = world
        self._running = running
        self._servers = [self._start(), self._start()]

    def url(self, number):
        return f"http://127.0.0.1:{self._servers[number].port}"

    def restart(self, number):
        self._servers[number].stop()
        self._servers[number] = self._start()

    def _start(self):
        return self._running.enter_context(Served(create_app(self._world.services)))


@contextmanager
def cluster(world):
    with ExitStack() as running:
        yield Cluster(world, running)


@pytest.mark.parametrize("kind", ["one", "many", "socket"])
def test_twenty_cuts_over_two_servers_and_a_restart_lose_and_repeat_nothing(store, kind):
    jobs = [add_job(store) for _ in range(1 if kind == "one" else 4)]
    path = f"/api/v1/jobs/{jobs[0]}/events" if kind == "one" else f"/api/v1/events?jobs={','.join(jobs)}"

    def enough(events):
        return sum(event["type"] == "job.completed" for event in events) == len(jobs)

    with cluster(store) as servers:
        mover = threading.Thread(target=run_through, args=(store, jobs, 0.04, 2))
        mover.start()
        restart = threading.Timer(0.7, servers.restart, (0,))
        restart.start()
        urls = [lambda: servers.url(0), lambda: servers.url(1)]
        events, cuts = follow_socket(urls, jobs, 20, enough) if kind == "socket" else follow_sse(urls, path, 20, enough)
        mover.join()
        restart.join()
    assert cuts < 0
    assert by_job(events) == all_events(store, jobs)


class Processes:
    """Two servers that share nothing but the database, one of which is killed and started again."""

    def __init__(self, world, folder, running):
        self._database, self._folder, self._running = world.database.url, folder, running
        self._ports = [self._start(0), self._start(1)]

    def url(self, number):
        return f"http://127.0.0.1:{self._ports[number][0]}"

    def restart(self, number):
        self._ports[number][1].kill()
        self._ports[number] = self._start(number)

    def _start(self, number):
        command = [sys.executable, Path(__file__).with_name("looking.py"), self._folder / str(number), self._database]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._running.enter_context(child)
        self._running.callback(child.kill)
        return int(child.stdout.readline()), child


def test_servers_in_processes_of_their_own(store, tmp_path):
    jobs = [add_job(store) for _ in range(4)]

    def enough(events):
        return sum(event["type"] == "job.completed" for event in events) == len(jobs)

    with ExitStack() as running:
        servers = Processes(store, tmp_path, running)
        mover = threading.Thread(target=run_through, args=(store, jobs, 0.06, 2))
        mover.start()
        killer = threading.Timer(0.7, servers.restart, (0,))
        killer.start()
        urls = [lambda: servers.url(0), lambda: servers.url(1)]
        events, cuts = follow_sse(urls, f"/api/v1/events?jobs={','.join(jobs)}", 20, enough)
        mover.join()
        killer.join()
    assert cuts < 0
    assert by_job(events) == all_events(store, jobs)


def test_what_is_written_elsewhere_is_seen_by_all_servers(store):
    job = add_job(store)
    with cluster(store) as servers:
        streams = [sse(f"{servers.url(number)}/api/v1/jobs/{job}/events", "") for number in (0, 1)]
        assert [next(stream)[1]["type"] for stream in streams] == ["job.created"] * 2
        store.move(job, moves.cancel)
        assert [[event["type"] for _, event in stream] for stream in streams] == [["job.canceled"]] * 2


class Failing(Events):
    """A database that answers only while ``broken`` is not set."""

    def __init__(self, database):
        super().__init__(database)
        self.broken = threading.Event()
        self.asked = 0
        self._answering = threading.Lock()

    def break_off(self):
        """From now on nothing is answered, not even what was asked before."""
        with self._answering:
            self.broken.set()

    def news(self, cursors, limit):
        self.asked += 1
        with self._answer():
            return super().news(cursors, limit)

    def after(self, job_id, seq, limit):
        with self._answer():
            return super().after(job_id, seq, limit)

    @contextmanager
    def _answer(self):
        with self._answering:
            if self.broken.is_set():
                raise OperationalError("SELECT", {}, Exception("no connection"))
            yield


def frames(url):
    """The kinds of all frames of a stream, pings included."""
    with httpx.stream("GET", url, timeout=10) as answer:
        for line in answer.iter_lines():
            if line.startswith("event: "):
                yield line.removeprefix("event: ")


def quick(world, events):
    """An application whose streams give a sign of life each tenth of a second."""
    app = create_app(replace(world.services, events=events))
    app._tail = Tail(events, ping_s=0.1)
    app._events = EventRoute(app._tail)
    return app


def test_an_outage_ends_no_stream(store):
    job, events = add_job(store), Failing(store.database)
    app = quick(store, events)
    with Served(app) as served:
        stream = frames(f"http://127.0.0.1:{served.port}/api/v1/jobs/{job}/events")
        assert next(stream) == "job.created"
        events.break_off()
        store.move(job, moves.cancel)
        assert list(itertools.islice(stream, 8)) == ["ping"] * 8
        events.broken.clear()
        assert [kind for kind in stream if kind != "ping"] == ["job.canceled"]


def test_a_database_that_throws_everybody_out(postgres, tmp_path, fresh_database):
    world = make_world(tmp_path, fresh_database())
    job = add_job(world)
    name = str(world.database.url).rpartition("/")[2]
    with Served(quick(world, world.services.events)) as served:
        stream = frames(f"http://127.0.0.1:{served.port}/api/v1/jobs/{job}/events")
        assert next(stream) == "job.created"
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        assert list(itertools.islice(stream, 15)) == ["ping"] * 15
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        world.move(job, moves.cancel)
        assert [kind for kind in stream if kind != "ping"] == ["job.canceled"]
    world.database.close()


def test_a_slow_reader_misses_nothing_and_holds_nobody_up(store):
    job = add_job(store)
    with store.database.write() as tx:
        # a long history: more than what a connection and the server keep between them
        row, at = tx.jobs.get(job), datetime.now(UTC)
        for _ in range(600):
            row = tx.jobs.apply(moves.enter(row, PIPELINE, Stage.VALIDATING, at))
            row = tx.jobs.apply(moves.requeue(row, "backoff", at, 1.0))
    with Served(create_app(store.services)) as served, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", served.port))
        slow.sendall(f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        time.sleep(0.3)
        store.move(job, moves.cancel)
        quick = [event["seq"] for _, event in sse(f"http://127.0.0.1:{served.port}/api/v1/jobs/{job}/events", "")]
        assert quick == list(range(1, 1203))
        slow.settimeout(10)
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += slow.recv(65536)
    told = [int(line.split()[1]) for line in data.split(b"\n") if line.startswith(b"id: ")]
    assert told == list(range(1, 1203))


def test_nothing_is_asked_while_nobody_watches(store):
    job, events = add_job(store), Failing(store.database)
    with Served(quick(store, events)) as served:
        stream = sse(f"http://127.0.0.1:{served.port}/api/v1/jobs/{job}/events", "")
        next(stream)
        stream.close()
        until = time.monotonic() + 10
        while served.app._tail._channels:
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.3)
        asked = events.asked
        time.sleep(0.5)
        assert events.asked == asked > 0
        assert served.app._tail._readers == set()


def test_many_jobs_over_one_stream(store):
    done, running = add_job(store), add_job(store)
    store.move(done, moves.cancel)
    missing = new_id("job")
    with Served(create_app(store.services)) as served:
        url = f"http://127.0.0.1:{served.port}/api/v1/events?jobs={done},{missing},{running}"
        kinds = frames(url)
        assert next(kinds) == "gone"
        assert sorted(itertools.islice(kinds, 3)) == ["job.canceled", "job.created", "job.created"]
        store.move(running, moves.cancel)
        assert list(kinds) == ["job.canceled"]
        last = [token for token, _ in sse(url, "")][-1]
        assert httpx.get(url, headers={"Last-Event-ID": last}).status_code == 204
        assert [event["seq"] for _, event in sse(f"{url}&since={last}", "")] == []
        store.move(running, moves.retry)
        following = sse(url, last)
        assert next(following)[1]["type"] == "job.retried"
        following.close()


def test_the_guides_example_runs(world):
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "streams.md").read_text(encoding="utf-8")
    program = guide.partition("```python\n")[2].partition("```")[0]
    jobs = [world.job()["id"] for _ in range(2)]
    command = [sys.executable, "-c", program, world.url, *jobs, new_id("job")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            said = [running.stdout.readline().split() for _ in jobs]
            for job in jobs:
                world.move(job, moves.cancel)
            said += [line.split() for line in running.stdout]
        finally:
            running.kill()
    assert sorted(said) == sorted(
        [job, seq, kind, "0"] for job in jobs for seq, kind in (("1", "job.created"), ("2", "job.canceled"))
    )


@pytest.mark.parametrize("query", ["", "?jobs=", "?jobs=,", f"?jobs={','.join(map(str, range(201)))}"])
def test_which_jobs(world, query):
    answer = world.http.get(f"/api/v1/events{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_none_of_the_jobs(world):
    missing = world.http.get(f"/api/v1/events?jobs={new_id('job')}")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert missing.content == world.http.get(f"/api/v1/jobs/{new_id('job')}/events").content


def test_a_token_of_other_jobs(world):
    one, two = world.job()["id"], world.job()["id"]
    token = next(sse(f"{world.url}/api/v1/events?jobs={one},{two}", ""))[0]
    answer = world.http.get(f"/api/v1/events?jobs={two}", headers={"Last-Event-ID": token})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
