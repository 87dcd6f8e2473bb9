"""Thousands of clients that ask for a job's status every few seconds, each over a connection of its own.

    python benchmarks/pollers.py [--clients 10000] [--every 2.5] [--seconds 30] [--database URL] [--idle 0]

Two processes on one machine: the server as ``maquette serve`` runs it (but without a worker) and this one, which holds
all the clients. Their requests are spread evenly over the interval, so that each is due at its own moment; the answer's
delay counts from that moment, not from when this process got round to asking. Goal: p99 below 500 ms, no errors.

``--idle`` adds connections that are a nuisance: a third says nothing, a third sends a head byte by byte, a third asks
for much and reads none of it. The server must cut them all and keep its pace.
"""

import argparse
import asyncio
import heapq
import multiprocessing
import resource
import select
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

JOBS = 1000


def settings_for(folder: Path, database: str) -> Any:
    """As the operator would set them."""
    from maquette.settings import Settings

    return Settings(data=folder, database_url=database)


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


def prepare(folder: Path, database: str) -> list[tuple[str, str]]:
    """Jobs, one in ten of which waits in the queue, and the tokens that open them."""
    from maquette.adapters.sql.database import SqlDatabase
    from maquette.bootstrap import database_url, migrate_database
    from maquette.domain import jobs as moves
    from maquette.domain.ids import LOCAL_OWNER, new_id, new_token, token_hash
    from maquette.domain.jobs import Job
    from maquette.pipelines.catalog import CATALOG
    from maquette.ports.stores import Session

    settings = settings_for(folder, database)
    migrate_database(settings)
    rows = SqlDatabase(database_url(settings))
    pipeline = CATALOG["photo_to_model"].pipeline
    known: list[tuple[str, str]] = []
    with rows.write() as tx:
        for number in range(JOBS):
            at = datetime.now(UTC)
            job, token = Job(new_id("job"), LOCAL_OWNER, pipeline.name, at, at), new_token()
            tx.jobs.add(job)
            if number % 10:
                tx.jobs.apply(moves.enter(job, pipeline, pipeline.stages[number % len(pipeline.stages)], at))
            tx.sessions.add(token_hash(token), Session(LOCAL_OWNER, job.id), at)
            known.append((job.id, token))
    rows.close()
    return known


class Pollers:
    """Many sockets, one ``epoll``, and a heap of who is due when."""

    def __init__(self, address: tuple[str, int], known: list[tuple[str, str]]) -> None:
        self.late: list[float] = []
        self.bad: dict[str, int] = {}
        self.recording = False
        self.spent = 0.0
        """Seconds of processor time that the server took while delays were recorded."""
        self._address = address
        self._known = known
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._requests: dict[int, bytes] = {}
        self._asked: dict[int, float] = {}
        self._parts: dict[int, bytes] = {}
        self._due: list[tuple[float, int]] = []

    def run(self, clients: int, every: float, seconds: float, spent: Callable[[], float]) -> None:
        """Connects at an even pace within ``every`` seconds or more, then polls; ``spent`` reads the server's clock."""
        start = time.monotonic() + 0.1
        for index in range(clients):
            job_id, token = self._known[index % len(self._known)]
            host = f"Host: {self._address[0]}:{self._address[1]}\r\n"
            head = f"GET /api/status/{job_id} HTTP/1.1\r\n{host}X-Session-Token: {token}\r\n\r\n"
            connection = socket.create_connection(self._address)
            connection.setblocking(False)
            number = connection.fileno()
            self._sockets[number] = connection
            self._requests[number] = head.encode()
            self._epoll.register(number, select.EPOLLIN)
            heapq.heappush(self._due, (max(start + index * every / clients, time.monotonic()), number))
            self._step(every, 0.0)
        self._for(every, 2 * every)
        self.recording, self.spent = True, -spent()
        self._for(every, seconds)
        self.recording, self.spent = False, self.spent + spent()

    def _for(self, every: float, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._step(every, 0.05)

    def _step(self, every: float, patience: float) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            due, number = heapq.heappop(self._due)
            self._ask(due, number)
        wait = min(patience, max(0.0, self._due[0][0] - now)) if self._due else patience
        for number, _ in self._epoll.poll(wait):
            self._hear(number, every)

    def _ask(self, due: float, number: int) -> None:
        self._asked[number] = due
        try:
            self._sockets[number].sendall(self._requests[number])
        except OSError as error:
            self._fail(number, type(error).__name__)

    def _hear(self, number: int, every: float) -> None:
        try:
            answer = self._sockets[number].recv(65536)
        except OSError as error:
            self._fail(number, type(error).__name__)
            return
        answer = self._parts.pop(number, b"") + answer
        if answer.startswith(b"HTTP/1.1 200") and not answer.endswith(b"}"):
            # head and body come apart
            self._parts[number] = answer
            return
        due = self._asked.pop(number, None)
        if due is None or not answer.startswith(b"HTTP/1.1 200"):
            self._fail(number, answer[:12].decode() or "closed")
            return
        if self.recording:
            self.late.append(time.monotonic() - due)
        heapq.heappush(self._due, (due + every, number))

    def _fail(self, number: int, why: str) -> None:
        self.bad[why] = self.bad.get(why, 0) + 1
        self._epoll.unregister(number)
        self._sockets.pop(number).close()


class Nuisances:
    """Connections that want nothing good, in a process of their own."""

    def __init__(self, address: tuple[str, int], count: int) -> None:
        self._open = [socket.create_connection(address) for _ in range(count)]
        self._dribbling = self._open[1::3]
        for reader in self._open[2::3]:
            reader.sendall(b"GET /api/v1/pipelines HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200)

    def go_on(self, seconds: float) -> int:
        """Sends a byte a second; returns how many the server has cut."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(1)
            for dribbling in self._dribbling:
                try:
                    dribbling.send(b"G")
                except OSError:
                    continue
        return sum(self._is_cut(connection) for connection in self._open)

    def _is_cut(self, connection: socket.socket) -> bool:
        connection.setblocking(False)
        try:
            while connection.recv(65536):
                pass
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


def bother(address: tuple[str, int], count: int, seconds: float, done: Any) -> None:
    """The nuisances' process."""
    done.put(Nuisances(address, count).go_on(seconds))


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


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Connects, polls, prints."""
    known = prepare(folder, options.database)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    done = multiprocessing.get_context("spawn").Queue()
    with process(serve, folder, options.database, listening) as running:
        server = psutil.Process(running.pid)
        pollers = Pollers(listening.getsockname(), known)
        pollers.run(1, 0.2, 1, float)
        pollers.late.clear()
        before = server.memory_full_info().uss
        with process(bother, listening.getsockname(), options.idle, options.seconds, done):
            pollers.run(options.clients, options.every, options.seconds, lambda: sum(server.cpu_times()[:2]))
            cut = done.get(timeout=120)
        grown = (server.memory_full_info().uss - before) / 1024**2
    shares = ", ".join(f"p{share * 100:g} {percentile(pollers.late, share):.0f}" for share in (0.5, 0.9, 0.99, 1.0))
    rate = len(pollers.late) / options.seconds
    print(f"{options.clients} clients, {rate:.0f} answers a second, ms: {shares}; errors: {pollers.bad or 'none'}")
    each = pollers.spent / max(1, len(pollers.late)) * 1e6
    print(
        f"server: {pollers.spent / options.seconds:.0%} of a core, {each:.0f} us a request, {grown:.0f} MiB more",
        end="",
    )
    print(f" than at first; nuisances cut: {cut} of {options.idle}")


def main() -> None:
    """Parses the options and runs it once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=2.5, help="seconds between one client's requests")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--idle", type=int, default=0, help="connections that say nothing, little, or do not read")
    parser.add_argument("--database", default="", help="a Postgres URL; SQLite without it")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options)


if __name__ == "__main__":
    main()
