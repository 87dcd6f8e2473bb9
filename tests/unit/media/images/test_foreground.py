"""The object's own colours, without those of what was behind it."""

import numpy as np

from maquette.media.images.foreground import own_colours


def ramp(width: int, height: int = 40) -> np.ndarray:
    """A matte that goes from nothing to all within 20 columns in the middle."""
    across = np.clip((np.arange(width) - width // 2 + 10) / 20, 0, 1)
    return np.repeat(np.rint(across * 255).astype(np.uint8)[None], height, 0)


def test_the_background_is_taken_out_of_the_edge():
    alpha = ramp(1200)
    share = alpha[..., None] / 255
    front, back = np.array([200, 40, 30]), np.array([20, 90, 220])
    photo = np.rint(front * share + back * (1 - share)).astype(np.uint8)
    found = own_colours(photo, alpha).astype(int)
    mixed = (alpha > 25) & (alpha < 255)
    assert np.abs(photo.astype(int) - front)[mixed].mean() > 60
    assert np.abs(found - front)[mixed].mean() < 12


def test_what_is_whole_stays_and_what_is_nothing_is_black():
    alpha = ramp(200)
    photo = np.random.default_rng(1).integers(0, 256, (40, 200, 3), np.uint8)
    found = own_colours(photo, alpha)
    assert (found[alpha == 255] == photo[alpha == 255]).all()
    assert not found[alpha == 0].any()
