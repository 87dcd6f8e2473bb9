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

VERSION_TABLE = "maquette_schema"


def migrate(url: str) -> None:
    """Upgrades to the newest schema, all or nothing. Whoever comes second waits, and then finds nothing to do."""
    with _migrating(url) as config:
        command.upgrade(config, "head")


def downgrade(url: str, revision: str = "base") -> None:
    """Goes back to ``revision``; ``base`` removes every table of ours, with what is in it."""
    with _migrating(url) as config:
        command.downgrade(config, revision)


def pending(url: str) -> bool:
    """Whether ``migrate`` has something to do. Creates nothing; raises what the driver raises."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return True
    head = ScriptDirectory.from_config(_config()).get_current_head()
    opened = engines(url)
    try:
        with opened.read.begin() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            return context.get_current_revision() != head
    finally:
        opened.dispose()


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
