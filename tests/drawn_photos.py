"""Photos drawn for the tests of the checks: a thing with a pattern on it before a backdrop."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def backdrop(width: int = 640, height: int = 480, *, busy: bool = False, seed: int = 1) -> Picture:
    """A grey wall, brighter above, with some grain; or a wall full of things."""
    dice = np.random.default_rng(seed)
    shade = np.linspace(190, 150, height)[:, None, None] * np.ones((1, width, 3))
    if busy:
        for _ in range(150):
            x, y = int(dice.integers(0, width)), int(dice.integers(0, height))
            size = tuple(int(side) for side in dice.integers(15, 90, 2))
            colour = tuple(int(level) for level in dice.integers(0, 255, 3))
            cv2.rectangle(shade, (x, y), (x + size[0], y + size[1]), colour, -1)
    return np.clip(shade + dice.normal(0, 2, shade.shape), 0, 255).astype(np.uint8)


def thing(picture: Picture, box: tuple[int, int, int, int], *, seed: int = 7) -> Picture:
    """Puts a dark red box with a pattern of its own into a picture; ``box``: x, y, width, height, perhaps beyond it."""
    x, y, width, height = box
    dice = np.random.default_rng(seed)
    cells = dice.integers(0, 90, (12, 10, 3)).astype(np.uint8)
    cells[..., 0] += 110
    face = cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST)
    drawn = picture.copy()
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + height, len(picture)), min(x + width, picture.shape[1])
    drawn[top:bottom, left:right] = face[top - y : bottom - y, left - x : right - x]
    return cv2.GaussianBlur(drawn, (0, 0), 0.8).astype(np.uint8)
