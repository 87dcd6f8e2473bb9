"""Which photos are meant, and which side each shows."""

from pathlib import Path

import pytest

from maquette.cli.photos import capture_set, expand, view_in
from maquette.domain.assets import View
from maquette.domain.errors import Refused
from maquette.ports.engines import Box


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("front.jpg", "chair-left.png", "chair_right.webp", "chairBack2.JPG", "chair.jpg", "notes.txt"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("front.jpg", View.FRONT),
        ("FRONT.JPG", View.FRONT),
        ("photo_front.jpg", View.FRONT),
        ("chair-left.png", View.LEFT),
        ("left2.png", View.LEFT),
        ("chairRight.heic", View.RIGHT),
        ("IMG 0042 back.jpeg", View.BACK),
        ("chair-top.jpg", View.TOP),
        ("bottom.png", View.BOTTOM),
        ("table_top_front.jpg", View.FRONT),
        ("background.jpg", None),
        ("frontier.jpg", None),
        ("leftover.png", None),
        ("side.jpg", None),
        ("chair.front.jpg", View.FRONT),
        ("IMG_1234.jpg", None),
    ],
)
def test_the_name_tells_the_side_in_clear_words_only(name: str, view: View | None) -> None:
    assert view_in(name) is view


def test_a_name_that_tells_two_sides_is_refused() -> None:
    with pytest.raises(Refused, match="both front and left"):
        view_in("front_left.jpg")


def views(*names: str, boxes: tuple[str, ...] = (), **told: str) -> list[tuple[str | None, str]]:
    sides = {View(side): name for side, name in told.items()}
    return [(photo.view, photo.path.name) for photo in capture_set(names, sides, boxes)]


def test_photos_come_in_the_order_of_the_sides(here: Path) -> None:
    assert views("chairBack2.JPG", "chair_right.webp", "front.jpg", "chair-left.png") == [
        (View.FRONT, "front.jpg"),
        (View.LEFT, "chair-left.png"),
        (View.RIGHT, "chair_right.webp"),
        (View.BACK, "chairBack2.JPG"),
    ]


def test_an_option_wins_over_the_name(here: Path) -> None:
    assert views("chair-left.png", front="chair.jpg") == [(View.FRONT, "chair.jpg"), (View.LEFT, "chair-left.png")]
    assert views(left="front.jpg") == [(View.LEFT, "front.jpg")]


def test_a_single_photo_without_a_side_is_the_front(here: Path) -> None:
    assert views("chair.jpg") == [(View.FRONT, "chair.jpg")]
    assert views("chair-left.png") == [(View.LEFT, "chair-left.png")]


@pytest.mark.parametrize(
    ("names", "told", "code"),
    [
        ((), {}, "no_photo"),
        (("none.jpg",), {}, "file_missing"),
        (("*.tiff",), {}, "file_missing"),
        (("chair.jpg", "front.jpg"), {}, "view_missing"),
        (("front.jpg",), {"front": "chair.jpg"}, "duplicate_view"),
    ],
)
def test_what_is_unclear_is_refused(here: Path, names: tuple[str, ...], told: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        views(*names, **told)
    assert refused.value.code == code
    assert refused.value.hint


def test_folders_and_patterns_name_pictures_once(here: Path) -> None:
    names = [path.name for path in expand([".", "chair*", str(here / "front.jpg")])]
    assert names == ["chair-left.png", "chair.jpg", "chairBack2.JPG", "chair_right.webp", "front.jpg"]
    assert [path.name for path in expand([str(here / "*.txt")])] == ["notes.txt"]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        expand([str(tmp_path)])
    assert refused.value.code == "no_photo"


def test_boxes_find_their_photo(here: Path) -> None:
    (only,) = capture_set(["chair.jpg"], {}, ["1,2,3,4.5"])
    assert only.box == Box(1, 2, 3, 4.5)
    front, left = capture_set(["front.jpg", "chair-left.png"], {}, ["left=1,2,3,4"])
    assert (front.box, left.box) == (None, Box(1, 2, 3, 4))


@pytest.mark.parametrize(
    "box", ["1,2,3", "a,b,c,d", "1,2,0,4", "-1,2,3,4", "1,2,inf,4", "1,2,nan,4", "left=1,2,3,4", ""]
)
def test_a_bad_box_is_refused(here: Path, box: str) -> None:
    with pytest.raises(Refused) as refused:
        capture_set(["chair.jpg"], {}, [box])
    assert refused.value.code == "invalid_request"


def test_a_box_for_one_of_several_photos_names_it(here: Path) -> None:
    with pytest.raises(Refused, match="not clear which photo"):
        capture_set(["front.jpg", "chair-left.png"], {}, ["1,2,3,4"])
