"""Makes the sample photos: a toy lighthouse from its front, left, right and back.

    python examples/sample/make_sample.py [FOLDER]

The lighthouse is a lathe body painted by a few lines of arithmetic, rendered with Maquette's own renderer over a
paper backdrop. No two sides are alike, so left and right cannot be mixed up unseen: a door in front, two windows
on its left, a lifebuoy on its right, an anchor plate on its back.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Floats, Mesh
from maquette.media.meshes.render import Light, render_solid

SIZE = 1024
AZIMUTHS = {"front": 0.0, "left": 90.0, "back": 180.0, "right": 270.0}

WHITE, RED, GRASS, GOLD = (0.98, 0.92, 0.80), (0.76, 0.16, 0.13), (0.16, 0.40, 0.28), (0.93, 0.70, 0.24)
NAVY, GLASS, WOOD, SKY = (0.13, 0.19, 0.31), (1.00, 0.86, 0.45), (0.50, 0.31, 0.17), (0.55, 0.74, 0.86)
ORANGE = (0.93, 0.45, 0.13)


def tower(height: Floats) -> Floats:
    """The radius of the tower's wall, which flares towards its foot."""
    t = (height - 0.08) / 0.58
    return 0.150 + 0.085 * (1 - t) ** 2


def outline() -> list[tuple[Floats, Floats]]:
    """The lathe's profile as smooth pieces (radius, height), from the bottom's centre to the top."""
    wall = np.linspace(0.08, 0.66, 60)
    bend = np.linspace(0, np.pi / 2, 9)
    dome = np.linspace(0, 1, 24)
    ball = np.linspace(-1.15, np.pi / 2, 20)

    def line(*points: tuple[float, float]) -> tuple[Floats, Floats]:
        return np.array([p[0] for p in points]), np.array([p[1] for p in points])

    return [
        line((0.0, 0.0), (0.262, 0.0)),
        line((0.262, 0.0), (0.262, 0.06)),
        (0.242 + 0.02 * np.cos(bend), 0.06 + 0.02 * np.sin(bend)),
        line((0.242, 0.08), (0.235, 0.08)),
        (tower(wall), wall),
        line((0.150, 0.66), (0.205, 0.685)),
        line((0.205, 0.685), (0.205, 0.725)),
        line((0.205, 0.725), (0.118, 0.725)),
        line((0.118, 0.725), (0.118, 0.855)),
        line((0.118, 0.855), (0.158, 0.855)),
        (0.158 - 0.14 * dome**0.8, 0.855 + 0.105 * dome),
        (0.028 * np.cos(ball), 0.975 + 0.028 * np.sin(ball)),
    ]


def lathe(pieces: list[tuple[Floats, Floats]], around: int = 240) -> Mesh:
    """Turns the profile around the y axis; pieces meet in sharp edges."""
    angle = np.arange(around) / around * 2 * np.pi
    points, normals, faces, count = [], [], [], 0
    for radius, height in pieces:
        slope = np.stack([np.gradient(height), -np.gradient(radius)], axis=1)
        slope /= np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)
        ring = np.stack([np.sin(angle), np.zeros(around), np.cos(angle)], axis=1)
        points.append((radius[:, None, None] * ring + height[:, None, None] * [0.0, 1.0, 0.0]).reshape(-1, 3))
        normals.append((slope[:, :1, None] * ring + slope[:, 1:, None] * [0.0, 1.0, 0.0]).reshape(-1, 3))
        i, j = np.meshgrid(np.arange(len(radius) - 1), np.arange(around), indexing="ij")
        a, b = i * around + j, i * around + (j + 1) % around
        quads = np.stack([a, b, b + around, a, b + around, a + around], axis=-1)
        faces.append(quads.reshape(-1, 3) + count)
        count += len(points[-1])
    return Mesh(np.concatenate(points), np.concatenate(faces), np.concatenate(normals))


def paint(points: Floats, _normals: Floats) -> Floats:
    """The colour of the lighthouse, sRGB 0..1, (n, 3)."""
    y, radius = points[:, 1], np.hypot(points[:, 0], points[:, 2])
    colour = np.empty((len(points), 3))
    colour[:] = GRASS
    wall = (y > 0.0801) & (y < 0.66)
    colour[wall] = WHITE
    colour[wall & (((y - 0.08) / 0.1161).astype(int) % 2 == 1)] = RED
    colour[(y >= 0.66) & (y < 0.7255)] = NAVY
    colour[(y > 0.695) & (y < 0.712)] = WHITE
    lantern = (y >= 0.7255) & (y < 0.8549)
    bars = np.abs((np.arctan2(points[:, 0], points[:, 2]) / (np.pi / 4) + 0.5) % 1 - 0.5) < 0.09
    colour[lantern] = GLASS
    colour[lantern & (bars | (y < 0.745) | (y > 0.838) | (np.abs(y - 0.79) < 0.006))] = NAVY
    colour[y >= 0.8549] = RED
    colour[y > 0.9605] = GOLD
    for azimuth, draw in ((0, door), (90, windows), (270, lifebuoy), (180, anchor)):
        turn = np.radians(azimuth)
        across = points[:, 0] * np.cos(turn) - points[:, 2] * np.sin(turn)
        facing = points[:, 0] * np.sin(turn) + points[:, 2] * np.cos(turn) > 0.3 * radius
        draw(colour, np.where(wall & facing, across, 9.0), y)
    return colour


def door(colour: Floats, x: Floats, y: Floats) -> None:
    arch = (np.abs(x) < 0.068) & ((y < 0.20) | (np.hypot(x, y - 0.20) < 0.068))
    leaf = (np.abs(x) < 0.054) & ((y < 0.20) | (np.hypot(x, y - 0.20) < 0.054))
    colour[arch] = NAVY
    colour[leaf] = WOOD
    colour[leaf & (np.abs((x / 0.027 + 0.5) % 1 - 0.5) < 0.05)] = (0.36, 0.21, 0.11)
    colour[np.hypot(x - 0.035, y - 0.17) < 0.009] = GOLD
    pane(colour, x, y - 0.50)


def windows(colour: Floats, x: Floats, y: Floats) -> None:
    pane(colour, x, y - 0.50)
    pane(colour, x, y - 0.27)


def pane(colour: Floats, x: Floats, y: Floats) -> None:
    colour[(np.abs(x) < 0.045) & (np.abs(y) < 0.055)] = NAVY
    cross = (np.abs(x) < 0.004) | (np.abs(y) < 0.004)
    colour[(np.abs(x) < 0.035) & (np.abs(y) < 0.045) & ~cross] = SKY


def lifebuoy(colour: Floats, x: Floats, y: Floats) -> None:
    distance = np.hypot(x, y - 0.36)
    ring = (distance > 0.042) & (distance < 0.085)
    quarter = (np.arctan2(y - 0.36, x) / (np.pi / 4)).astype(int) % 2 == 0
    colour[(distance > 0.037) & (distance < 0.090)] = NAVY
    colour[ring] = WHITE
    colour[ring & quarter] = ORANGE


def anchor(colour: Floats, x: Floats, y: Floats) -> None:
    plate = np.hypot(x, y - 0.36) < 0.095
    colour[plate] = NAVY
    y = y - 0.36
    bow = np.hypot(x, y - 0.005)
    ink = (np.abs(x) < 0.009) & (np.abs(y) < 0.06)
    ink |= (np.abs(np.hypot(x, y - 0.058) - 0.015) < 0.006) | ((np.abs(x) < 0.034) & (np.abs(y - 0.03) < 0.008))
    ink |= (np.abs(bow - 0.056) < 0.009) & (y < -0.012)
    colour[plate & ink] = GOLD


def backdrop() -> Floats:
    """Paper that runs from the floor up the wall, with a soft contact shadow: (SIZE, SIZE, 3) sRGB 0..1."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    glow = 0.85 - 0.16 * np.hypot(x - 0.45, (y - 0.40) * 0.9) ** 2 - 0.05 * np.clip(y - 0.8, 0, 1)
    paper = glow[..., None] * np.array([0.94, 0.97, 1.0])
    shadow = np.zeros((SIZE, SIZE), np.float32)
    middle = (SIZE // 2 + 5, round(SIZE * 0.895))
    cv2.ellipse(shadow, middle, (round(SIZE * 0.222), round(SIZE * 0.020)), 0, 0, 360, 1.0, -1)
    wide = cv2.GaussianBlur(shadow, (0, 0), 26) * 0.30 + cv2.GaussianBlur(shadow, (0, 0), 7) * 0.34
    return paper * (1 - wide[..., None])


def photo(azimuth: float) -> NDArray[np.uint8]:
    """One picture of the lighthouse, (SIZE, SIZE, 3) uint8 sRGB."""
    camera = Camera(azimuth, elevation=0.0, target=(0.0, 0.5, 0.0), span=1.26, fov=10.0)
    rgba = render_solid(lathe(outline()), paint, camera, SIZE, Light(ambient=0.80, key=0.42)) / 255
    alpha = rgba[..., 3:]
    mixed = rgba[..., :3] * alpha + backdrop() * (1 - alpha)
    return np.rint(mixed * 255).astype(np.uint8)


def main() -> None:
    """Writes the four photos into the given folder, or next to this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    for view, azimuth in AZIMUTHS.items():
        Image.fromarray(photo(azimuth)).save(folder / f"{view}.jpg", quality=90, optimize=True)


if __name__ == "__main__":
    main()
