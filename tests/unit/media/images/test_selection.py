"""Which photos are chosen, from where they are seen, and the words that say why."""

import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from maquette.domain.assets import View
from maquette.media.images.facing import mirrored_likeness
from maquette.media.images.likeness import measure
from maquette.media.images.selection import Candidate, From, Out, choose

SIZE = (480, 400)


def photo(folder: Path, name: str, shape: str, **changes) -> Path:
    """A thing before a plain ground whose outline leans, as a jug's does: each ``shape`` is another side of it."""
    outline, colour = {
        "front": ([(150, 340), (150, 140), (60, 120), (330, 60), (330, 340)], "navy"),
        "back": ([(330, 340), (330, 140), (420, 120), (150, 60), (150, 340)], "teal"),
        "left": ([(215, 340), (150, 150), (250, 60), (265, 340)], "maroon"),
        "right": ([(265, 340), (330, 150), (230, 60), (215, 340)], "purple"),
    }[shape]
    shift = changes.get("shift", 0)
    image, inside = Image.new("RGB", SIZE, (232, 232, 228)), Image.new("L", SIZE)
    ImageDraw.Draw(inside).polygon([(x + shift, y) for x, y in outline], fill=255)
    painted, pattern = Image.new("RGB", SIZE, colour), random.Random(shape)
    for _ in range(40):
        x, y, size = 150 + pattern.randrange(180) + shift, 60 + pattern.randrange(270), 5 + pattern.randrange(12)
        speck = pattern.choice(("gold", "white", "tomato", "black"))
        ImageDraw.Draw(painted).rectangle((x, y, x + size, y + 20 - size), fill=speck)
    image.paste(painted, mask=inside)
    if changes.get("blur"):
        image = image.filter(ImageFilter.GaussianBlur(changes["blur"]))
    path = folder / f"{name}.png"
    image.save(path)
    return path


def candidate(folder: Path, name: str, shape: str, view: View | None = None, **changes) -> Candidate:
    return Candidate(name, name, view, measure(photo(folder, name, shape, **changes)))


def chosen(photos: list[Candidate]) -> dict[str, tuple[str, From]]:
    return {entry.view.value: (entry.photo.id, entry.view_from) for entry in choose(photos)[0]}


def left_out(photos: list[Candidate]) -> dict[str, Out]:
    return {entry.photo.id: entry.reason for entry in choose(photos)[1]}


def test_the_caller_is_believed_before_the_name(tmp_path):
    photos = [candidate(tmp_path, "jug-left", "front", View.FRONT), candidate(tmp_path, "jug-back", "back")]
    assert chosen(photos) == {"front": ("jug-left", From.GIVEN), "back": ("jug-back", From.NAME)}


def test_of_two_of_one_side_the_better_is_taken_and_the_other_told_why(tmp_path):
    photos = [
        candidate(tmp_path, "one", "front", View.FRONT, blur=3),
        candidate(tmp_path, "two", "front", View.FRONT),
        candidate(tmp_path, "three", "left", View.LEFT),
    ]
    assert chosen(photos) == {"front": ("two", From.GIVEN), "left": ("three", From.GIVEN)}
    (out,) = choose(photos)[1]
    assert (out.photo.id, out.reason) == ("one", Out.NEAR_DUPLICATE)
    assert "two, which is sharper" in out.sentence


def test_photos_that_are_said_to_show_different_sides_are_no_duplicates_however_alike(tmp_path):
    photos = [candidate(tmp_path, f"vase-{view}", "front") for view in ("front", "left", "right", "back")]
    assert len(chosen(photos)) == 4
    assert left_out(photos) == {}


def test_without_names_the_same_photo_again_is_left_out(tmp_path):
    photos = [
        candidate(tmp_path, "IMG_1", "front"),
        candidate(tmp_path, "IMG_2", "front", blur=2),
        candidate(tmp_path, "IMG_3", "left"),
    ]
    assert left_out(photos) == {"IMG_2": Out.NEAR_DUPLICATE}
    assert chosen(photos) == {"front": ("IMG_1", From.ORDER), "left": ("IMG_3", From.ORDER)}


@pytest.mark.parametrize("order", [("front", "back", "left", "right"), ("front", "left", "back", "right")])
def test_the_back_is_found_by_its_mirrored_outline_whatever_the_order(tmp_path, order):
    photos = [candidate(tmp_path, f"IMG_{shape}x", shape) for shape in order]
    found = chosen(photos)
    assert found["front"] == ("IMG_frontx", From.ORDER)
    assert found["back"] == ("IMG_backx", From.LIKENESS)
    front, back = (next(p for p in photos if side in p.name).measure.descriptor for side in ("front", "back"))
    left = next(p for p in photos if "left" in p.name).measure.descriptor
    assert mirrored_likeness(front, back) > mirrored_likeness(front, left) + 0.1


def test_details_and_corners_are_no_sides(tmp_path):
    photos = [
        candidate(tmp_path, "jug-front", "front"),
        candidate(tmp_path, "jug-detail", "left"),
        candidate(tmp_path, "jug", "right", View.TOP),
    ]
    assert left_out(photos) == {"jug-detail": Out.NOT_A_SIDE, "jug": Out.NOT_A_SIDE}


def test_a_name_that_says_side_takes_the_side_that_is_free(tmp_path):
    photos = [candidate(tmp_path, "jug-side", "right"), candidate(tmp_path, "jug-left", "left")]
    assert chosen(photos) == {"left": ("jug-left", From.NAME), "right": ("jug-side", From.ORDER)}


def test_what_runs_out_of_the_picture_yields(tmp_path):
    whole = candidate(tmp_path, "whole", "left", View.LEFT)
    cut = candidate(tmp_path, "cut", "right", View.LEFT, shift=190)
    assert cut.measure.cut_off
    assert chosen([cut, whole]) == {"left": ("whole", From.GIVEN)}
    (out,) = choose([cut, whole])[1]
    assert (out.reason, "shows the whole object" in out.sentence) == (Out.SAME_VIEW, True)


def test_every_photo_is_either_chosen_or_left_out_and_says_why(tmp_path):
    shapes = ("front", "left", "right", "back", "front", "left", "back")
    photos = [candidate(tmp_path, f"IMG_{n:02}", shape, blur=n % 3) for n, shape in enumerate(shapes)]
    taken, rest = choose(photos)
    assert sorted([entry.photo.id for entry in taken] + [entry.photo.id for entry in rest]) == [p.id for p in photos]
    assert 1 <= len(taken) <= 4
    assert all(entry.photo.reasons and 0 <= entry.photo.score <= 1 for entry in taken)
    assert all(entry.sentence.endswith(".") for entry in rest)
