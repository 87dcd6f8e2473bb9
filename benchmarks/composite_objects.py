"""Things drawn by rules, with exact alpha: solid, thin, holed, furry, of many parts; and rendered solids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from solids import SOLIDS, solid

from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Mesh
from maquette.media.meshes.render import Light, render_solid

Floats = npt.NDArray[np.float32]
Dice = np.random.Generator
Point = tuple[float, float]

FINE = 1024
"""Things are drawn on so many pixels a side and shrunk afterwards, which makes their edges exact."""
_SHIFT = 5


@dataclass(frozen=True)
class Thing:
    """``alpha`` (n, n) 0..1 and straight sRGB ``colours`` (n, n, 3) 0..255."""

    alpha: Floats
    colours: Floats


def noise(dice: Dice, shape: tuple[int, int], grain: float, octaves: int = 3) -> Floats:
    """Smooth noise of about unit variance whose coarsest waves are ``grain`` pixels long."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        size = [max(2, round(side / grain * 2**octave)) for side in shape]
        waves = dice.normal(0, 1, size).astype(np.float32)
        total += cv2.resize(waves, shape[::-1], interpolation=cv2.INTER_CUBIC) * 0.6**octave
    return total


def colour(dice: Dice, low: float = 15, high: float = 245) -> Floats:
    """A colour like those of things: mostly muted, sometimes vivid, sometimes grey."""
    value, hue = dice.uniform(low, high), dice.uniform(-1, 1, 3)
    return np.clip(value * (1 + dice.choice([0.04, 0.25, 0.8]) * hue), 5, 250).astype(np.float32)


def pattern(dice: Dice, shape: tuple[int, int]) -> Floats:
    """A picture (h, w, 3) of one material: plain, striped, checked, dotted, stained or grained."""
    kind = dice.choice(["plain", "plain", "stripes", "checks", "dots", "stains", "grain"])
    first, second = colour(dice), colour(dice)
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn, size = dice.uniform(0, np.pi), dice.uniform(14, 90)
    along = (across * np.cos(turn) + down * np.sin(turn)) / size
    aside = (down * np.cos(turn) - across * np.sin(turn)) / size
    share = {
        "plain": lambda: np.zeros(shape),
        "stripes": lambda: np.sin(along * np.pi) > dice.uniform(-0.5, 0.7),
        "checks": lambda: (np.floor(along) + np.floor(aside)) % 2,
        "dots": lambda: (along % 1 - 0.5) ** 2 + (aside % 1 - 0.5) ** 2 < 0.08,
        "stains": lambda: 1 / (1 + np.exp(-4 * noise(dice, shape, size * 3))),
        "grain": lambda: np.clip(0.3 * noise(dice, shape, size / 4), 0, 1),
    }[kind]()
    mixed = first + np.asarray(share, np.float32)[..., None] * (second - first)
    return np.asarray(mixed * (1 + 0.05 * noise(dice, shape, 60))[..., None], np.float32)


class Pen:
    """Draws parts over each other in a square from (-1, -1), top left, to (1, 1)."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.alpha = np.zeros((FINE, FINE), np.float32)
        self.colours = np.zeros((FINE, FINE, 3), np.float32)
        self.paints = [pattern(dice, (FINE, FINE)) for _ in range(3)]
        turn = dice.uniform(0, 2 * np.pi)
        self.light = np.array([np.cos(turn) * 0.6, -0.7, np.sin(turn) * 0.3 + 0.8])
        self.gloss = dice.choice([0.0, 0.0, 0.5, 1.0])

    def polygon(self, points: Sequence[Point], paint: int = 0) -> None:
        corners = np.rint((np.array(points) + 1) * FINE / 2 * 2**_SHIFT).astype(np.int32)
        self._lay(lambda mask: cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, _SHIFT), paint)

    def stroke(self, points: Sequence[Point], width: float, paint: int = 0) -> None:
        """A bent tube of the given width."""
        corners = np.rint((np.array(points) + 1) * FINE / 2).astype(np.int32)
        thick = max(2, round(width * FINE / 2))
        self._lay(lambda mask: cv2.polylines(mask, [corners], False, 255, thick, cv2.LINE_AA), paint)

    def oval(self, middle: Point, radii: Point, paint: int = 0, turn: float = 0, ring: float = 0) -> None:
        """An ellipse, or a ring of that width."""
        at = tuple(round((x + 1) * FINE / 2) for x in middle)
        size = tuple(max(1, round(x * FINE / 2)) for x in radii)
        thick = max(2, round(ring * FINE / 2)) if ring else -1
        self._lay(lambda mask: cv2.ellipse(mask, at, size, turn, 0, 360, 255, thick, cv2.LINE_AA), paint)

    def _lay(self, draw: Callable[[npt.NDArray[np.uint8]], object], paint: int) -> None:
        mask = np.zeros((FINE, FINE), np.uint8)
        draw(mask)
        share = (mask.astype(np.float32) / 255)[..., None]
        self.colours += share * (self._lit(mask, self.paints[paint]) - self.colours)
        self.alpha = np.maximum(self.alpha, share[..., 0])

    def _lit(self, mask: npt.NDArray[np.uint8], paint: Floats) -> Floats:
        """Shades a part as if it bulged towards the viewer."""
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        bulge = min(60.0, float(depth.max()) + 1)
        height = bulge * np.sqrt(np.clip(1 - (1 - np.minimum(depth / bulge, 1)) ** 2, 0, 1))
        height = cv2.GaussianBlur(height, (0, 0), 3)
        slope = np.dstack([-np.gradient(height, axis=1), -np.gradient(height, axis=0), np.ones_like(height)])
        facing = (slope @ self.light) / np.linalg.norm(slope, axis=2) / np.linalg.norm(self.light)
        shine = 160 * self.gloss * np.clip(facing, 0, 1) ** 40
        return np.asarray(paint * (0.45 + 0.65 * np.clip(facing, 0, 1))[..., None] + shine[..., None], np.float32)

    def thing(self) -> Thing:
        return Thing(self.alpha, np.clip(self.colours, 0, 255))


def bottle(pen: Pen) -> None:
    d = pen.dice
    width, neck, shoulder = d.uniform(0.25, 0.5), d.uniform(0.08, 0.2), d.uniform(-0.5, 0)
    side = [(neck, -0.9), (neck, shoulder - 0.2), (width, shoulder), (width * d.uniform(0.7, 1.1), 0.9)]
    pen.polygon([*side, *[(-x, y) for x, y in side[::-1]]])
    pen.polygon([(-neck - 0.02, -0.95), (neck + 0.02, -0.95), (neck + 0.02, -0.75), (-neck - 0.02, -0.75)], 1)
    if d.random() < 0.7:
        pen.polygon([(-width * 0.9, 0.2), (width * 0.9, 0.2), (width * 0.85, 0.6), (-width * 0.85, 0.6)], 2)


def mug(pen: Pen) -> None:
    d, wide = pen.dice, pen.dice.uniform(0.35, 0.55)
    pen.oval((wide + 0.1, 0.05), (d.uniform(0.2, 0.32), d.uniform(0.25, 0.4)), 0, ring=d.uniform(0.06, 0.14))
    pen.polygon([(-wide, -0.6), (wide, -0.6), (wide * 0.85, 0.75), (-wide * 0.85, 0.75)])
    pen.oval((0, -0.6), (wide, 0.1), 1)
    pen.oval((0, -0.6), (wide * 0.9, 0.08), 2)


def chair(pen: Pen) -> None:
    d, leg = pen.dice, pen.dice.uniform(0.025, 0.07)
    for x, bottom in ((-0.45, 0.75), (0.5, 0.72)):
        pen.stroke([(x * 0.85, -0.9), (x, 0.1), (x, bottom)], leg, 0)
    for y in np.linspace(-0.85, -0.3, int(d.integers(1, 5))):
        pen.stroke([(-0.4, float(y)), (0.43, float(y))], d.uniform(0.03, 0.12), 0)
    for x in (-0.6, 0.62):
        pen.stroke([(x * 0.9, 0.2), (x, 0.95)], leg, 0)
    pen.polygon([(-0.45, 0), (0.5, 0), (0.66, 0.22), (-0.64, 0.22)], int(d.integers(0, 2)))
    if d.random() < 0.5:
        pen.stroke([(-0.6, 0.6), (0.6, 0.6)], leg * 0.7, 0)


def lamp(pen: Pen) -> None:
    d, pole = pen.dice, pen.dice.uniform(0.02, 0.05)
    knee = (d.uniform(-0.5, 0.1), d.uniform(-0.3, 0.2))
    pen.oval((-0.1, 0.88), (d.uniform(0.25, 0.4), 0.08))
    pen.stroke([(-0.1, 0.85), knee, (0.25, -0.6)], pole)
    pen.polygon([(0.1, -0.75), (0.45, -0.8), (0.75, -0.3), (0.05, -0.25)], 1)


def plant(pen: Pen) -> None:
    d = pen.dice
    for _ in range(int(d.integers(5, 14))):
        x, y, bend = d.uniform(-0.8, 0.8), d.uniform(-0.9, 0.1), d.uniform(-0.3, 0.3)
        pen.stroke([(0, 0.45), (x / 2 + bend / 2, (y + 0.45) / 2), (x, y)], 0.02, 1)
        turn = np.degrees(np.arctan2(y - 0.45, x))
        pen.oval((x, y), (d.uniform(0.12, 0.25), d.uniform(0.04, 0.12)), 1, float(turn))
    pen.polygon([(-0.35, 0.4), (0.35, 0.4), (0.25, 0.95), (-0.25, 0.95)], 0)


def cycle(pen: Pen) -> None:
    d, thin = pen.dice, pen.dice.uniform(0.02, 0.045)
    for x in (-0.5, 0.5):
        for spoke in np.arange(6) * np.pi / 6:
            dx, dy = 0.38 * float(np.cos(spoke)), 0.38 * float(np.sin(spoke))
            pen.stroke([(x - dx, 0.4 - dy), (x + dx, 0.4 + dy)], 0.012, 2)
        pen.oval((x, 0.4), (0.4, 0.4), 1, ring=d.uniform(0.03, 0.07))
    pen.stroke([(-0.5, 0.4), (-0.2, -0.2), (0.35, -0.25), (0, 0.4), (-0.5, 0.4)], thin)
    pen.stroke([(0, 0.4), (-0.25, -0.35)], thin)
    pen.stroke([(0.5, 0.4), (0.3, -0.45), (0.5, -0.5)], thin)
    pen.oval((-0.25, -0.38), (0.16, 0.05), 1)


def animal(pen: Pen) -> None:
    d, leg = pen.dice, pen.dice.uniform(0.06, 0.13)
    for x in (-0.5, -0.35, 0.3, 0.45):
        pen.stroke([(x, 0.1), (x + d.uniform(-0.15, 0.15), 0.5), (x + d.uniform(-0.1, 0.1), 0.92)], leg)
    pen.stroke([(-0.55, -0.1), (-0.8, d.uniform(-0.4, 0.3))], d.uniform(0.03, 0.1), 1)
    pen.oval((0, 0), (0.62, d.uniform(0.22, 0.35)))
    pen.stroke([(0.5, -0.05), (0.65, -0.5)], d.uniform(0.15, 0.25))
    pen.oval((0.72, -0.6), (0.25, 0.16), 0, 20)
    for x in (0.58, 0.72):
        pen.polygon([(x, -0.7), (x + 0.1, -0.7), (x + 0.04, -0.95)], 1)


def car(pen: Pen) -> None:
    d, roof = pen.dice, pen.dice.uniform(-0.45, -0.2)
    low = [(0.95, 0.3), (-0.95, 0.3), (-0.92, 0)]
    pen.polygon([*low, (-0.5, -0.08), (-0.25, roof), (0.3, roof), (0.6, -0.05), (0.95, 0.05)])
    pen.polygon([(-0.4, -0.07), (-0.2, roof + 0.05), (0.26, roof + 0.05), (0.48, -0.05)], 1)
    for x in (-0.55, 0.55):
        pen.oval((x, 0.3), (0.2, 0.2), 2)
        pen.oval((x, 0.3), (0.11, 0.11), int(d.integers(0, 3)))


def rack(pen: Pen) -> None:
    """Bars and gaps: the ground shows through."""
    d, thin = pen.dice, pen.dice.uniform(0.025, 0.06)
    for x in np.linspace(-0.6, 0.6, int(d.integers(4, 9))):
        pen.stroke([(float(x), -0.7), (float(x) * 0.8, 0.7)], thin)
    for y in np.linspace(-0.7, 0.7, int(d.integers(2, 6))):
        pen.stroke([(-0.62, float(y)), (0.62, float(y))], thin, 1)


def robot(pen: Pen) -> None:
    d = pen.dice
    for x in (-0.2, 0.2):
        pen.stroke([(x, 0.3), (x * 1.2, 0.9)], d.uniform(0.08, 0.18), 1)
        pen.stroke([(x * 1.5, -0.05), (x * 3, d.uniform(-0.3, 0.5))], d.uniform(0.05, 0.12), 1)
    pen.polygon([(-0.32, -0.15), (0.32, -0.15), (0.28, 0.4), (-0.28, 0.4)])
    pen.oval((0, -0.5), (d.uniform(0.28, 0.42), 0.32), int(d.integers(0, 3)))
    pen.stroke([(0, -0.8), (d.uniform(-0.2, 0.2), -0.97)], 0.02, 2)


def headphones(pen: Pen) -> None:
    pen.oval((0, 0.2), (0.6, 0.85), 0, ring=pen.dice.uniform(0.06, 0.14))
    pen.alpha[FINE * 5 // 8 :] = 0
    for x in (-0.6, 0.6):
        pen.oval((x, 0.3), (0.18, 0.35), 1)


def carton(pen: Pen) -> None:
    """Three faces in three lights."""
    d = pen.dice
    x, y, rise = d.uniform(-0.2, 0.3), d.uniform(-0.3, 0.1), d.uniform(0.1, 0.3)
    pen.paints = [pen.paints[0] * light for light in (1.0, 0.65, 1.25)]
    pen.polygon([(-0.8, y - rise / 2), (x, y), (x, 0.9), (-0.8, 0.9 - rise)], 0)
    pen.polygon([(x, y), (0.8, y - rise), (0.8, 0.9 - rise * 1.2), (x, 0.9)], 1)
    pen.polygon([(-0.8, y - rise / 2), (x, y), (0.8, y - rise), (0.1, y - rise * 1.6)], 2)


def fluff(pen: Pen) -> None:
    """A round thing whose outline is hair."""
    d = pen.dice
    pen.oval((0, 0.1), (0.55, 0.5))
    pen.oval((0, -0.35), (0.35, 0.3))
    rim = np.argwhere(cv2.Canny((pen.alpha * 255).astype(np.uint8), 50, 100))
    hair = np.zeros((FINE, FINE), np.uint8)
    for y, x in rim[d.integers(0, len(rim), 1800)]:
        turn = np.arctan2(y - FINE * 0.5, x - FINE / 2) + d.normal(0, 0.5)
        tip = (round(x + np.cos(turn) * d.uniform(10, 60)), round(y + np.sin(turn) * d.uniform(10, 60)))
        cv2.line(hair, (int(x), int(y)), tip, 255, 1, cv2.LINE_AA)
    share = np.maximum(hair.astype(np.float32) / 255 - pen.alpha, 0)
    pen.colours += share[..., None] * (pen.paints[0] * 0.8 - pen.colours)
    pen.alpha = np.maximum(pen.alpha, hair.astype(np.float32) / 255)
    pen.oval((-0.13, -0.4), (0.05, 0.05), 2)
    pen.oval((0.13, -0.4), (0.05, 0.05), 2)


def blob(pen: Pen) -> None:
    turns = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    waves = [pen.dice.uniform(-0.2, 0.2) * np.sin(k * turns + pen.dice.uniform(0, 6)) for k in (2, 3, 5)]
    far = 0.62 + np.sum(waves, axis=0)
    pen.polygon([(float(r * np.cos(t)), float(r * np.sin(t))) for r, t in zip(far, turns, strict=True)])


DRAWN = (bottle, mug, chair, lamp, plant, cycle, animal, car, rack, robot, headphones, carton, fluff, blob)
KINDS = (*(draw.__name__ for draw in DRAWN), *(f"solid {name}" for name in SOLIDS))


@cache
def _mesh(name: str) -> Mesh:
    return solid(name, 91)


def _rendered(dice: Dice, name: str) -> Thing:
    paint = np.clip(pattern(dice, (256, 256)), 5, 250) / 255

    def albedo(points: npt.NDArray[np.float64], _normals: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        turn = np.arctan2(points[:, 0], points[:, 2]) / (2 * np.pi) + 0.5
        rows, columns = (np.clip(x * 255, 0, 255).astype(int) for x in (0.5 - points[:, 1] / 1.2, turn))
        return paint[rows, columns].astype(np.float64)

    camera = Camera(float(dice.uniform(0, 360)), float(dice.uniform(0, 30)), (0, 0, 0), 1.3, 35)
    picture = render_solid(_mesh(name), albedo, camera, FINE // 4, Light(0.6, 0.6)).astype(np.float32)
    fine = cv2.resize(picture, (FINE, FINE), interpolation=cv2.INTER_LINEAR)
    return Thing(np.clip(fine[..., 3] / 255, 0, 1), _spread(fine[..., :3], fine[..., 3] / 255))


def _spread(colours: Floats, alpha: Floats) -> Floats:
    """Carries colours past the outline, where straight alpha leaves them to chance."""
    inside = cv2.GaussianBlur(alpha, (0, 0), 4)[..., None]
    around = cv2.GaussianBlur(colours * alpha[..., None], (0, 0), 4) / np.maximum(inside, 1e-3)
    return np.where(alpha[..., None] > 0.97, colours, around).astype(np.float32)


def draw(kind: str, dice: Dice) -> Thing:
    """One thing of a kind in ``KINDS``, never twice the same."""
    if kind.startswith("solid "):
        return _rendered(dice, kind.removeprefix("solid "))
    pen = Pen(dice)
    next(shape for shape in DRAWN if shape.__name__ == kind)(pen)
    made = pen.thing()
    return Thing(made.alpha, _spread(made.colours, made.alpha))
