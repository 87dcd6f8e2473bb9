"""Approval on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.api.schemas.assets import NoteOut
from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.api.schemas.jobs import ErrorOut, Id, MarksIn, Pixels
from maquette.app.approvals import Action, Others, PhotoRuling, Review, Ruling
from maquette.domain.approvals import MAX_REASON, Verdict
from maquette.domain.assets import View
from maquette.domain.projects import Project


class PhotoRulingIn(Asked):
    """What becomes of one photo, named by the `asset_id` of the job's input.

    `reject` leaves it out, with a `reason`; `redo` cuts it out again by `box` (x, y, width, height in pixels) and
    `marks`; `replace` takes the `replacement`, an uploaded photo or one of the job's that was not chosen; `view`
    corrects which side it shows, as `view` may beside the others too.
    """

    asset_id: Id
    verdict: Action
    reason: Annotated[str, Field(max_length=MAX_REASON)] = ""
    view: View | None = None
    box: tuple[Pixels, Pixels, Pixels, Pixels] | None = None
    marks: MarksIn | None = None
    replacement: Id | None = None

    def ruling(self) -> PhotoRuling:
        """As the use case takes it."""
        marks = self.marks.stored() if self.marks else None
        told = (self.asset_id, self.verdict, self.reason, self.view, self.box, marks, self.replacement)
        return PhotoRuling(*told)


class ApproveIn(Asked):
    """A decision about all cut-outs of a job: those that `photos` does not name are approved, or `wait` on.

    With `seq` it counts only if the job has not moved since. Without a body everything is approved.
    """

    photos: Annotated[list[PhotoRulingIn], Field(max_length=100)] = Field(default=[])
    others: Others = Others.APPROVE
    seq: Annotated[int, Field(strict=True, ge=1)] | None = None

    def ruling(self) -> Ruling:
        """As the use case takes it."""
        return Ruling(tuple(photo.ruling() for photo in self.photos), self.others, self.seq)


class ReviewedOut(Answer):
    """One cut-out to look at.

    `state`: `approved` by a person, `passed` by its score, `open` to be decided, `failed` and gone without.
    `guessed` tells that nobody said which side the photo shows. `notes` are the flags in words.
    """

    asset_id: str
    name: str
    view: View | None
    guessed: bool
    photo_url: str
    cutout_id: str | None
    cutout_url: str | None
    mask_url: str | None
    score: float | None
    flags: list[str]
    notes: list[NoteOut]
    state: Literal["approved", "passed", "open", "failed"]
    by: str
    at: Instant | None
    error: ErrorOut | None


class LeftOutOut(Answer):
    """A photo that a person took out, and why."""

    asset_id: str
    verdict: Verdict
    reason: str
    by: str
    at: Instant | None


class ChosenOut(Answer):
    """A photo that was chosen, and what speaks for it. `view_from`: given, name, likeness or order."""

    asset_id: str
    name: str
    view: View
    view_from: str
    guessed: bool
    score: float | None
    reasons: list[str]


class NotChosenOut(Answer):
    """A photo that was not chosen: a code, and a sentence for people."""

    asset_id: str
    name: str
    reason: str
    sentence: str
    score: float | None


class SelectionOut(Answer):
    """Which photos are used."""

    chosen: list[ChosenOut]
    left_out: list[NotChosenOut]


class ReviewOut(Answer):
    """What there is to approve. `is_open`: the job waits for a decision now, at `seq`."""

    job_id: str
    seq: int
    rule: str
    is_open: bool
    photos: list[ReviewedOut]
    left_out: list[LeftOutOut]
    selection: SelectionOut

    @classmethod
    def of(cls, review: Review) -> "ReviewOut":
        """As the job's owner sees it."""
        guessed = {entry["asset_id"] for entry in review.selection["chosen"] if entry["guessed"]}
        selection = {name: review.selection[name] for name in SelectionOut.model_fields}
        return cls(
            job_id=review.job.id,
            seq=review.job.seq,
            rule=review.rule,
            is_open=review.is_open,
            photos=[_photo(photo, guessed, review.project) for photo in review.photos],
            left_out=[LeftOutOut.model_validate(entry) for entry in review.left_out],
            selection=SelectionOut.model_validate(selection),
        )


def _photo(photo: Mapping[str, Any], guessed: set[str], project: Project | None) -> ReviewedOut:
    error = photo["error"]
    told = {name: value for name, value in photo.items() if name in ReviewedOut.model_fields}
    return ReviewedOut.model_validate(
        told
        | {
            "guessed": photo["asset_id"] in guessed,
            "notes": NoteOut.all_of(photo["flags"], project),
            "photo_url": _url(photo["asset_id"]),
            "cutout_url": _url(photo["cutout_id"]),
            "mask_url": _url(photo["mask_id"]),
            "error": error and {name: error[name] for name in ("code", "message", "hint")} | {"retryable": False},
        }
    )


def _url(asset_id: str | None) -> str | None:
    return asset_id and f"/api/v1/assets/{asset_id}/content"
