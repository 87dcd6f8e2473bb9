"""Brings the schema to this version and back. Alembic runs in process, inside one transaction of ours."""

from collections.abc import Generator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from maquette.adapters.sql.dialect import engines, lock_for_migration, sqlite_path
from maquette.adapters.sql.faults import translated
from maquette.domain.errors import Refused

VERSION_TABLE = "maquette_schema"
BASE = "base"
"""Before the first revision: nothing of ours."""


def migrate(url: str) -> None:
    """Upgrades to the newest schema, all or nothing. Whoever comes second waits, and then finds nothing to do."""
    with _migrating(url) as config:
        command.upgrade(config, "head")


def downgrade(url: str, revision: str = BASE) -> None:
    """Goes back to ``revision``; ``base`` removes every table of ours, with what is in it."""
    with _migrating(url) as config:
        command.downgrade(config, revision)


def move(url: str, revision: str) -> None:
    """Goes to ``revision``, forwards or back. Raises ``invalid_request`` for one that does not exist."""
    if revision not in (BASE, *revisions()):
        raise Refused("invalid_request", f"There is no revision {revision!r}.", f"One of: {', '.join(revisions())}.")
    with _migrating(url) as config:
        at = _context(config.attributes["connection"]).get_current_revision()
        forwards = revision != BASE and (at is None or revisions().index(revision) >= revisions().index(at))
        (command.upgrade if forwards else command.downgrade)(config, revision)


def revisions() -> tuple[str, ...]:
    """All there are, the oldest first."""
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
            return _context(connection).get_current_revision()
    finally:
        opened.dispose()


def pending(url: str) -> bool:
    """Whether ``migrate`` has something to do. Creates nothing; raises what the driver raises."""
    return current(url) != revisions()[-1]


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "maquette.adapters.sql:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _migrating(url: str) -> Generator[Config, None, None]:
    opened = engines(url)
    try:
        with translated(), opened.durable.begin() as connection:
            lock_for_migration(connection)
            yield _config(connection)
    finally:
        opened.dispose()
