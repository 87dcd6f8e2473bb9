"""A drawn disc over a plain ground, whose colours are known exactly."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from maquette.engines.grabcut.matte import refine

Bytes = npt.NDArray[np.uint8]
_SIZE, _RADIUS = 240, 80


def _disc(own: tuple[int, int, int], ground: tuple[int, int, int], grown: float) -> tuple[Bytes, Bytes, Bytes]:
    """Alpha and colours as refined from a mask at half size, of which the disc is ``grown`` pixels too large."""
    rows, columns = np.indices((_SIZE, _SIZE))
    distance = np.hypot(rows - _SIZE / 2, columns - _SIZE / 2)
    share = np.clip((_RADIUS - distance) / 3 + 0.5, 0, 1)[..., None]
    photo = np.rint(np.array(own) * share + np.array(ground) * (1 - share)).astype(np.uint8)
    mask = cv2.resize((distance < _RADIUS + grown).astype(np.uint8), (_SIZE // 2, _SIZE // 2)) > 0
    return photo, *refine(photo, mask)


@pytest.mark.parametrize(
    ("own", "ground"),
    [((60, 30, 20), (245, 245, 240)), ((230, 220, 60), (15, 15, 20)), ((40, 90, 170), (150, 150, 150))],
    ids=["dark on white", "bright on black", "blue on grey"],
)
def test_what_shows_along_the_edge_is_the_objects(own: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    photo, alpha, colours = _disc(own, ground, grown=2.0)
    edge = cv2.morphologyEx((alpha > 127).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8)) > 0
    seen = edge & (alpha > 0)

    def wrong(picture: Bytes) -> float:
        return float(np.average(np.abs(picture[seen] - np.array(own)).mean(-1), weights=alpha[seen]))

    assert wrong(colours) < 0.33 * wrong(photo)


def test_no_more_of_a_bright_ground_is_taken_out_than_there_was() -> None:
    own, ground = np.array((120, 90, 80)), np.array((245, 245, 240))
    _, alpha, colours = _disc((120, 90, 80), (245, 245, 240), grown=0.0)
    assert ((colours[alpha > 0] - own) / (ground - own)).min() > -0.02


def test_colours_go_on_where_nothing_shows() -> None:
    own = (200, 60, 60)
    _, alpha, colours = _disc(own, (235, 235, 235), grown=0.0)
    rim = (cv2.dilate((alpha > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & (alpha == 0)
    assert rim.any()
    assert np.abs(colours[rim] - np.array(own)).max() < 25


def test_far_inside_the_photo_is_kept_and_far_outside_is_black() -> None:
    photo, alpha, colours = _disc((200, 60, 60), (235, 235, 235), grown=0.0)
    middle = slice(_SIZE // 2 - 50, _SIZE // 2 + 50)
    assert np.array_equal(colours[middle, middle], photo[middle, middle])
    assert not colours[:20].any()
    assert not alpha[:20].any()
