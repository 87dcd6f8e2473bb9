"""CPU per request of the status route, against the least that a server could do, in the same run.

    python benchmarks/status_reads.py [--requests 20000] [--jobs 1000]

Both answer from the same SQLite file under uvicorn, one after the other, each in a process of its own, to the same
client. The bare route knows no host check, no token format, no projections: raw ASGI, one query, one ``json.dumps``.
What counts is the processor time that the server's process took per request, from ``psutil``; wall time on a shared
machine says little. The aim: at most twice the bare route.
"""

import argparse
import json
import multiprocessing
import socket
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil


def prepare(folder: Path, jobs: int) -> list[tuple[str, str]]:
    """A database with jobs in all stages; their ids and tokens."""
    from maquette.adapters.sql.database import SqlDatabase
    from maquette.adapters.sql.dialect import sqlite_url
    from maquette.adapters.sql.schema import migrate
    from maquette.domain import jobs as moves
    from maquette.domain.ids import LOCAL_OWNER, new_id, new_token, token_hash
    from maquette.domain.jobs import Job
    from maquette.pipelines.catalog import CATALOG
    from maquette.ports.stores import Session

    url = sqlite_url(folder / "maquette.db")
    migrate(url)
    database = SqlDatabase(url)
    pipeline = CATALOG["photo_to_model"].pipeline
    known: list[tuple[str, str]] = []
    with database.write() as tx:
        for number in range(jobs):
            at = datetime.now(UTC)
            job = Job(new_id("job"), LOCAL_OWNER, pipeline.name, at, at)
            token = new_token()
            tx.jobs.add(job)
            tx.sessions.add(token_hash(token), Session(LOCAL_OWNER, job.id), at)
            for stage in pipeline.stages[: number % (len(pipeline.stages) + 1)]:
                job = tx.jobs.apply(moves.enter(job, pipeline, stage, at))
            known.append((job.id, token))
    database.close()
    return known


def bare_app(path: Path) -> Any:
    """Raw ASGI and inline sqlite3, nothing else."""
    from hashlib import sha256

    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    query = """SELECT j.status, j.stage, j.progress, j.result_id, j.updated_at FROM sessions s
               JOIN jobs j ON j.id = s.job_id WHERE s.token_hash = ? AND j.id = ?"""

    async def app(scope: Any, _: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        token = dict(scope["headers"]).get(b"x-session-token", b"")
        row = connection.execute(query, (sha256(token).hexdigest(), scope["path"][12:])).fetchone()
        names = ("status", "stage", "progress", "resultId", "updatedAt")
        body = json.dumps({"success": True, **dict(zip(names, row, strict=True))}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def our_app(path: Path) -> Any:
    """The whole application; only the parts that this route touches are real."""
    from types import SimpleNamespace

    from maquette.adapters.sql.status import StatusReader
    from maquette.adapters.telemetry.prometheus import PrometheusMeter
    from maquette.api.server import Application
    from maquette.ports.tracing import Silent

    nothing: Any = None
    services: Any = SimpleNamespace(
        status_reader=StatusReader(path),
        allowed_hosts=frozenset(),
        public_url="",
        cors_origins=frozenset(),
        access=SimpleNamespace(required=True),
        webui=None,
        events=None,
        max_sockets=1,
        meter=PrometheusMeter(nothing, nothing, lambda: 0, ""),
        tracer=Silent(),
    )
    return Application(services)


def serve(which: str, path: Path, listening: socket.socket) -> None:
    """Runs one of the two."""
    import uvicorn

    app = our_app(path) if which == "ours" else bare_app(path)
    uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off")).run([listening])


def measure(which: str, path: Path, known: list[tuple[str, str]], requests: int) -> float:
    """Microseconds of processor time per request."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(which, path, listening))
    process.start()
    try:
        with connected(listening.getsockname()) as connection:
            poll(connection, known, 500)
            server = psutil.Process(process.pid)
            before = sum(server.cpu_times()[:2])
            poll(connection, known, requests)
            return (sum(server.cpu_times()[:2]) - before) / requests * 1e6
    finally:
        process.terminate()
        process.join()
        listening.close()


def connected(address: Any) -> socket.socket:
    """A connection that the server has answered on."""
    connection = socket.create_connection(address, timeout=60)
    time.sleep(0.1)
    return connection


def poll(connection: socket.socket, known: list[tuple[str, str]], requests: int) -> None:
    """Asks for one job after the other on one connection."""
    for number in range(requests):
        job_id, token = known[number % len(known)]
        head = f"GET /api/status/{job_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Session-Token: {token}\r\n\r\n"
        connection.sendall(head.encode())
        answer = connection.recv(65536)
        while b"}" not in answer:
            answer += connection.recv(65536)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(answer.decode())


def main() -> None:
    """Prints both figures and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        known = prepare(Path(folder), options.jobs)
        path = Path(folder) / "maquette.db"
        rounds = [[measure(which, path, known, options.requests) for which in ("bare", "ours")] for _ in range(3)]
    bare, ours = (min(column) for column in zip(*rounds, strict=True))
    print(f"bare {bare:.0f} us, ours {ours:.0f} us of CPU per request (best of 3), ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
