"""What ``maquette jobs review`` and ``maquette jobs approve`` do."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.markup import escape

from maquette.api.schemas.approvals import ReviewOut
from maquette.api.schemas.jobs import JobOut
from maquette.app.approvals import Action, Others, PhotoRuling, Review, Ruling
from maquette.bootstrap import Maquette, open_for_looking
from maquette.cli.options import parse_box, parse_marks
from maquette.cli.photos import Photo
from maquette.cli.screen import Screen, plain_table
from maquette.cli.steering import find_job
from maquette.cli.wording import flag_texts
from maquette.cli.work import take_in
from maquette.domain.assets import View
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job
from maquette.domain.projects import Project
from maquette.settings import Settings


@dataclass(frozen=True, slots=True)
class Hints:
    """Where objects are, each PHOTO=HINT: a photo with any of them is cut out again by all of its own."""

    box: Sequence[str] = ()
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    brush: Sequence[str] = ()
    erase: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """What the options of ``approve`` say, as given: PHOTO, or PHOTO and what becomes of it."""

    reject: Sequence[str] = ()
    redo: Sequence[str] = ()
    hints: Hints = Hints()
    replace: Sequence[str] = ()
    view: Sequence[str] = ()
    others_wait: bool = False


@dataclass
class _Rulings:
    """One ruling for each photo that was named."""

    review: Review
    found: dict[str, PhotoRuling] = field(default_factory=dict[str, PhotoRuling])

    def change(self, photo: str, **changes: Any) -> None:
        asset_id = _named(self.review, photo)
        known = self.found.get(asset_id, PhotoRuling(asset_id, Action.VIEW))
        self.found[asset_id] = replace(known, **changes)

    def hint(self, hints: Hints) -> None:
        """Each hinted photo is cut out again by all that is said of it."""
        for text in hints.box:
            photo, box = _pair(text, "--box PHOTO=X,Y,WIDTH,HEIGHT")
            area = parse_box(box)
            self.change(photo, action=Action.REDO, box=(area.x, area.y, area.width, area.height))
        kinds = {
            "--include PHOTO=X,Y": hints.include,
            "--exclude PHOTO=X,Y": hints.exclude,
            '--brush "PHOTO=R:X,Y X,Y"': hints.brush,
            '--erase "PHOTO=R:X,Y X,Y"': hints.erase,
        }
        told = {form: [self._pair(text, form) for text in texts] for form, texts in kinds.items()}
        for photo in dict.fromkeys(photo for pairs in told.values() for photo, _ in pairs):
            marks = parse_marks(*([text for one, text in pairs if one == photo] for pairs in told.values()))
            self.change(photo, action=Action.REDO, marks=marks)

    def _pair(self, text: str, form: str) -> tuple[str, str]:
        """The photo's id and what is said: a photo has several names."""
        photo, said = _pair(text, form)
        return _named(self.review, photo), said


def review_job(settings: Settings, screen: Screen, wanted: str) -> None:
    """Shows the cut-outs that there are to approve."""

    async def work() -> None:
        async with open_for_looking(settings) as house:
            review = house.approvals.review(LOCAL_OWNER, find_job(house, wanted).id)
            if screen.as_json:
                screen.document(ReviewOut.of(review).model_dump(mode="json"))
            else:
                show(screen, review)

    asyncio.run(work())


def approve_job(settings: Settings, screen: Screen, wanted: str, words: Words) -> None:
    """Decides, and says how the job goes on."""

    async def work() -> None:
        async with open_for_looking(settings, steering=True) as house:
            job = await decide(house, find_job(house, wanted).id, words)
            if screen.as_json:
                screen.document(JobOut.of(job, None, house.jobs.elapsed_ms(job)).model_dump(mode="json"))
                return
            screen.out.print(f"{job.id} goes on.")
            screen.note(f"It runs while `maquette serve` does, or with: maquette jobs watch {job.id}")

    asyncio.run(work())


def show(screen: Screen, review: Review) -> None:
    """The chosen photos with what speaks for them, their cut-outs, and the photos left out."""
    known = {entry["asset_id"]: entry for entry in review.selection["chosen"]}
    table = plain_table("side", "photo", "score", "cut-out", "")
    for photo in review.photos:
        chosen = known.get(photo["asset_id"], {})
        side = f"{photo['view']}{_DOUBT.get(chosen.get('view_from', ''), '')}"
        score = "-" if photo["score"] is None else f"{photo['score']:.2f}"
        table.add_row(side, escape(str(photo["name"])), score, _state(photo), escape(_remark(photo, review.project)))
    screen.out.print(table)
    for entry in review.selection["left_out"]:
        screen.err.print(f"[dim]Left out: {escape(entry['name'])}. {escape(entry['sentence'])}[/dim]")
    if review.is_open:
        options = "[--reject PHOTO:REASON] [--box PHOTO=X,Y,W,H] [--include PHOTO=X,Y]"
        hint = f"maquette jobs approve {review.job.id} {options}"
        screen.err.print(f"\nThe job waits for you ({escape(review.rule)}). [bold]Try:[/bold] {escape(hint)}")


_DOUBT = {"likeness": " (guessed)", "order": " (guessed)"}


def _state(photo: Mapping[str, Any]) -> str:
    colours = {"approved": "green", "passed": "green", "open": "magenta", "failed": "red"}
    return f"[{colours[photo['state']]}]{photo['state']}[/]"


def _remark(photo: Mapping[str, Any], project: Project | None) -> str:
    error = photo["error"]
    return f"{error['message']}. {error['hint']}" if error else " ".join(flag_texts(photo["flags"], project))


async def decide(house: Maquette, job_id: str, words: Words) -> Job:
    """Carries out what the options say. Raises as ``Approvals.decide``, and ``not_found`` for an unknown photo."""
    review = house.approvals.review(LOCAL_OWNER, job_id)
    told = _Rulings(review)
    for text in words.reject:
        photo, _, reason = text.partition(":")
        told.change(photo, action=Action.REJECT, reason=reason.strip())
    for photo in words.redo:
        told.change(photo, action=Action.REDO)
    told.hint(words.hints)
    for text in words.view:
        photo, side = _pair(text, "--view PHOTO=SIDE")
        told.change(photo, view=_side(side))
    for text in words.replace:
        photo, path = _pair(text, "--replace PHOTO=FILE")
        _named(review, photo)
        given = await take_in(house, Photo(Path(path).expanduser()))
        told.change(photo, action=Action.REPLACE, replacement=given.asset_id)
    others = Others.WAIT if words.others_wait else Others.APPROVE
    ruling = Ruling(tuple(told.found.values()), others, review.job.seq)
    return await asyncio.to_thread(house.approvals.decide, LOCAL_OWNER, job_id, ruling, LOCAL_OWNER)


def _named(review: Review, photo: str) -> str:
    """The photo of that side, name or id. Raises ``not_found``."""
    stem = Path(photo).stem
    for entry in review.photos:
        if photo in (entry["asset_id"], entry["view"], entry["name"]) or stem == entry["name"]:
            return str(entry["asset_id"])
    names = ", ".join(f"{entry['view']} ({entry['name']})" for entry in review.photos) or "none yet"
    raise Refused("not_found", f"The job has no cut-out of {photo!r}.", f"Name one of: {names}.")


def _pair(text: str, form: str) -> tuple[str, str]:
    photo, sign, value = text.partition("=")
    if not sign or not photo or not value:
        raise Refused("invalid_request", f"{text!r} is not complete.", f"Write {form}.")
    return photo, value


def _side(text: str) -> View:
    try:
        return View(text)
    except ValueError:
        raise Refused("invalid_request", f"There is no side {text!r}.", f"One of: {', '.join(View)}.") from None
