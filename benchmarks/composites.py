"""Photos made by rules, whose alpha and colours are known exactly: things over grounds, with shadows, blur and JPEG.

    python benchmarks/composites.py FOLDER [--count 200]      writes them as pictures, with a contact sheet

A seed always gives the same composite. A third stand on plain grounds, the others on busy ones; where photos of
rooms are given, a third of the busy grounds are parts of those.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from composite_grounds import BUSY, PLAIN, photographed
from composite_objects import KINDS, Dice, Floats, Thing, draw
from PIL import Image

SHAPES = ((720, 720), (600, 800), (800, 600), (560, 840))


@dataclass(frozen=True)
class Composite:
    """``photo`` (h, w, 3) 8-bit sRGB; ``alpha`` (h, w) 0..1; ``foreground`` (h, w, 3) straight colours 0..255."""

    name: str
    plain: bool
    photo: np.ndarray
    alpha: Floats
    foreground: Floats


def composite(seed: int, rooms: Sequence[Path] = ()) -> Composite:
    dice = np.random.default_rng(seed)
    kind, shape = KINDS[seed % len(KINDS)], SHAPES[int(dice.integers(0, len(SHAPES)))]
    plain = seed % 3 == 0
    ground, where = _ground(dice, shape, plain, rooms)
    layers = [_place(draw(kind, dice), dice, shape, number) for number in range(2 if dice.random() < 0.12 else 1)]
    alpha, colours = np.zeros(shape, np.float32), np.zeros((*shape, 3), np.float32)
    for layer in layers:
        over = layer.alpha + alpha * (1 - layer.alpha)
        mixed = layer.colours * layer.alpha[..., None] + colours * (alpha * (1 - layer.alpha))[..., None]
        colours = np.where(over[..., None] > 0, mixed / np.maximum(over, 1e-6)[..., None], layer.colours)
        alpha = over
    colours = _toned(colours, alpha, ground, dice)
    ground = ground * _shadow(alpha, dice)[..., None]
    photo = colours * alpha[..., None] + ground * (1 - alpha[..., None])
    return Composite(f"{seed:04} {kind} on {where}", plain, _taken(photo, dice), alpha, np.clip(colours, 0, 255))


def _ground(dice: Dice, shape: tuple[int, int], plain: bool, rooms: Sequence[Path]) -> tuple[Floats, str]:
    if rooms and not plain and dice.random() < 0.34:
        photo = rooms[int(dice.integers(0, len(rooms)))]
        ground, name = photographed(photo, dice, shape), photo.stem
    else:
        makers = PLAIN if plain else BUSY
        maker = makers[int(dice.integers(0, len(makers)))]
        ground, name = maker(dice, shape), maker.__name__
    if dice.random() < 0.5:
        ground = cv2.GaussianBlur(ground, (0, 0), float(dice.uniform(0.6, 5)))
    return np.clip(ground, 0, 255).astype(np.float32), name


def _place(thing: Thing, dice: Dice, shape: tuple[int, int], number: int) -> Thing:
    """The thing at its size and place in the picture; turned a little, or mirrored."""
    rows, columns = np.flatnonzero(thing.alpha.max(1) > 0.5), np.flatnonzero(thing.alpha.max(0) > 0.5)
    middle = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2
    extent = max(columns[-1] - columns[0], rows[-1] - rows[0])
    scale = min(shape) * dice.uniform(0.3, 0.85) / extent * (0.6 if number else 1)
    move = cv2.getRotationMatrix2D(middle, float(dice.normal(0, 6)), float(scale))
    centre = np.array(shape[::-1]) * (0.5 + dice.normal(0, 0.2 if number else 0.06, 2))
    move[:, 2] += centre - middle
    smooth = max(0.1, 0.4 / scale)
    layers = cv2.GaussianBlur(np.dstack([thing.colours, thing.alpha]), (0, 0), float(smooth))
    warped = cv2.warpAffine(layers, move, shape[::-1], flags=cv2.INTER_LINEAR)
    if dice.random() < 0.5:
        warped = warped[:, ::-1]
    if dice.random() < 0.3:
        warped = cv2.GaussianBlur(warped, (0, 0), float(dice.uniform(0.5, 1.5)))
    return Thing(np.ascontiguousarray(np.clip(warped[..., 3], 0, 1)), np.ascontiguousarray(warped[..., :3]))


def _toned(colours: Floats, alpha: Floats, ground: Floats, dice: Dice) -> Floats:
    """One in eight things takes nearly the colour of its ground: white on white, wood on wood."""
    if dice.random() > 0.125:
        return colours
    solid = alpha > 0.9
    own, other = colours[solid].mean(0), ground[solid].mean(0)
    return np.asarray(np.clip((colours - own) * 0.6 + other * dice.uniform(0.72, 0.94), 0, 255), np.float32)


def _shadow(alpha: Floats, dice: Dice) -> Floats:
    """What is left of the light: the outline, flattened to the ground and blurred, and a dark line of contact."""
    rows = np.flatnonzero(alpha.max(1) > 0.5)
    if not len(rows) or dice.random() < 0.2:
        return np.ones_like(alpha)
    foot, lean, flat = float(rows[-1]), dice.uniform(-1.2, 1.2), dice.uniform(0.05, 0.35)
    fall = np.array([[1, lean * flat, -lean * flat * foot], [0, flat, foot * (1 - flat)]])
    cast = cv2.warpAffine(alpha, fall, alpha.shape[::-1])
    soft = cv2.GaussianBlur(cast, (0, 0), float(dice.uniform(3, 18)))
    contact = cv2.GaussianBlur(
        cv2.warpAffine(alpha, np.array([[1, 0, 0], [0, 0.05, foot * 0.95]]), alpha.shape[::-1]), (0, 0), 4
    )
    return np.asarray((1 - dice.uniform(0.1, 0.6) * soft) * (1 - dice.uniform(0, 0.4) * contact), np.float32)


def _taken(scene: Floats, dice: Dice) -> np.ndarray:
    """The camera: grain and JPEG."""
    grainy = scene + dice.normal(0, dice.uniform(0.5, 5), scene.shape)
    picture = np.clip(np.rint(grainy), 0, 255).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(dice.integers(60, 96))])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    choice = parser.parse_args()
    choice.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(choice.count):
        made = composite(seed)
        alpha = np.rint(made.alpha * 255).astype(np.uint8)
        Image.fromarray(made.photo).save(choice.folder / f"{seed:04}.png", compress_level=1)
        Image.fromarray(alpha).save(choice.folder / f"{seed:04}_alpha.png", compress_level=1)
        truth = np.dstack([np.rint(made.foreground).astype(np.uint8), alpha])
        Image.fromarray(truth).save(choice.folder / f"{seed:04}_foreground.png", compress_level=1)
        print(made.name)


if __name__ == "__main__":
    main()
