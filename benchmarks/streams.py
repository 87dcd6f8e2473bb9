"""Thousands of readers of live events: how late they are, and what each of them costs the server.

    python benchmarks/streams.py [--sse 5000] [--ws 5000] [--jobs 100] [--seconds 30] [--store sqlite|postgres]

Three processes on one machine: the server as ``maquette serve`` runs it (but without a worker), a writer that moves
every job once a second and commits each move by itself, and this one, which holds all the readers. Each job is watched
by as many readers as the others; the jobs' updates are spread evenly over the second. An event is late by the time from
its ``at``, taken before its transaction begins, to when the reader's socket gave it out. Goal: p99 below 250 ms, and at
most 20 KiB a reader of server-sent events, from the growth of the server's own memory (USS) while they connect.
"""

import argparse
import asyncio
import base64
import multiprocessing
import os
import resource
import select
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

AT = b'"at":"'
AT_LENGTH = 24
PING, PONG = b"\x89\x04", b"\x8a\x84\0\0\0\0"
"""The server's sign of life, before its four random bytes, and the answer to it (RFC 6455, section 5.5)."""
KIB = 1024


def settings_for(folder: Path, database: str) -> Any:
    """A server with room for all."""
    from maquette.settings import Settings

    return Settings(data=folder, database_url=database, max_sockets=100_000)


def serve(folder: Path, database: str, listening: socket.socket) -> None:
    """The server, until it is killed."""
    from maquette.bootstrap import open_for_looking
    from maquette.cli.serving import allow_many_connections, server_for, spare_collections

    async def run() -> None:
        async with open_for_looking(settings_for(folder, database)) as house:
            listening.setblocking(False)
            app = house.application()
            spare_collections()
            await server_for(app).serve(sockets=[listening])

    allow_many_connections()
    asyncio.run(run())


def prepare(folder: Path, database: str, count: int) -> list[str]:
    """Jobs at the stage that reports progress longest."""
    from maquette.adapters.sql.database import SqlDatabase
    from maquette.bootstrap import database_url, migrate_database
    from maquette.domain import jobs as moves
    from maquette.domain.ids import LOCAL_OWNER, new_id
    from maquette.domain.jobs import Job
    from maquette.domain.states import Stage
    from maquette.pipelines.catalog import CATALOG

    settings = settings_for(folder, database)
    migrate_database(settings)
    rows = SqlDatabase(database_url(settings))
    pipeline = CATALOG["cutout"].pipeline
    ids: list[str] = []
    with rows.write() as tx:
        for _ in range(count):
            at = datetime.now(UTC)
            job = Job(new_id("job"), LOCAL_OWNER, pipeline.name, at, at)
            tx.jobs.add(job)
            tx.jobs.apply(moves.enter(job, pipeline, Stage.REMOVING_BACKGROUND, at))
            ids.append(job.id)
    rows.close()
    return ids


def write(folder: Path, database: str, ids: list[str], seconds: int, done: Any) -> None:
    """Moves each job once a second, each move in a transaction of its own, and reports how many it made."""
    from maquette.adapters.sql.database import SqlDatabase
    from maquette.bootstrap import database_url
    from maquette.domain import jobs as moves
    from maquette.pipelines.catalog import CATALOG

    rows = SqlDatabase(database_url(settings_for(folder, database)))
    pipeline = CATALOG["cutout"].pipeline
    written = 0
    began = time.monotonic()
    for turn in range(seconds * len(ids)):
        time.sleep(max(0.0, began + turn / len(ids) - time.monotonic()))
        with rows.read() as tx:
            job = tx.jobs.get(ids[turn % len(ids)])
        at = datetime.now(UTC)
        move = moves.advance(job, pipeline, (turn // len(ids) + 1) / 80, at)
        if move is not None:
            with rows.write(durable=False) as tx:
                tx.jobs.apply(move)
            written += 1
    rows.close()
    done.put(written)


class Readers:
    """Many sockets and one ``epoll``."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.late: dict[str, list[float]] = {"sse": [], "ws": []}
        self.ended = 0
        self._epoll = select.epoll()
        self._sockets: dict[int, tuple[socket.socket, str]] = {}
        self._silent: set[int] = set()
        self._to_say: dict[int, bytes] = {}
        self._times: dict[bytes, float] = {}

    def connect(self, kind: str, ids: list[str], count: int) -> None:
        """Opens readers, two hundred at a time, each for one job."""
        for number in range(count):
            connection = socket.create_connection(self.address)
            job_id = ids[number % len(ids)]
            connection.sendall(self._hello(kind, job_id))
            connection.setblocking(False)
            if kind == "ws":
                asked = f'{{"subscribe":["{job_id}"],"since":{{"{job_id}":2}}}}'
                self._to_say[connection.fileno()] = frame(asked.encode())
            self._sockets[connection.fileno()] = connection, kind
            self._silent.add(connection.fileno())
            self._epoll.register(connection.fileno(), select.EPOLLIN)
            if number % 200 == 199:
                self._until_all_answered()
        self._until_all_answered()

    def listen(self, seconds: float) -> None:
        """Takes what comes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for number, _ in self._epoll.poll(min(left, 1.0)):
                self._take(number)

    def _hello(self, kind: str, job_id: str) -> bytes:
        host = f"Host: {self.address[0]}:{self.address[1]}\r\n"
        if kind == "sse":
            return f"GET /api/v1/jobs/{job_id}/events?since=2 HTTP/1.1\r\n{host}\r\n".encode()
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}"
        return f"GET /api/v1/events HTTP/1.1\r\n{host}{upgrade}\r\n\r\n".encode()

    def _until_all_answered(self) -> None:
        patience = time.monotonic() + 60
        while self._silent:
            for number, _ in self._epoll.poll(1.0):
                self._take(number)
            if time.monotonic() > patience:
                raise SystemExit(f"{len(self._silent)} readers were not answered")

    def _take(self, number: int) -> None:
        connection, kind = self._sockets[number]
        data = connection.recv(65536)
        now = time.time()
        if not data:
            self.ended += 1
            self._epoll.unregister(number)
            return
        if number in self._to_say:
            connection.sendall(self._to_say.pop(number))
            return
        self._silent.discard(number)
        ping = data.find(PING) if kind == "ws" else -1
        if ping >= 0:
            connection.sendall(PONG + data[ping + len(PING) : ping + len(PING) + 4])
        found = data.find(AT)
        while found >= 0:
            self.late[kind].append(now - self._time(data[found + len(AT) : found + len(AT) + AT_LENGTH]))
            found = data.find(AT, found + 1)

    def _time(self, text: bytes) -> float:
        if text not in self._times:
            self._times[text] = datetime.fromisoformat(text.decode()).timestamp()
        return self._times[text]


def frame(data: bytes) -> bytes:
    """A short text frame as clients send it, under a mask of zeros (RFC 6455, section 5.2)."""
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + data


@contextmanager
def process(target: Any, *arguments: Any) -> Iterator[Any]:
    """A process that does not outlive its block."""
    running = multiprocessing.get_context("spawn").Process(target=target, args=arguments, daemon=True)
    running.start()
    try:
        yield running
    finally:
        running.terminate()
        running.join()


def grown(server: psutil.Process, before: int, count: int) -> str:
    """What each of so many connections cost in the server's own memory."""
    return f"{(server.memory_full_info().uss - before) / max(count, 1) / KIB:.1f} KiB each"


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Connects, writes, listens, prints."""
    ids = prepare(folder, options.database, options.jobs)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    context = multiprocessing.get_context("spawn")
    with process(serve, folder, options.database, listening) as running:
        server = psutil.Process(running.pid)
        readers = Readers(listening.getsockname())
        readers.connect("sse", ids, 50)
        time.sleep(1)
        before = server.memory_full_info().uss
        for kind, count in (("sse", options.sse - 50), ("ws", options.ws)):
            began = time.monotonic()
            readers.connect(kind, ids, count)
            readers.listen(2)
            took = time.monotonic() - began - 2
            print(f"{kind}: {count} more in {took:.1f} s, {grown(server, before, count)}")
            before = server.memory_full_info().uss
        done = context.Queue()
        with process(write, folder, options.database, ids, options.seconds, done):
            readers.listen(3)
            spent = sum(server.cpu_times()[:2])
            readers.listen(options.seconds)
            spent = sum(server.cpu_times()[:2]) - spent
            readers.listen(5)
            written = done.get(timeout=60)
        print(
            f"server: {spent / options.seconds:.0%} of a core, {grown(server, before, options.sse + options.ws)} more"
        )
    for kind, count in (("sse", options.sse), ("ws", options.ws)):
        late = readers.late[kind]
        shares = ", ".join(f"p{share * 100:g} {percentile(late, share):.0f}" for share in (0.5, 0.9, 0.99, 1.0))
        print(f"{kind}: {len(late)} of {written * count // options.jobs} events, ms late: {shares}")
    print(f"readers that were cut: {readers.ended}; writer: {written} of {options.jobs * options.seconds} updates")


@contextmanager
def database(store: str) -> Iterator[str]:
    """The address of an empty database on a Postgres of its own, with its usual fsync; nothing for SQLite."""
    if store == "sqlite":
        yield ""
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from postgres import own_server

    with own_server("fsync=on") as server:
        yield server.create()


def main() -> None:
    """Parses the options and runs it once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sse", type=int, default=5000)
    parser.add_argument("--ws", type=int, default=5000)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=30, help="at most 60: a stage's progress has so many steps")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    with tempfile.TemporaryDirectory() as folder, database(options.store) as options.database:
        measure(Path(folder), options)


if __name__ == "__main__":
    main()
