"""Drawn frames whose openings are known, before plain and before busy backdrops."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from maquette.engines.grabcut.openings import with_openings

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
_SIZE = 200


def _photo(ground: npt.NDArray[np.float32], patch: tuple[int, int, int] | None) -> tuple[Bytes, Mask, Mask]:
    """A dark square with a small opening, filled by ``patch`` if any: the photo, the filled mask, the opening."""
    whole, opening = np.zeros((_SIZE, _SIZE), np.uint8), np.zeros((_SIZE, _SIZE), np.uint8)
    cv2.rectangle(whole, (60, 50), (140, 150), 255, -1)
    cv2.rectangle(opening, (90, 80), (104, 96), 255, -1)
    photo = ground.copy()
    photo[whole > 0] = 60, 40, 30
    photo[opening > 0] = ground[opening > 0] if patch is None else patch
    soft = cv2.GaussianBlur(photo, (0, 0), 0.7) + np.random.default_rng(3).normal(0, 1.5, photo.shape)
    return np.clip(np.rint(soft), 0, 255).astype(np.uint8), whole > 0, opening > 0


def _graded(level: float) -> npt.NDArray[np.float32]:
    shade = np.linspace(level - 6, level + 6, _SIZE, dtype=np.float32)
    return np.repeat(np.repeat(shade[:, None, None], _SIZE, 1), 3, 2)


def test_an_opening_is_taken_out_of_the_mask() -> None:
    photo, mask, opening = _photo(_graded(225), None)
    found = mask & ~with_openings(photo, mask)
    assert (found & opening).sum() / (found | opening).sum() > 0.85


@pytest.mark.parametrize("patch", [(236, 236, 236), (225, 225, 215), (200, 200, 200)], ids=["white", "cream", "grey"])
def test_a_patch_in_nearly_that_colour_stays(patch: tuple[int, int, int]) -> None:
    photo, mask, _ = _photo(_graded(225), patch)
    assert np.array_equal(with_openings(photo, mask), mask)


def test_nothing_is_looked_for_before_blown_out_or_busy_backdrops() -> None:
    busy = np.random.default_rng(5).integers(60, 250, (_SIZE, _SIZE, 3)).astype(np.float32)
    for ground in (np.full((_SIZE, _SIZE, 3), 255, np.float32), busy):
        photo, mask, _ = _photo(ground, None)
        assert np.array_equal(with_openings(photo, mask), mask)


def test_empty_and_full_masks_stay() -> None:
    photo, mask, _ = _photo(_graded(225), None)
    for whole in (np.zeros_like(mask), np.ones_like(mask)):
        assert np.array_equal(with_openings(photo, whole), whole)
