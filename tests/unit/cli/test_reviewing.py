"""What the options of ``maquette jobs approve`` become, and what a review shows."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from rich.console import Console

from maquette.api.schemas.approvals import ReviewOut
from maquette.app.approvals import Action, Review
from maquette.cli.reviewing import Hints, Words, decide, show
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job
from maquette.domain.marks import Click, Stroke
from maquette.domain.projects import Project, ProjectKind

AT = datetime(2026, 1, 1, tzinfo=UTC)
LAMP = Project("prj_1", "local", ProjectKind.PRODUCT, "Lamp", AT, AT)
SENTENCE = "The lamp is cut off at the right edge. Step back or turn the camera until all of it is in."


def photo(side, flags=()):
    told = {"asset_id": f"ast_{side}", "name": f"chair-{side}", "view": side, "score": 0.5, "flags": list(flags)}
    return told | {"state": "open", "error": None, "cutout_id": "ast_c", "mask_id": None, "by": "", "at": None}


REVIEW = Review(
    Job("job_1", "local", "product_to_model", AT, AT, seq=7),
    "manual",
    True,
    (photo("front", ["cut_off:right"]), photo("left")),
    (),
    {"chosen": [], "left_out": []},
    LAMP,
)


def ruled(**words):
    given = []
    decided = SimpleNamespace(
        review=lambda *_: REVIEW, decide=lambda owner_id, job_id, ruling, by: given.append(ruling)
    )
    asyncio.run(decide(SimpleNamespace(approvals=decided), "job_1", Words(**words)))
    return {one.asset_id: one for one in given[0].photos}


def test_all_hints_on_a_photo_go_together_whatever_it_is_called():
    hints = Hints(
        box=["front=1,2,30,40"],
        include=["front=5,6", "left=9,9"],
        exclude=["chair-front.jpg=7,8"],
        brush=["ast_front=12:1,2 3,4.5"],
        erase=["front=3:8,8"],
    )
    told = ruled(hints=hints)
    front, left = told["ast_front"], told["ast_left"]
    assert (front.action, front.box) == (Action.REDO, (1, 2, 30, 40))
    assert front.marks.clicks == (Click(5, 6, True), Click(7, 8, False))
    assert front.marks.strokes == (Stroke(((1, 2), (3, 4.5)), 12, True), Stroke(((8, 8),), 3, False))
    assert (left.action, left.box, left.marks.clicks, left.marks.strokes) == (Action.REDO, None, (Click(9, 9),), ())


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("include", "front", "invalid_request"),
        ("include", "front=5", "invalid_request"),
        ("include", "top=5,6", "not_found"),
        ("brush", "front=1,2", "invalid_request"),
        ("brush", "front=12:", "invalid_request"),
        ("brush", "front=12:1,2,3", "invalid_request"),
        ("brush", "front=x:1,2", "invalid_request"),
        ("erase", "front=0:1,2", "invalid_marks"),
        ("erase", "front=4:-1,2", "invalid_marks"),
        ("erase", "front=nan:1,2", "invalid_marks"),
    ],
)
def test_what_is_no_hint_is_refused(kind, text, code):
    with pytest.raises(Refused) as refused:
        ruled(hints=Hints(**{kind: [text]}))
    assert refused.value.code == code


def test_flags_are_told_in_sentences():
    out, err = Console(record=True, width=300), Console(record=True, width=300)
    show(SimpleNamespace(out=out, err=err), REVIEW)
    text = out.export_text()
    assert SENTENCE in text
    assert "cut_off" not in text
    assert "--include PHOTO=X,Y" in err.export_text()


def test_flags_are_sent_with_their_sentences():
    front, left = ReviewOut.of(REVIEW).photos
    assert (front.flags, left.notes) == (["cut_off:right"], [])
    assert [f"{note.message} {note.hint}" for note in front.notes] == [SENTENCE]
