"""Each migration back and forth with a row in every table: what the older schema knows is still there."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import MetaData, create_engine, insert, select

from maquette.adapters.sql import schema
from maquette.adapters.sql.tables import METADATA
from maquette.domain.assets import Role
from maquette.domain.batches import BatchStatus, OnError, RowStatus
from maquette.domain.errors import Refused
from maquette.domain.fleet import WorkerState
from maquette.domain.hosting import Billed, CallState
from maquette.domain.jobs import EventType, TaskStatus
from maquette.domain.projects import ProjectKind
from maquette.domain.states import Stage, Status
from maquette.domain.webhooks import DeliveryStatus

AT = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
CHOSEN = {
    "status": {
        "jobs": Status.FAILED,
        "tasks": TaskStatus.FAILED,
        "batches": BatchStatus.RUNNING,
        "batch_rows": RowStatus.STARTED,
        "deliveries": DeliveryStatus.PENDING,
    },
    "on_error": {"batches": OnError.SKIP},
    "kind": {"projects": ProjectKind.ROOM, "results": "model"},
    "role": {"assets": Role.LOD},
    "type": {"events": EventType.CREATED},
    "state": {"workers": WorkerState.RUNNING, "provider_calls": CallState.RUNNING},
    "stage": {"tasks": Stage.STORING, "provider_calls": Stage.GENERATING},
    "billed": {"provider_calls": Billed.NO},
    "sha256": {"assets": "a" * 64},
    "seq": {"events": 1, "jobs": 1},
    "attempt": {"jobs": 1, "tasks": 1},
}
PLAIN = {"String": "x", "Text": "x", "Integer": 1, "BigInteger": 1, "Float": 1.5, "Boolean": True, "UtcTime": AT}


@pytest.fixture
def engine(fresh_store):
    engine = create_engine(fresh_store())
    yield engine
    engine.dispose()


def _value(table, column):
    if column.foreign_keys:
        return "x"
    if chosen := CHOSEN.get(column.name, {}).get(table.name):
        return chosen
    kind = type(column.type).__name__
    if kind == "Document":
        return {} if column.type.load is dict or column.name == "assets" else ()
    return PLAIN[kind]


def _fill(connection):
    for table in METADATA.sorted_tables:
        needed = {column.name: _value(table, column) for column in table.columns if not column.nullable}
        connection.execute(insert(table).values(needed))


def _rows(engine):
    """What is in the tables as they are now, as the driver gives it."""
    found = MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        ours = [table for name, table in found.tables.items() if name in METADATA.tables]
        return {table.name: [dict(row._mapping) for row in connection.execute(select(table))] for table in ours}


def test_each_step_back_keeps_what_the_older_schema_knows(engine):
    url = engine.url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        _fill(connection)
    before = _rows(engine)
    assert set(before) == set(METADATA.tables)
    assert all(len(rows) == 1 for rows in before.values())
    steps = schema.revisions()[::-1]
    for newer, older in pairwise(steps):
        assert schema.current(url) == newer
        schema.move(url, older)
        assert schema.current(url) == older
        for name, rows in _rows(engine).items():
            assert [{key: before[name][0][key] for key in row} for row in rows] == rows
            assert len(rows) == 1
    kept = _rows(engine)
    assert {"jobs", "events", "assets"} <= set(kept)
    schema.move(url, steps[0])
    again = _rows(engine)
    assert all(again[name][0].items() >= kept[name][0].items() for name in kept)
    schema.move(url, "base")
    assert _rows(engine) == {}


def test_a_revision_that_does_not_exist_is_refused(engine):
    with pytest.raises(Refused) as refusal:
        schema.move(engine.url.render_as_string(hide_password=False), "0077")
    assert "0001" in refusal.value.hint
