"""Lets cut-outs through: by a person's word, by their score, or not yet."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from maquette.domain.approvals import OUT, Decision, Rule, Verdict
from maquette.domain.assets import Role
from maquette.domain.errors import CODES, Permanent
from maquette.domain.states import Stage, WaitingFor
from maquette.pipelines.stage import MIB, Desk, InputFile, Produced, StageSpec
from maquette.ports.processes import Kind, Limits

Entry = dict[str, Any]
APPROVED, PASSED, OPEN, FAILED = "approved", "passed", "open", "failed"
"""What may become of a photo here: let through by a person or by its score, to be decided, given up."""


def work(desk: Desk) -> Produced:
    """Under ``approval`` the rule and each photo with its cut-out's score and state; ``waiting_for`` where one is open.

    Raises ``nothing_approved``, or what the first cut-out failed with, when no cut-out is left.
    """
    rule = Rule.of(desk.settings["approve"])
    decisions = {key: Decision.of(value) for key, value in desk.settings["decisions"].items()}
    failures = {entry["asset_id"]: entry for entry in desk.settings["failures"]}
    photos = [_photo(desk, picture, rule, decisions, failures) for picture in desk.of(Role.WORKING)]
    desk.progress(1.0)
    approval = {"rule": str(rule), "photos": photos, "left_out": _left_out(decisions)}
    if any(photo["state"] == OPEN for photo in photos):
        return Produced(data={"approval": approval, "waiting_for": WaitingFor.APPROVAL.value})
    if not any(photo["cutout_id"] for photo in photos):
        raise _nothing(photos)
    return Produced(data={"approval": approval})


def _photo(
    desk: Desk,
    picture: InputFile,
    rule: Rule,
    decisions: Mapping[str, Decision | None],
    failures: Mapping[str, Entry],
) -> Entry:
    original = picture.derived_from[0]
    cutout, mask = (_made_from(desk, role, original) for role in (Role.CUTOUT, Role.MASK))
    digest = _sha256(cutout) if cutout else ""
    quality = cutout.quality if cutout else None
    decision, score = decisions.get(original), quality.score if quality else None
    approved = bool(digest) and decision is not None and _approves(decision, digest)
    return {
        "asset_id": original,
        "name": picture.name,
        "view": picture.view and picture.view.value,
        "cutout_id": cutout and cutout.asset_id,
        "mask_id": mask and mask.asset_id,
        "sha256": digest,
        "score": score,
        "flags": list(quality.flags) if quality else [],
        "state": _state(rule, score, approved, bool(digest)),
        "by": decision.by if approved and decision else "",
        "at": decision.at.isoformat() if approved and decision and decision.at else None,
        "error": None if digest else failures.get(original, _UNKNOWN),
    }


def _approves(decision: Decision, digest: str) -> bool:
    return decision.verdict is Verdict.APPROVED and decision.cutout == digest


def _state(rule: Rule, score: float | None, approved: bool, is_cut: bool) -> str:
    if approved:
        return APPROVED
    if rule.asks_nobody:
        return PASSED if is_cut else FAILED
    return PASSED if is_cut and rule.passes(score) else OPEN


def _made_from(desk: Desk, role: Role, original: str) -> InputFile | None:
    return next((file for file in desk.of(role) if original in file.derived_from), None)


def _left_out(decisions: Mapping[str, Decision | None]) -> list[Entry]:
    """What persons took out, and why: the report keeps it."""
    return [
        {"asset_id": key, **{name: value for name, value in decision.document().items() if name != "cutout"}}
        for key, decision in decisions.items()
        if decision and decision.verdict in OUT
    ]


def _nothing(photos: Sequence[Entry]) -> Permanent:
    error = photos[0]["error"] if photos else None
    if error and error["code"] in CODES:
        return Permanent(error["code"], error["message"], error["hint"])
    return Permanent("nothing_approved")


def _sha256(file: InputFile) -> str:
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_UNKNOWN = {"code": "no_subject", "message": CODES["no_subject"].title, "hint": CODES["no_subject"].hint}

SPEC = StageSpec(
    stage=Stage.APPROVING,
    version="1",
    work=work,
    reads=(Role.WORKING, Role.CUTOUT, Role.MASK),
    limits=Limits(seconds=60, memory_bytes=300 * MIB, cpu_seconds=30),
    settings=("approve", "decisions", "failures"),
    kind=Kind.DECODE,
)
