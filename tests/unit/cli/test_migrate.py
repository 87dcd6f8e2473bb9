"""``maquette migrate``: look, copy, go, go back."""

import json
from pathlib import Path
from typing import Any

import pytest

from maquette.cli.main import run

Migrate = Any


@pytest.fixture
def migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Migrate:
    monkeypatch.setenv("MAQUETTE_DATA", str(tmp_path / "data"))

    def call(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = run(["migrate", *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_there_and_back_with_a_copy_before_each_step(migrate: Migrate, tmp_path: Path) -> None:
    assert migrate("--check")[0] == 3
    assert not (tmp_path / "data").exists()
    assert migrate()[1]["state"] == "migrated"
    code, told = migrate("--check", "--backup")
    assert (code, told["state"], told["backup"]) == (0, "current", None)
    code, told = migrate("--to", "0001")
    assert (code, told["error"]["code"]) == (1, "backup_needed")
    code, told = migrate("--backup", "--to", "0001", "--yes")
    assert (code, told["state"], told["revision"]) == (0, "migrated", "0001")
    assert Path(told["backup"]).is_file()
    assert Path(told["backup"]).parent == tmp_path / "data" / "backups"
    assert migrate("--check")[0] == 3
    code, told = migrate("--backup-to", str(tmp_path / "mine.db"))
    assert (code, told["state"], told["backup"]) == (0, "migrated", str(tmp_path / "mine.db"))
    assert migrate("--backup-to", str(tmp_path / "mine.db"))[1]["error"]["code"] == "invalid_request"
    assert migrate("--to", "0077", "--yes")[1]["error"]["code"] == "invalid_request"


def test_without_a_database_there_is_nothing_to_copy(migrate: Migrate, tmp_path: Path) -> None:
    assert migrate("--backup")[1]["error"]["code"] == "invalid_request"


def test_on_postgres_it_stops_with_the_command(
    migrate: Migrate, fresh_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database(blank=True)
    monkeypatch.setenv("MAQUETTE_DATABASE_URL", url)
    code, told = migrate("--backup")
    assert (code, told["error"]["code"]) == (1, "backup_needed")
    assert "pg_dump" in told["error"]["hint"]
    assert migrate("--check")[0] == 3
    code, told = migrate("--backup", "--yes")
    assert (code, told["state"], told["backup"]) == (0, "migrated", None)
