"""What a caller asks for becomes a plan: every row read, everything that can be known of it looked at."""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from maquette.app.batches.drafts import Draft, Row, check_views, draft, duplicates
from maquette.app.batches.sheet import problem
from maquette.app.batches.sources import is_asset, is_url, view_in
from maquette.domain.batches import BatchInvalid, OnError, RowPhoto, RowProblem
from maquette.domain.errors import Problem, Refused
from maquette.media.meshes.facts import GLB
from maquette.pipelines.catalog import ENGINE_SETTINGS, Entry, find, settle
from maquette.ports.engines import EngineShelf
from maquette.ports.stores import Transaction


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What a caller asks for. ``settings`` are those of every row, unless the row has its own.

    A row maps the names of columns to what its cells hold: see ``drafts.columns``, and ``docs/guides/batches.md``.
    ``problems`` are those that were found while the table was read. The jobs belong to the project, if one is named;
    its true size is not theirs.
    """

    pipeline: str
    rows: Sequence[Row]
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on_error: OnError = OnError.REFUSE
    name: str = ""
    priority: int = 0
    problems: tuple[RowProblem, ...] = ()
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch as it was read: nothing that its rows name has been looked at yet."""

    new: NewBatch
    drafts: tuple[Draft, ...]

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """All that is known by now, in the order of the rows."""
        found = [*self.new.problems, *(one for row in self.drafts for one in row.wrong)]
        return tuple(sorted(found, key=lambda one: one.row or 0))

    def check(self) -> None:
        """Raises ``BatchInvalid`` when nothing of it may start. What is wrong with the table cannot be skipped."""
        bad = [bool(row.wrong) for row in self.drafts]
        refused = any(bad) if self.new.on_error is OnError.REFUSE else all(bad)
        if refused or any(one.row is None for one in self.problems):
            raise BatchInvalid(self.problems)


def plan(new: NewBatch, max_rows: int) -> Plan:
    """Reads all rows. Raises the catalog's errors about the pipeline and the settings of all rows."""
    entry = find(new.pipeline)
    if not entry.max_photos:
        hint = "photo_to_model, product_to_model or cutout"
        raise Refused("unknown_pipeline", f"No batch can be made of {new.pipeline}: it starts from no photos.", hint)
    settle(entry, new.settings)
    found = new.problems
    if not new.rows and not found:
        found = (problem("no_rows"),)
    if len(new.rows) > max_rows:
        found = (problem("too_many_rows", f"{len(new.rows)} rows are more than {max_rows}."),)
        return Plan(replace(new, problems=found), ())
    drafts = tuple(draft(entry, number, row, new.settings) for number, row in enumerate(new.rows, 1))
    # what is known of single rows belongs to them; the rest is about the table itself
    rest = tuple(one for one in found if one.row is None)
    return Plan(replace(new, problems=rest), _with(drafts, [*found, *duplicates(drafts)]))


def looked_at(tx: Transaction, shelf: EngineShelf, owner_id: str, plan: Plan, arriving: Container[str]) -> Plan:
    """With the assets that the photos are, and what is wrong with them, their views and the engines.

    ``arriving`` are photos that will be uploaded before it starts.
    """
    entry, project_id = find(plan.new.pipeline), plan.new.project_id
    if project_id is not None and tx.projects.get(project_id, owner_id) is None:
        raise Refused("not_found", "There is no such project.")
    engines = _Engines(shelf, entry)
    drafts: list[Draft] = []
    for one in plan.drafts:
        row = replace(one, photos=tuple(_look(tx, owner_id, photo, arriving) for photo in one.photos))
        row, wrong = check_views(entry, row)
        drafts.append(replace(row, problems=(*one.problems, *engines.check(one), *wrong)))
    return replace(plan, drafts=tuple(drafts))


def fingerprint(plan: Plan) -> str:
    """The same for the same request."""
    new = plan.new
    parts: dict[str, Any] = {
        "pipeline": new.pipeline,
        "on_error": new.on_error,
        "name": new.name,
        "priority": new.priority,
        "rows": [asdict(row) for row in plan.drafts],
        "problems": [asdict(one) for one in new.problems],
    }
    if new.project_id is not None:
        parts["project_id"] = new.project_id
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class _Engines:
    """Which of the rows name engines that do not exist. One that is missing here at all raises at once."""

    def __init__(self, shelf: EngineShelf, entry: Entry) -> None:
        self._shelf = shelf
        self._asked = {capability: name for capability, name in ENGINE_SETTINGS.items() if name in entry.settings}
        self._known: dict[tuple[str, Any], Refused | None] = {}

    def check(self, row: Draft) -> Iterable[RowProblem]:
        for capability, name in self._asked.items():
            wanted = row.settings.get(name)
            if (name, wanted) not in self._known:
                self._known[name, wanted] = None
                try:
                    self._shelf.choose(capability, wanted)
                except Refused as refusal:
                    self._known[name, wanted] = refusal
            refusal = self._known[name, wanted]
            if refusal:
                yield problem(
                    refusal.code, refusal.message, row=row.number, column=name, sku=row.sku, hint=refusal.hint
                )


def _look(tx: Transaction, owner_id: str, photo: RowPhoto, arriving: Container[str]) -> RowPhoto:
    """The photo with its asset and view, as far as they can be known without fetching anything, or its problem."""
    if photo.problem is not None:
        return photo
    if photo.asset_id is None and not is_asset(photo.source):
        return _elsewhere(replace(photo, view=photo.view or view_in(photo.source)), arriving)
    asset = tx.assets.get(photo.asset_id or photo.source, owner_id)
    if asset is None:
        return _bad(photo, Refused("not_found", f"There is no asset {photo.source!r}."))
    if asset.media_type == GLB:
        return _bad(photo, Refused("not_an_image", "It is a model."))
    return replace(photo, asset_id=asset.id, view=photo.view or asset.view or view_in(asset.name))


def _elsewhere(photo: RowPhoto, arriving: Container[str]) -> RowPhoto:
    if is_url(photo.source) or photo.source in arriving:
        return photo
    hint = "Upload it and give the asset's id, or a URL; `maquette batch` uploads files."
    return _bad(photo, Refused("file_missing", f"{photo.source!r} is no file here.", hint))


def _bad(photo: RowPhoto, refusal: Refused) -> RowPhoto:
    return replace(photo, problem=Problem.of(refusal))


def _with(drafts: Sequence[Draft], problems: Iterable[RowProblem]) -> tuple[Draft, ...]:
    more: dict[int | None, tuple[RowProblem, ...]] = {}
    for one in problems:
        more[one.row] = (*more.get(one.row, ()), one)
    return tuple(replace(row, problems=(*row.problems, *more.get(row.number, ()))) for row in drafts)
