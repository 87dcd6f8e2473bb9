"""The file of a batch and the options beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from maquette.app.batches import sheet
from maquette.app.batches.drafts import Row, columns
from maquette.app.batches.planning import NewBatch
from maquette.domain.batches import OnError
from maquette.domain.errors import Refused
from maquette.pipelines.catalog import find

PIPELINE = "photo_to_model"
MOST_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for. An option that was not given leaves what a JSON file says."""

    table: Path
    output: Path
    on_error: OnError | None
    pipeline: str | None
    chosen: Mapping[str, Any]
    name: str


def read(order: Order) -> NewBatch:
    """The batch that a file describes. Raises ``file_missing`` and ``sheet_invalid``."""
    try:
        data = order.table.read_bytes()
    except OSError as error:
        raise Refused("file_missing", f"{order.table} cannot be read: {error.strerror}.") from error
    if order.table.suffix.lower() == ".json":
        return _from_json(data, order)
    pipeline = order.pipeline or PIPELINE
    records, problems = sheet.read(data, columns(find(pipeline)))
    on_error = order.on_error or OnError.REFUSE
    return NewBatch(pipeline, records, order.chosen, on_error, order.name, problems=tuple(problems))


def _from_json(data: bytes, order: Order) -> NewBatch:
    """A list of rows, or an object as ``POST /api/v1/batches`` takes it."""
    hint = 'Write a list of rows, or {"pipeline": …, "rows": [{"sku": …, "front": …}]}.'
    try:
        found: object = json.loads(data)
    except ValueError as error:
        raise Refused("sheet_invalid", f"{order.table} is no JSON: {error}.", hint) from None
    document = cast(dict[str, Any], found) if isinstance(found, dict) else {"rows": found}
    rows = document.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in cast(list[object], rows)):
        raise Refused("sheet_invalid", f"{order.table} holds no list of rows.", hint)
    if unknown := document.keys() - {"rows", "pipeline", "settings", "on_error", "name", "priority", "project_id"}:
        raise Refused("sheet_invalid", f"{order.table} has an unknown field {sorted(unknown)[0]!r}.", hint)
    return NewBatch(
        order.pipeline or str(document.get("pipeline", PIPELINE)),
        cast(Sequence[Row], rows),
        _object(document.get("settings", {})) | dict(order.chosen),
        order.on_error or _on_error(document.get("on_error", "refuse")),
        str(document.get("name", order.name)),
        _priority(document.get("priority", 0)),
        project_id=_project(document.get("project_id")),
    )


def _priority(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or abs(given) > MOST_PRIORITY:
        hint = f"A whole number from -{MOST_PRIORITY} to {MOST_PRIORITY}."
        raise Refused("invalid_request", f"priority cannot be {given!r}.", hint)
    return given


def _project(given: object) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise Refused("invalid_request", f"project_id cannot be {given!r}.", "Write the id of a project: prj_…")


def _object(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Refused("invalid_setting", "settings is no object.", 'Write "settings": {"quality": "fast"}.')
    return cast(dict[str, Any], given)


def _on_error(text: object) -> OnError:
    if text not in {*OnError}:
        raise Refused("invalid_request", f"on_error cannot be {text!r}.", "refuse or skip")
    return OnError(str(text))
