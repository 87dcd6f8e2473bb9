"""What a person says of a job's cut-outs, and what it makes of the job's inputs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from maquette.domain.approvals import MAX_REASON, OUT, Decision, Verdict
from maquette.domain.assets import CAPTURE_VIEWS, Asset, Role, View
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job, JobInput
from maquette.domain.marks import Marks
from maquette.domain.projects import Project
from maquette.ports.clock import Clock
from maquette.ports.stores import Transaction


class Action(StrEnum):
    """What a person wants of one photo."""

    APPROVE = "approve"
    REJECT = "reject"
    REDO = "redo"
    """Cut it out again, with the given box and marks instead of those before."""
    REPLACE = "replace"
    """Take another photo of the same side."""
    VIEW = "view"
    """It shows another side; of its cut-out this says nothing."""


class Others(StrEnum):
    """What becomes of the photos that a ruling does not name."""

    APPROVE = "approve"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class PhotoRuling:
    """What a person says of one photo, named by the ``asset_id`` of the job's input.

    ``view`` may come with every action but a rejection. ``replacement`` is an uploaded photo, or one of the job's that
    was not chosen.
    """

    asset_id: str
    action: Action
    reason: str = ""
    view: View | None = None
    box: tuple[float, float, float, float] | None = None
    marks: Marks | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person says at one time. Without photos it approves all. ``seq`` is the state that the person saw."""

    photos: tuple[PhotoRuling, ...] = ()
    others: Others = Others.APPROVE
    seq: int | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same ruling."""
        told = asdict(self) | {"photos": [asdict(photo) for photo in self.photos]}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Review:
    """What there is to decide. ``photos`` are entries of ``stages.approving``, ``selection`` is that of ``selecting``.

    ``photos`` is empty before the stage was reached. ``is_open``: the job waits for a person now. ``project`` is the
    job's: it names the thing that flags are told of.
    """

    job: Job
    rule: str
    is_open: bool
    photos: tuple[Mapping[str, Any], ...]
    left_out: tuple[Mapping[str, Any], ...]
    selection: Mapping[str, Any]
    project: Project | None = None


class Table:
    """The job's inputs while a ruling is carried out on them."""

    def __init__(self, tx: Transaction, job: Job, review: Review, by: str, clock: Clock) -> None:
        self._tx = tx
        self._job = job
        self._by = by
        self._at = clock.now()
        self._given = {given.asset_id: given for given in job.inputs}
        self._photos = {str(photo["asset_id"]): photo for photo in review.photos}
        self._told: list[dict[str, Any]] = []
        for asset_id, photo in self._photos.items():
            self._settle(asset_id, photo)

    @property
    def inputs(self) -> tuple[JobInput, ...]:
        return tuple(self._given.values())

    def rule(self, ruling: Ruling) -> list[dict[str, Any]]:
        """Carries everything out; what was done, one line for each photo."""
        named = [photo.asset_id for photo in ruling.photos]
        if len(set(named)) < len(named):
            raise Refused("invalid_request", "A photo is named twice.", "Say one thing of each photo.")
        for photo in ruling.photos:
            self._rule_one(photo)
        untouched = [asset_id for asset_id in self._photos if asset_id not in named]
        views = [photo.asset_id for photo in ruling.photos if photo.action is Action.VIEW]
        if ruling.others is Others.APPROVE:
            for asset_id in (*untouched, *views):
                self._approve_or_leave(asset_id)
        self._check()
        return self._told

    def _rule_one(self, ruling: PhotoRuling) -> None:
        if ruling.asset_id not in self._photos:
            raise self._unknown(ruling.asset_id)
        if len(ruling.reason) > MAX_REASON:
            raise Refused("invalid_request", f"A reason has at most {MAX_REASON} characters.")
        match ruling.action:
            case Action.APPROVE:
                self._turn(ruling)
                self._approve(ruling.asset_id)
            case Action.REJECT:
                self._reject(ruling)
            case Action.REDO:
                self._redo(ruling)
            case Action.REPLACE:
                self._replace(ruling)
            case Action.VIEW:
                if ruling.view is None:
                    raise Refused("invalid_request", "Which side does it show?", _name_view())
                self._turn(ruling)

    def _settle(self, asset_id: str, photo: Mapping[str, Any]) -> None:
        """From now on the choice of photos stands: what a person has looked at is not weighed again."""
        given = self._given[asset_id]
        view = View(photo["view"]) if photo["view"] else given.view
        self._given[asset_id] = replace(given, view=view, decision=given.decision or Decision(Verdict.CHOSEN))

    def _approve_or_leave(self, asset_id: str) -> None:
        """Approving everything cannot approve what is not there: such a photo is left out."""
        if self._photos[asset_id]["cutout_id"]:
            self._approve(asset_id)
        else:
            self._reject(PhotoRuling(asset_id, Action.REJECT, "It could not be cut out."))

    def _approve(self, asset_id: str) -> None:
        photo, known = self._photos[asset_id], self._given[asset_id].decision
        if not photo["cutout_id"]:
            hint = "Reject it, replace it, or redo it with a box or marks."
            raise Refused("invalid_request", f"The photo {photo['name']} has no cut-out to approve.", hint)
        if known and known.verdict is Verdict.APPROVED and known.cutout == photo["sha256"]:
            return
        self._decide(asset_id, Verdict.APPROVED, "", str(photo["sha256"]))
        self._tell(asset_id, Action.APPROVE, "")

    def _reject(self, ruling: PhotoRuling) -> None:
        self._decide(ruling.asset_id, Verdict.REJECTED, ruling.reason)
        self._tell(ruling.asset_id, Action.REJECT, ruling.reason)

    def _redo(self, ruling: PhotoRuling) -> None:
        given = self._given[ruling.asset_id]
        again = replace(given, box=ruling.box, marks=ruling.marks or Marks())
        if (again.box, again.marks) == (given.box, given.marks):
            hint = "Give a box around the object, or marks: what was said before would give the same cut-out again."
            raise Refused("invalid_request", "Nothing would change.", hint)
        self._given[ruling.asset_id] = again
        self._turn(ruling)
        self._decide(ruling.asset_id, Verdict.CHOSEN, ruling.reason)
        self._tell(ruling.asset_id, Action.REDO, ruling.reason)

    def _replace(self, ruling: PhotoRuling) -> None:
        old = self._given[ruling.asset_id]
        asset = self._replacement(ruling)
        view = ruling.view or old.view
        known = self._given.get(asset.id, JobInput(asset.id))
        self._given[asset.id] = replace(
            known, view=view, box=ruling.box or known.box, marks=ruling.marks or known.marks
        )
        self._given = _moved_behind(self._given, asset.id, old.asset_id)
        self._decide(asset.id, Verdict.CHOSEN, ruling.reason)
        self._decide(old.asset_id, Verdict.REPLACED, ruling.reason)
        self._tell(ruling.asset_id, Action.REPLACE, ruling.reason, replacement=asset.id)

    def _replacement(self, ruling: PhotoRuling) -> Asset:
        if ruling.replacement is None:
            raise Refused("invalid_request", "No photo is named to take its place.", "Give `replacement`: an asset.")
        asset = self._tx.assets.get(ruling.replacement, self._job.owner_id)
        if asset is None:
            raise Refused("not_found", "There is no such replacement.", "Upload it first, then give its asset_id.")
        if asset.role is not Role.ORIGINAL or not asset.media_type.startswith("image/"):
            raise Refused("not_an_image", "The replacement is not a photo that was uploaded.")
        if asset.id in self._photos or self._is_out(asset.id):
            hint = "Take one that the job does not use."
            raise Refused("invalid_request", "The replacement is a photo of this job already.", hint)
        return asset

    def _turn(self, ruling: PhotoRuling) -> None:
        given = self._given[ruling.asset_id]
        if ruling.view is None or ruling.view is given.view:
            return
        if ruling.view not in CAPTURE_VIEWS:
            raise Refused("invalid_request", f"A model is not made from the {ruling.view}.", _name_view())
        self._given[ruling.asset_id] = replace(given, view=ruling.view)
        self._tell(ruling.asset_id, Action.VIEW, "", view=ruling.view.value)

    def _decide(self, asset_id: str, verdict: Verdict, reason: str, cutout: str = "") -> None:
        decision = Decision(verdict, cutout, reason, self._by, self._at)
        self._given[asset_id] = replace(self._given[asset_id], decision=decision)

    def _tell(self, asset_id: str, action: Action, reason: str, **more: str) -> None:
        photo = self._photos[asset_id]
        line = {"asset_id": asset_id, "name": photo["name"], "action": action.value, "reason": reason, **more}
        self._told.append(line | {"cutout_id": photo["cutout_id"]})

    def _check(self) -> None:
        used = [given for given in self.inputs if given.decision and given.decision.verdict not in OUT]
        views = [given.view for given in used]
        for view in views:
            if views.count(view) > 1:
                hint = "Correct the other one's view in the same request, or reject it."
                raise Refused("duplicate_view", f"Two photos would show the {view}.", hint)
        if len(self._given) > MAX_INPUTS:
            raise Refused("too_many_photos", "This job has had too many photos.", "Start another one.")

    def _is_out(self, asset_id: str) -> bool:
        given = self._given.get(asset_id)
        return given is not None and given.decision is not None and given.decision.verdict in OUT

    def _unknown(self, asset_id: str) -> Refused:
        if asset_id in self._given:
            hint = "To use it, replace one of the others by it."
            return Refused("invalid_request", f"The photo {asset_id} has no cut-out here: it is not used.", hint)
        return Refused("not_found", f"The job has no photo {asset_id}.", "Name the asset_id of one of its inputs.")


def _moved_behind(given: Mapping[str, JobInput], moved: str, place: str) -> dict[str, JobInput]:
    ordered = [name for name in given if name != moved]
    ordered.insert(ordered.index(place) + 1, moved)
    return {name: given[name] for name in ordered}


MAX_INPUTS = 100
"""Photos of one job, those that were replaced included."""


def _name_view() -> str:
    return f"Name the view: {', '.join(CAPTURE_VIEWS)}."
