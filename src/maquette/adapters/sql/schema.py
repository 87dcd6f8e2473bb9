"""Brings the schema to this version and back. Alembic runs in process, inside one transaction of ours."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table

from maquette.adapters.sql.dialect import engines, lock_for_migration, sqlite_path
from maquette.adapters.sql.faults import translated
from maquette.domain.errors import Refused

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "maquette_schema"
BASE = "base"
"""Before the first revision: nothing of ours."""
HEAD = "0004"
"""The newest revision. Known here because every start asks for it, and loading Alembic takes a third of a second."""


def migrate(url: str) -> None:
    """Upgrades to the newest schema, all or nothing. Whoever comes second waits, and then finds nothing to do."""
    from alembic import command

    with _migrating(url) as config:
        command.upgrade(config, "head")


def downgrade(url: str, revision: str = BASE) -> None:
    """Goes back to ``revision``; ``base`` removes every table of ours, with what is in it."""
    from alembic import command

    with _migrating(url) as config:
        command.downgrade(config, revision)


def move(url: str, revision: str) -> None:
    """Goes to ``revision``, forwards or back. Raises ``invalid_request`` for one that does not exist."""
    if revision not in (BASE, *revisions()):
        raise Refused("invalid_request", f"There is no revision {revision!r}.", f"One of: {', '.join(revisions())}.")
    from alembic import command

    with _migrating(url) as config:
        at = _revision(config.attributes["connection"])
        forwards = revision != BASE and (at is None or revisions().index(revision) >= revisions().index(at))
        (command.upgrade if forwards else command.downgrade)(config, revision)


def revisions() -> tuple[str, ...]:
    """All there are, the oldest first."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(_config())
    return tuple(found.revision for found in script.walk_revisions())[::-1]


def current(url: str) -> str | None:
    """Where the database stands; None when nothing of ours is there. Creates nothing."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return None
    opened = engines(url)
    try:
        with opened.read.begin() as connection:
            return _revision(connection)
    finally:
        opened.dispose()


def pending(url: str) -> bool:
    """Whether ``migrate`` has something to do. Creates nothing; raises what the driver raises."""
    return current(url) != HEAD


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar_one_or_none()


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "maquette.adapters.sql:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _migrating(url: str) -> "Generator[Config, None, None]":
    opened = engines(url)
    try:
        with translated(), opened.durable.begin() as connection:
            lock_for_migration(connection)
            yield _config(connection)
    finally:
        opened.dispose()
