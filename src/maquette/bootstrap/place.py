"""What can be asked of a data folder, its database and its files before anything is opened."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

import maquette
from maquette.adapters.blobs.storage import Address, check_address
from maquette.adapters.clocks import SystemClock
from maquette.adapters.dbos.lock import FolderLock, Holder
from maquette.adapters.folder.data import DataFolder
from maquette.adapters.sql.backup import copy_sqlite, dump_command
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_path, sqlite_url
from maquette.adapters.sql.schema import HEAD, current, move
from maquette.app.keys import Keys
from maquette.domain.errors import Refused, Unavailable
from maquette.settings import Settings


def check_keys(settings: Settings) -> None:
    """Raises ``key_required`` when keys are needed and there is none. Migrates a database that is behind."""
    if settings.needs_key and not _has_key(settings):
        where = settings.public_url or settings.host
        raise Refused("key_required", f"{where} can be reached by others, and there is no key to tell them apart.")


def _has_key(settings: Settings) -> bool:
    file = sqlite_path(database_url(settings))
    if file is not None and not file.exists():
        return False
    if is_behind(settings):
        migrate_database(settings)
    database = SqlDatabase(database_url(settings))
    try:
        return Keys(database, SystemClock()).exist()
    finally:
        database.close()


def is_behind(settings: Settings) -> bool:
    """Whether the database is older than this version, or not there yet. Changes nothing.

    Raises ``not_ready`` when it cannot be reached.
    """
    return database_revision(settings) != HEAD


def database_revision(settings: Settings) -> str | None:
    """Where the schema stands; None where there is none yet. Raises ``not_ready`` when it cannot be reached."""
    try:
        return current(database_url(settings))
    except (SQLAlchemyError, ImportError) as error:
        reason = str(error).splitlines()[0]
        hint = "Check MAQUETTE_DATABASE_URL: postgresql+psycopg://user@host/name, or nothing for SQLite."
        raise Unavailable("not_ready", f"The database cannot be used: {reason}", hint) from error


def backup_database(settings: Settings, target: Path | None) -> Path:
    """Copies the SQLite database, by default into ``backups`` in the data folder; says where the copy lies.

    Raises ``backup_needed`` with the command to run where the database is another.
    """
    source, revision = sqlite_path(database_url(settings)), database_revision(settings)
    name = f"maquette-{revision or 'empty'}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if source is None:
        command = dump_command(database_url(settings), str(target or f"{name}.dump"))
        raise Refused("backup_needed", hint=f"{command}; then: maquette migrate --yes")
    if revision is None:
        raise Refused("invalid_request", "There is no database yet.", "There is nothing to back up.")
    path = (target or settings.data / "backups" / f"{name}.db").absolute()
    copy_sqlite(source, path)
    return path


def migrate_database(settings: Settings, revision: str = HEAD) -> None:
    """Brings the database to this version, or to ``revision``. Raises ``data_folder_busy`` while somebody uses it."""
    DataFolder(settings.data).prepare()
    if not _is_sqlite(settings):
        move(settings.database_url, revision)
        return
    lock = FolderLock(settings.data)
    if not lock.try_lock():
        raise busy(settings)
    try:
        move(database_url(settings), revision)
    finally:
        lock.release()


def _is_sqlite(settings: Settings) -> bool:
    return sqlite_path(database_url(settings)) is not None


def holder(settings: Settings) -> Holder | None:
    """The process that works on the data folder, if there is one."""
    return FolderLock(settings.data).holder() if settings.data.is_dir() else None


def database_url(settings: Settings) -> str:
    """The given database, or SQLite in the data folder."""
    return settings.database_url or sqlite_url(settings.data / "maquette.db")


def check_storage(settings: Settings) -> str:
    """What files are kept in, after having asked it. Raises ``invalid_setting`` or ``storage_unavailable``."""
    return check_address(store_address(settings))


def page_folder() -> Path | None:
    """The built page, if there is one."""
    folder = Path(maquette.__file__).parent / "webui"
    return folder if (folder / "index.html").is_file() else None


def store_address(settings: Settings) -> Address:
    """Where the bytes of assets lie, with the keys to it."""
    keys = settings.s3_access_key_id, settings.s3_secret_access_key
    return Address(settings.blobs_url, *(key.get_secret_value() for key in keys))


def busy(settings: Settings) -> Refused:
    """That somebody works on the data folder, and who."""
    found = holder(settings)
    who = f"process {found.pid}" if found else "another process"
    where = f" at {found.url}" if found and found.url else ""
    ways = f"stop {who}, or take another folder with --data."
    hint = f"Use {found.url}, {ways}" if found and found.url else f"S{ways[1:]}"
    return Refused("data_folder_busy", f"{settings.data} is in use by {who}{where}.", hint)
