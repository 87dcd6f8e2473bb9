"""Chooses one to four of a product's photos: the rest is neither cut out nor paid for."""

from collections.abc import Mapping, Sequence
from typing import Any

from maquette.domain.assets import CAPTURE_VIEWS, Role, View
from maquette.domain.errors import Permanent
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, InputFile, Produced, StageSpec
from maquette.ports.processes import Limits

Entry = dict[str, Any]


def work(desk: Desk) -> Produced:
    """Under ``selection`` each photo is chosen, seen from somewhere, or left out, with its reasons in words.

    What a person has decided since is not weighed again. Raises ``nothing_approved`` when no photo is left.
    """
    sides: Mapping[str, Entry] = desk.settings["sides"]
    decided = any(side["use"] is not None for side in sides.values())
    selection = _decided(desk, sides) if decided else _measured(desk, sides)
    if not selection["chosen"]:
        raise Permanent("nothing_approved")
    return Produced(data={"selection": {**selection, "decided": decided}})


def _measured(desk: Desk, sides: Mapping[str, Entry]) -> Entry:
    from maquette.media.images.likeness import measure
    from maquette.media.images.selection import Candidate, choose

    pictures = desk.of(Role.WORKING)
    photos: list[Candidate] = []
    for number, picture in enumerate(pictures):
        side = sides[_original(picture)]["view"]
        photos.append(Candidate(_original(picture), picture.name, View(side) if side else None, measure(picture.path)))
        desk.progress(0.9 * (number + 1) / len(pictures))
    chosen, left_out = choose(photos)
    return {
        "chosen": [
            _chosen_entry(photo.id, photo.name, entry.view.value, entry.view_from.value, photo.score, photo.reasons)
            for entry in chosen
            for photo in (entry.photo,)
        ],
        "left_out": [
            _left_out(entry.photo.id, entry.photo.name, entry.reason.value, entry.sentence, entry.photo.score)
            for entry in left_out
        ],
    }


def _decided(desk: Desk, sides: Mapping[str, Entry]) -> Entry:
    before = desk.settings["measured"] or {"chosen": [], "left_out": []}
    known = {entry["asset_id"]: entry for entry in (*before["chosen"], *before["left_out"])}
    chosen: list[Entry] = []
    left_out: list[Entry] = []
    for picture in desk.of(Role.WORKING):
        original = _original(picture)
        side, entry = sides[original], known.get(original)
        if side["use"]:
            chosen.append(_kept(picture, side["view"], entry))
        elif entry and "reason" in entry and not side["out"]:
            left_out.append(entry)
        else:
            sentence = side["reason"] or "A person left it out."
            left_out.append(_left_out(original, picture.name, side["out"] or "not_chosen", sentence, None))
    order = [view.value for view in CAPTURE_VIEWS]
    return {"chosen": sorted(chosen, key=lambda entry: order.index(entry["view"])), "left_out": left_out}


def _kept(picture: InputFile, view: str, entry: Entry | None) -> Entry:
    """A photo that a person keeps, or brought."""
    if entry and entry.get("view") == view:
        return entry
    score, reasons = (entry["score"], entry.get("reasons", [])) if entry else (None, [])
    return _chosen_entry(_original(picture), picture.name, view, "given", score, [*reasons, "A person says so."])


def _chosen_entry(
    asset_id: str, name: str, view: str, view_from: str, score: float | None, reasons: Sequence[str]
) -> Entry:
    return {
        "asset_id": asset_id,
        "name": name,
        "view": view,
        "view_from": view_from,
        "guessed": view_from in ("likeness", "order"),
        "score": score,
        "reasons": list(reasons),
    }


def _left_out(asset_id: str, name: str, reason: str, sentence: str, score: float | None) -> Entry:
    return {"asset_id": asset_id, "name": name, "reason": reason, "sentence": sentence, "score": score}


def _original(picture: InputFile) -> str:
    return picture.derived_from[0]


SPEC = StageSpec(
    stage=Stage.SELECTING,
    version="1",
    work=work,
    reads=(Role.WORKING,),
    limits=Limits(seconds=300, memory_bytes=2048 * MIB, cpu_seconds=300),
    settings=("sides", "measured"),
)
