"""The library waits for space on a full disk as it waits for a lock, though not for ever."""

import sqlite3
from pathlib import Path

import pytest
from dbos._utils import retriable_sqlite_exception
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from maquette.adapters.dbos import connections


@pytest.mark.parametrize("patience_s", [20.0, 0.0])
def test_a_full_disk_is_worth_waiting_for(tmp_path: Path, patience_s: float) -> None:
    engine = connections.engine(f"sqlite:///{tmp_path / 'x.db'}", patience_s)
    with engine.begin() as connection:
        connection.execute(text("create table t (data blob)"))

    @event.listens_for(engine, "connect")
    def _(raw: sqlite3.Connection, __: object) -> None:
        raw.execute("pragma max_page_count=8")  # SQLite's own way to be full

    engine.dispose()
    with pytest.raises(OperationalError) as error, engine.begin() as connection:
        connection.execute(text("insert into t values (zeroblob(1000000))"))
    assert retriable_sqlite_exception(error.value) == (patience_s > 0)
    assert connections.is_full(error.value.orig) == (patience_s == 0)
    with engine.begin() as connection:
        connection.execute(text("insert into t values (zeroblob(10))"))
    engine.dispose()


def test_other_errors_stay_as_they_are(tmp_path: Path) -> None:
    engine = connections.engine(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(DBAPIError, match="no such table") as error, engine.begin() as connection:
        connection.execute(text("select * from nowhere"))
    assert not retriable_sqlite_exception(error.value)
    engine.dispose()
