"""Reading the file of a batch."""

import json
from pathlib import Path

import pytest

from maquette.cli.ordering import Order, read
from maquette.domain.batches import OnError
from maquette.domain.errors import Refused

ROWS = [{"sku": "A", "front": "a.jpg"}]


def order(path: Path, **given: object) -> Order:
    fields: dict[str, object] = {
        "table": path, "output": Path("out"), "on_error": None, "pipeline": None, "chosen": {}, "name": path.stem,
    }  # fmt: skip
    return Order(**(fields | given))  # pyright: ignore[reportArgumentType]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "sheet_invalid"),
        ("[1]", "sheet_invalid"),
        ('"rows"', "sheet_invalid"),
        ('{"rows": {}}', "sheet_invalid"),
        ('{"rows": [], "colour": 1}', "sheet_invalid"),
        ('{"rows": [], "settings": 1}', "invalid_setting"),
        ('{"rows": [], "on_error": "weep"}', "invalid_request"),
        ('{"rows": [], "priority": "high"}', "invalid_request"),
        ('{"rows": [], "priority": 101}', "invalid_request"),
        ('{"rows": [], "project_id": 7}', "invalid_request"),
    ],
)
def test_json_that_is_no_batch_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(order(written(tmp_path, "table.json", text)))
    assert refusal.value.code == code


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        read(order(tmp_path / "none.csv"))
    assert refusal.value.code == "file_missing"


def test_options_go_before_what_the_file_says_of_all_rows(tmp_path: Path) -> None:
    document = {"rows": ROWS, "pipeline": "cutout", "on_error": "skip", "name": "Spring", "settings": {"cutter": "x"}}
    path = written(tmp_path, "table.json", json.dumps(document))
    plain = read(order(path))
    assert (plain.pipeline, plain.on_error, plain.name, plain.settings) == (
        "cutout",
        OnError.SKIP,
        "Spring",
        {"cutter": "x"},
    )
    told = read(order(path, pipeline="photo_to_model", on_error=OnError.REFUSE, chosen={"cutter": "y"}))
    assert (told.pipeline, told.on_error, told.settings) == ("photo_to_model", OnError.REFUSE, {"cutter": "y"})


def test_a_list_of_rows_is_a_batch(tmp_path: Path) -> None:
    new = read(order(written(tmp_path, "table.json", json.dumps(ROWS))))
    assert (new.pipeline, list(new.rows), new.name) == ("photo_to_model", ROWS, "table")


def test_anything_else_is_csv(tmp_path: Path) -> None:
    new = read(order(written(tmp_path, "table.txt", "sku\tfront\tcolour\nA\ta.jpg\tred\n")))
    assert list(new.rows) == ROWS
    assert [(one.row, one.code, one.column) for one in new.problems] == [(None, "unknown_column", "colour")]


def test_priority_and_project_of_a_file_count(tmp_path: Path) -> None:
    path = written(tmp_path, "table.json", json.dumps({"rows": ROWS, "priority": -5, "project_id": "prj_1"}))
    new = read(order(path))
    assert (new.priority, new.project_id) == (-5, "prj_1")
    plain = read(order(written(tmp_path, "plain.json", json.dumps(ROWS))))
    assert (plain.priority, plain.project_id) == (0, None)
