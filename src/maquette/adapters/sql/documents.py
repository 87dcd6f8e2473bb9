"""How the composed fields of the domain's dataclasses look as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from maquette.adapters.sql.columns import Document
from maquette.domain.approvals import Decision
from maquette.domain.assets import Quality, View
from maquette.domain.batches import RowPhoto, RowProblem
from maquette.domain.errors import Problem
from maquette.domain.jobs import JobInput
from maquette.domain.marks import Marks
from maquette.domain.states import Stage


def facts() -> Document:
    """A mapping of JSON values."""
    return Document(dict, dict)


def many_facts() -> Document:
    """A tuple of mappings of JSON values."""
    return Document(lambda value: [dict(item) for item in value], tuple)


def names() -> Document:
    """A tuple of strings."""
    return Document(list, tuple)


def stages() -> Document:
    """A tuple of stages."""
    return Document(lambda value: [stage.value for stage in value], lambda value: tuple(Stage(name) for name in value))


def grouped_names() -> Document:
    """A mapping from a name to a tuple of strings."""
    return Document(
        lambda value: {name: list(items) for name, items in value.items()},
        lambda value: {name: tuple(items) for name, items in value.items()},
    )


def problem() -> Document:
    """A failure as it is shown."""
    return Document(_dump_problem, lambda value: Problem(**value))


def quality() -> Document:
    """A score and its flags."""
    return Document(
        lambda value: {"score": value.score, "flags": list(value.flags)},
        lambda value: Quality(value["score"], tuple(value["flags"])),
    )


def inputs() -> Document:
    """What a job starts from."""
    return Document(lambda value: [_dump_input(item) for item in value], lambda value: tuple(map(_load_input, value)))


def photos() -> Document:
    """The photos of a batch's row."""
    return Document(lambda value: [_dump_photo(item) for item in value], lambda value: tuple(map(_load_photo, value)))


def row_problems() -> Document:
    """What is wrong with a batch's row."""
    return Document(lambda value: [asdict(item) for item in value], _load_row_problems)


def _load_row_problems(value: Sequence[Mapping[str, Any]]) -> tuple[RowProblem, ...]:
    return tuple(RowProblem(**item) for item in value)


def _dump_photo(value: RowPhoto) -> dict[str, Any]:
    return asdict(value)


def _load_photo(value: Mapping[str, Any]) -> RowPhoto:
    view, problem = value["view"], value["problem"]
    found = {name: value[name] for name in ("source", "column", "asset_id")}
    return RowPhoto(**found, view=View(view) if view else None, problem=Problem(**problem) if problem else None)


def _dump_problem(value: Problem) -> dict[str, Any]:
    return {"code": value.code, "message": value.message, "hint": value.hint, "retryable": value.retryable}


def _dump_input(value: JobInput) -> dict[str, Any]:
    told = {"asset_id": value.asset_id, "view": value.view and value.view.value, "box": value.box and list(value.box)}
    decided = {"decision": value.decision.document()} if value.decision else {}
    return told | ({"marks": value.marks.document()} if value.marks else {}) | decided


def _load_input(value: Mapping[str, Any]) -> JobInput:
    view, box = value["view"], value["box"]
    bounds = (box[0], box[1], box[2], box[3]) if box else None
    marks, decision = Marks.of(value.get("marks")), Decision.of(value.get("decision"))
    return JobInput(value["asset_id"], View(view) if view else None, bounds, marks, decision)
