"""``maquette jobs calls``, ``adopt``, ``repeat`` and ``forget``."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.schema import migrate
from maquette.cli.main import run
from maquette.domain.calls import ProviderCall
from maquette.domain.hosting import Billed, CallState
from maquette.domain.ids import LOCAL_OWNER, new_id
from maquette.domain.jobs import Job
from maquette.domain.states import Stage, Status, WaitingFor

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A job that waits because nobody knows whether meshy got the work."""
    monkeypatch.setenv("MAQUETTE_DATA", str(tmp_path))
    url = sqlite_url(tmp_path / "maquette.db")
    migrate(url)
    waiting = {"status": Status.WAITING, "waiting_for": WaitingFor.UNCERTAIN, "stage": Stage.GENERATING, "progress": 40}
    job = Job(new_id("job"), LOCAL_OWNER, "photo_to_model", AT, AT, **waiting)
    lost = {"state": CallState.LOST, "billed": Billed.UNKNOWN, "reserved_usd": 0.5}
    facts = (LOCAL_OWNER, job.id, Stage.GENERATING, 1, "meshy", "mesher", "key", AT, AT)
    database = SqlDatabase(url)
    with database.write() as tx:
        tx.jobs.add(job)
        tx.calls.add(ProviderCall("call_1", *facts, **lost))
    database.close()
    return job.id


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run(["jobs", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_it_shows_what_is_undecided_and_what_to_type(held: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["jobs", "calls", "last"]) == 0
    shown = capsys.readouterr()
    assert "undecided" in shown.out
    assert f"maquette jobs adopt {held} call_1 NUMBER" in shown.err
    code, told_ = told(capsys, "calls", held)
    assert (code, [(one["engine"], one["undecided"]) for one in told_["items"]]) == (0, [("meshy", True)])


def test_a_job_is_not_resumed_past_it(held: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = told(capsys, "resume", held)
    assert (code, answer["error"]["code"]) == (1, "illegal_move")


def test_a_number_is_adopted_and_then_nothing_is_left_to_decide(held: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "adopt", held, "-", "task-9")[1]["status"] == "processing"
    assert told(capsys, "calls", held)[1]["items"][0]["external_id"] == "task-9"
    assert told(capsys, "forget", held, "-")[1]["error"]["code"] == "not_found"


@pytest.mark.parametrize(("word", "status"), [("repeat", "processing"), ("forget", "failed")])
def test_it_is_asked_once_more_or_given_up(
    held: str, capsys: pytest.CaptureFixture[str], word: str, status: str
) -> None:
    assert told(capsys, word, held, "call_1")[1]["status"] == status
    assert told(capsys, "calls", held)[1]["items"][0]["void"] is True
