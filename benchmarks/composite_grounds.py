"""Grounds drawn by rules, from a studio's paper to a heap of clutter; sRGB (h, w, 3) 0..255."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from composite_objects import DRAWN, Dice, Floats, colour, draw, noise, pattern
from PIL import Image

Shape = tuple[int, int]


def paper(dice: Dice, shape: Shape) -> Floats:
    """White, grey or coloured, evenly lit."""
    tone = dice.choice(3)
    even = np.full(3, dice.uniform(238, 252) if tone == 0 else dice.uniform(60, 200)) if tone < 2 else colour(dice, 60)
    return np.broadcast_to(even.astype(np.float32), (*shape, 3)).copy()


def gradient(dice: Dice, shape: Shape) -> Floats:
    """Light that falls off to one side and to the corners."""
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / max(shape) - 0.5
    turn = dice.uniform(0, 2 * np.pi)
    light = 1 + dice.uniform(0, 0.5) * (across * np.cos(turn) + down * np.sin(turn))
    light -= dice.uniform(0, 0.7) * (across**2 + down**2)
    return paper(dice, shape) * 0.92 * light[..., None].astype(np.float32)


def two_tone(dice: Dice, shape: Shape) -> Floats:
    """A wall over a table or a floor."""
    ground = gradient(dice, shape)
    edge = int(shape[0] * dice.uniform(0.45, 0.8))
    ground[edge:] = gradient(dice, shape)[edge:]
    return ground


def wood(dice: Dice, shape: Shape) -> Floats:
    """Boards with grain and joints."""
    length = shape[1] * 4
    grain = noise(dice, (shape[0], shape[1] // 8), 24)
    grain = cv2.resize(grain, (length, shape[0]))[:, : shape[1]]
    ground = colour(dice, 60, 190) * np.array([1.15, 0.95, 0.75], np.float32) * (1 + 0.07 * grain)[..., None]
    board = int(dice.uniform(0.08, 0.25) * shape[0])
    for top in range(int(dice.integers(0, board)), shape[0], board):
        ground[top : top + board] *= dice.uniform(0.88, 1.12)
        ground[top : top + 3] *= 0.6
    return ground


def tiles(dice: Dice, shape: Shape) -> Floats:
    """Bricks or tiles, now and then in perspective."""
    ground = np.full((*shape, 3), colour(dice, 90, 220), np.float32)
    high = int(dice.uniform(0.05, 0.16) * shape[0])
    wide = int(high * dice.uniform(1, 3))
    body = colour(dice, 60, 230)
    for row, top in enumerate(range(0, shape[0], high)):
        for left in range(-(row % 2) * wide // 2, shape[1], wide):
            ground[top + 3 : top + high, max(0, left + 3) : max(0, left + wide)] = body * dice.uniform(0.82, 1.15)
    ground *= (1 + 0.06 * noise(dice, shape, 30))[..., None]
    if dice.random() < 0.5:
        return ground
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + np.array([[-0.1, 0], [0.1, 0], [0.8, 0.1], [-0.8, 0.1]], np.float32) * width
    bent = cv2.getPerspectiveTransform(corners, moved)
    return np.asarray(cv2.warpPerspective(ground, bent, (width, height), borderMode=cv2.BORDER_REFLECT), np.float32)


def texture(dice: Dice, shape: Shape) -> Floats:
    """Cloth, stone or leaves: noise of several colours at several scales."""
    ground = np.full((*shape, 3), colour(dice, 40, 210), np.float32)
    for grain in (dice.uniform(100, 300), dice.uniform(8, 60)):
        share = 1 / (1 + np.exp(-3 * noise(dice, shape, grain)))
        ground += 0.7 * share[..., None].astype(np.float32) * (colour(dice, 20, 220) - ground)
    return ground


def outdoors(dice: Dice, shape: Shape) -> Floats:
    """Sky, trees or hills, and grass or road."""
    ground = paper(dice, shape) * 0.3 + np.array([150, 175, 200], np.float32) * dice.uniform(0.6, 1)
    horizon, far = int(shape[0] * dice.uniform(0.4, 0.65)), texture(dice, shape)
    skyline = horizon - shape[0] * 0.12 * (1 + noise(dice, (2, shape[1]), 90)[0])
    trees = np.arange(shape[0])[:, None] > skyline[None]
    ground[trees] = far[trees]
    near = texture(dice, shape) * 0.4 + colour(dice, 60, 180) * 0.6
    ground[horizon:] = near[horizon:]
    return ground


def room(dice: Dice, shape: Shape) -> Floats:
    """A wall with frames and a window, furniture, and boards."""
    height, width = shape
    ground = two_tone(dice, shape)
    floor = int(height * dice.uniform(0.55, 0.8))
    ground[floor:] = wood(dice, shape)[floor:]
    ground[floor - 6 : floor] = colour(dice)
    for _ in range(int(dice.integers(3, 9))):
        w, h = (int(side * dice.uniform(0.08, 0.35)) for side in (width, height))
        x, y = int(dice.uniform(-0.1, 0.95) * width), int(dice.uniform(0, floor / height) * height - h / 3)
        cv2.rectangle(ground, (x, y), (x + w, y + h), colour(dice).tolist(), -1)
        inner = (x + w // 10, y + h // 10), (x + w - w // 10, y + h - h // 10)
        cv2.rectangle(ground, *inner, colour(dice).tolist(), -1 if dice.random() < 0.7 else 3)
    return ground * (1 + 0.03 * noise(dice, shape, 200))[..., None]


def clutter(dice: Dice, shape: Shape) -> Floats:
    """Other things, anywhere and of any size, over another ground."""
    ground = [two_tone, wood, texture, tiles][int(dice.integers(0, 4))](dice, shape)
    for _ in range(int(dice.integers(5, 12))):
        thing = draw(DRAWN[int(dice.integers(0, len(DRAWN)))].__name__, dice)
        side = int(min(shape) * dice.uniform(0.15, 0.5))
        alpha = cv2.resize(thing.alpha, (side, side), interpolation=cv2.INTER_AREA)[..., None]
        colours = cv2.resize(thing.colours, (side, side), interpolation=cv2.INTER_AREA)
        y, x = (int(dice.uniform(0, 0.95) * length - side / 3) for length in shape)
        rows, columns = slice(max(0, y), min(shape[0], y + side)), slice(max(0, x), min(shape[1], x + side))
        part = (slice(rows.start - y, rows.stop - y), slice(columns.start - x, columns.stop - x))
        ground[rows, columns] += alpha[part] * (colours[part] - ground[rows, columns])
    return ground


def patches(dice: Dice, shape: Shape) -> Floats:
    """Sheets of many materials over each other: a notice board, a market stall."""
    ground = pattern(dice, shape)
    for _ in range(int(dice.integers(8, 30))):
        middle = dice.uniform(0, 1, 2) * shape[::-1]
        size = dice.uniform(0.06, 0.3, 2) * shape[::-1]
        corners = cv2.boxPoints((middle.tolist(), size.tolist(), float(dice.uniform(0, 90))))
        mask = cv2.fillPoly(np.zeros(shape, np.uint8), [np.rint(corners).astype(np.int32)], 1).astype(bool)
        ground[mask] = pattern(dice, shape)[mask]
    return ground


PLAIN: tuple[Callable[[Dice, Shape], Floats], ...] = (paper, gradient, two_tone)
BUSY: tuple[Callable[[Dice, Shape], Floats], ...] = (wood, tiles, texture, outdoors, room, clutter, patches)


def photographed(photo: Path, dice: Dice, shape: Shape) -> Floats:
    """A random part of a photo."""
    with Image.open(photo) as picture:
        pixels = np.asarray(picture.convert("RGB"), np.float32)
    height, width = pixels.shape[:2]
    share = dice.uniform(0.6, 1)
    factor = share * min(height / shape[0], width / shape[1])
    size = int(shape[1] * factor), int(shape[0] * factor)
    top, left = int(dice.uniform(0, height - size[1])), int(dice.uniform(0, width - size[0]))
    part = np.ascontiguousarray(pixels[top : top + size[1], left : left + size[0]])
    return np.asarray(cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
