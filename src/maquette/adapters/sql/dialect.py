"""All that differs between SQLite and Postgres when a connection or a transaction is opened."""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL

from maquette.adapters.sql.faults import missing_driver

BUSY_TIMEOUT_S = 15
_BEGIN = "maquette_begin"
_PATIENCE = {"connect_timeout": "5", "tcp_user_timeout": "15000"}
"""What libpq does about a server that says nothing: seconds until it gives a connection up, and milliseconds until it
holds an open one for lost. By default it would wait for minutes."""
_MIGRATION_LOCK = 0x6D617175657474


@dataclass(frozen=True, slots=True)
class Engines:
    """Three ways to open a transaction on one database."""

    durable: Engine
    """Its commits survive a power loss."""
    quick: Engine
    """Its last commits may be lost by a power loss (never by a crash of ours), and nothing else can happen."""
    read: Engine

    def dispose(self) -> None:
        """Closes every connection."""
        for engine in (self.durable, self.quick, self.read):
            engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite database file."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL; None for another database."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def engines(url: str) -> Engines:
    """The engines for a URL: ``sqlite:///file`` or ``postgresql+psycopg://…``. Nothing is opened yet.

    Raises ``Unavailable`` where the driver is not installed.
    """
    if make_url(url).get_backend_name() == "sqlite":
        normal = _sqlite(url, "NORMAL")
        return Engines(
            durable=_sqlite(url, "FULL").execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}),
            quick=normal.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}),
            read=normal.execution_options(**{_BEGIN: "BEGIN"}),
        )
    engine = _postgres(url)
    return Engines(
        durable=engine,
        quick=engine.execution_options(**{_BEGIN: "SET LOCAL synchronous_commit TO off"}),
        read=engine.execution_options(**{_BEGIN: "SET TRANSACTION READ ONLY"}),
    )


def patient(url: str) -> URL:
    """A Postgres URL that says how long to wait for a silent server, where the operator has not said it."""
    asked = make_url(url)
    return asked.update_query_dict({name: value for name, value in _PATIENCE.items() if name not in asked.query})


def lock_for_migration(connection: Connection) -> None:
    """Lets one process migrate at a time. SQLite's IMMEDIATE transaction is such a lock already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")


def hold_content(connection: Connection, owner_id: str, sha256: str, *, alone: bool) -> bool:
    """Until the transaction ends, keeps whoever adds rows for this content and whoever removes its bytes apart.

    Those who add share the hold, which they wait for; the remover wants it ``alone`` and gets False at once when it
    cannot have it. SQLite lets one transaction write at a time anyway.
    """
    if connection.dialect.name != "postgresql":
        return True
    digest = hashlib.blake2b(f"{owner_id}/{sha256}".encode(), digest_size=8).digest()
    number = int.from_bytes(digest, signed=True)
    if alone:
        return connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({number})").scalar_one()
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({number})")
    return True


def hold_name(connection: Connection, name: str) -> None:
    """Until the transaction ends nobody else holds the name. SQLite lets one transaction write at a time anyway."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.blake2b(f"name {name}".encode(), digest_size=8).digest(), signed=True)
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")


def _sqlite(url: str, synchronous: str) -> Engine:
    engine = create_engine(url, pool_size=16, max_overflow=32, connect_args={"timeout": BUSY_TIMEOUT_S})

    def connected(connection: sqlite3.Connection, _: Any) -> None:
        # the driver's own BEGIN would come late and without IMMEDIATE: ours is sent by _begin
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", _begin)
    return engine


def _postgres(url: str) -> Engine:
    try:
        # the ping finds connections that an outage has left dead
        engine = create_engine(
            patient(url), pool_size=8, max_overflow=8, pool_timeout=BUSY_TIMEOUT_S, pool_pre_ping=True
        )
    except ImportError as error:
        if error.name != "psycopg":
            raise
        raise missing_driver() from error
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN)
    if statement:
        connection.exec_driver_sql(statement)
