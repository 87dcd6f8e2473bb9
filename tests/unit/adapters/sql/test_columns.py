"""Values on their way into a column and out of it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError

from maquette.adapters.sql import documents
from maquette.adapters.sql.columns import UtcTime


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _through(connection, kind, value):
    table = Table("things", MetaData(), Column("value", kind))
    table.create(connection)
    connection.execute(insert(table).values(value=value))
    return connection.execute(select(table.c.value)).scalar_one(), connection.exec_driver_sql(
        "SELECT value FROM things"
    ).scalar_one()


def test_a_naive_time_is_refused(connection):
    with pytest.raises((TypeError, StatementError), match="timezone"):
        _through(connection, UtcTime(), datetime(2026, 1, 1))


def test_a_time_is_stored_as_sortable_text(connection):
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert _through(connection, UtcTime(), at) == (at, "2026-01-02 03:04:05.000006")


@pytest.mark.parametrize("kind", [documents.facts(), documents.names(), documents.problem(), documents.inputs()])
def test_nothing_is_null_and_not_the_word(connection, kind):
    assert _through(connection, kind, None) == (None, None)
