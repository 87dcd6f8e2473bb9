"""Pictures of a model that stands in the studio: a thumbnail, a poster and a turntable."""

from pathlib import Path

import numpy as np

from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Flags, Floats, Mesh, Model, Pixels, bounds, unit
from maquette.media.meshes.pixels import fetch, to_srgb
from maquette.media.meshes.studio import Floor, Studio, set_up

_FOV = 28.0
_AZIMUTH, _ELEVATION = 30.0, 16.0
_AIR = 1.12
"""The side of a picture against the larger side of the model in it."""
_FINE = 3
"""Samples on a side of a pixel on an edge; elsewhere one is enough."""
_SHADOW = 0.8
"""How much darker the floor is where it sees no sky, in linear light."""
_FILL, _SKY, _KEY = 0.25, 0.55, 0.34
"""Linear light from all around (photos bring shade of their own), of an open sky, and of the key where a surface faces
it; somewhat above 1 together."""
_WRAP = 0.35
"""How far the light of a large key reaches round the edge of the shade, as a cosine."""
_STEPS = 1 << 12
"""Entries of the table from linear light to sRGB."""


def poster(model: Model | Studio, path: Path, size: int = 1600) -> None:
    """A square product picture on white with a soft contact shadow; the suffix of ``path`` names the format."""
    from PIL import Image

    studio = _in_studio(model)
    picture = _on_white(studio, _close(studio.mesh), size)
    Image.fromarray(picture).save(path, quality=90)


def thumbnail(model: Model | Studio, path: Path, size: int = 512) -> None:
    """A picture of the model from the front, a little from its left and from above; PNG with transparency."""
    from PIL import Image

    studio = _in_studio(model)
    film = shoot(studio, _close(studio.mesh), size)
    colour = _encoded(film[..., :3] / np.maximum(film[..., 3:], 1e-6))
    alpha = np.rint(film[..., 3:] * 255).astype(np.uint8)
    Image.fromarray(np.concatenate([colour, alpha], axis=2)).save(path, "PNG", compress_level=6)


def turntable(model: Model | Studio, path: Path, frames: int = 36, size: int = 480, seconds: float = 4.0) -> None:
    """The model turned once round, as an animated WebP that loops, on white with its shadow.

    The camera goes from the front over the object's left side, so that the object turns clockwise seen from above.
    """
    from PIL import Image

    studio = _in_studio(model)
    span, height = _all_round(studio.mesh)
    cameras = [_around(studio.mesh, 360 * frame / frames, span, height) for frame in range(frames)]
    first, *others = [Image.fromarray(_on_white(studio, camera, size)) for camera in cameras]
    duration = round(1000 * seconds / frames)
    first.save(path, "WEBP", save_all=True, append_images=others, duration=duration, loop=0, quality=80, method=2)


def _in_studio(model: Model | Studio) -> Studio:
    return model if isinstance(model, Studio) else set_up(model)


def _around(mesh: Mesh, azimuth: float, span: float, height: float) -> Camera:
    low, high = bounds(mesh)
    return Camera(azimuth, _ELEVATION, (float(low[0] + high[0]) / 2, height, float(low[2] + high[2]) / 2), span, _FOV)


def _all_round(mesh: Mesh) -> tuple[float, float]:
    """The span and the height of the target that hold the whole mesh from every side."""
    low, high = bounds(mesh)
    span, height = 2 * float(np.linalg.norm(high - low)), float(low[1] + high[1]) / 2
    for _ in range(3):
        places = [_around(mesh, azimuth, span, height).place(mesh.positions) - 0.5 for azimuth in range(0, 360, 15)]
        top = min(float(place[:, 1].min()) for place in places)
        bottom = max(float(place[:, 1].max()) for place in places)
        wide = 2 * max(float(np.abs(place[:, 0]).max()) for place in places)
        height -= span * (bottom + top) / 2
        span *= _AIR * max(bottom - top, wide)
    return span, height


def _close(mesh: Mesh) -> Camera:
    """The camera that fills its picture with the mesh."""
    low, high = bounds(mesh)
    middle, span = (low + high) / 2, 2 * float(np.linalg.norm(high - low))
    camera = Camera(_AZIMUTH, _ELEVATION, (float(middle[0]), float(middle[1]), float(middle[2])), span, _FOV)
    for _ in range(3):
        place = camera.place(mesh.positions) - 0.5
        low, high = place.min(axis=0), place.max(axis=0)
        _, right, up = camera.axes()
        middle = middle + camera.span / 2 * ((low[0] + high[0]) * right - (low[1] + high[1]) * up)
        span = _AIR * camera.span * float((high - low).max())
        camera = Camera(_AZIMUTH, _ELEVATION, (float(middle[0]), float(middle[1]), float(middle[2])), span, _FOV)
    return camera


def _on_white(studio: Studio, camera: Camera, size: int) -> Pixels:
    """A picture (size, size, 3) of the model and its shadow on an endless white floor."""
    film = shoot(studio, camera, size)
    behind = 1 - _SHADOW * _shadow(studio.floor, camera, size)
    return _encoded(film[..., :3] + (1 - film[..., 3:]) * behind[..., None])


def _shadow(floor: Floor, camera: Camera, size: int) -> Floats:
    """The floor's shade as the camera sees it, (size, size): a plane in perspective is one homography."""
    import cv2

    last = len(floor.shade) - 1
    corners = np.array([[0, 0], [last, 0], [last, last], [0, last]], np.float32)
    seen = (camera.place(floor.points(corners)) * size - 0.5).astype(np.float32)
    turn = cv2.getPerspectiveTransform(corners, seen)
    return np.asarray(cv2.warpPerspective(floor.shade, turn, (size, size), flags=cv2.INTER_LINEAR), np.float32)


def _encoded(light: Floats) -> Pixels:
    """Linear light to sRGB bytes by a table."""
    table = np.rint(to_srgb(np.arange(_STEPS) / (_STEPS - 1)) * 255).astype(np.uint8)
    return table[(np.clip(light, 0, 1) * (_STEPS - 1) + 0.5).astype(np.int16)]


def shoot(studio: Studio, camera: Camera, size: int) -> Floats:
    """The model before nothing, (size, size, 4) float32: linear light times coverage, and coverage.

    One ray a pixel, and a finer grid of them where the picture has an edge.
    """
    place = camera.place(studio.mesh.positions) * size
    left, top = np.clip(np.floor(place.min(axis=0)).astype(int) - 2, 0, size)
    right, bottom = np.clip(np.ceil(place.max(axis=0)).astype(int) + 2, 0, size)
    columns, rows = np.arange(left, right), np.arange(top, bottom)
    x, y = np.tile(columns, len(rows)), np.repeat(rows, len(columns))
    samples, distance = _expose(studio, camera, x + 0.5, y + 0.5, size)
    edge = np.flatnonzero(_edges(distance.reshape(len(rows), len(columns)), 0.02 * camera.span))
    samples[edge] = _finely(studio, camera, x[edge], y[edge], size)
    film = np.zeros((size, size, 4), np.float32)
    film[top:bottom, left:right] = samples.reshape(len(rows), len(columns), 4)
    return film


def _finely(studio: Studio, camera: Camera, x: Floats, y: Floats, size: int) -> Floats:
    """The mean of a grid of samples in each of the pixels ``x``, ``y`` (n,), (n, 4)."""
    steps = (np.arange(_FINE) + 0.5) / _FINE
    fine_x = (x[:, None] + np.tile(steps, _FINE)).ravel()
    fine_y = (y[:, None] + np.repeat(steps, _FINE)).ravel()
    samples, _ = _expose(studio, camera, fine_x, fine_y, size)
    return samples.reshape(len(x), _FINE * _FINE, 4).mean(axis=1)


def _edges(distance: Floats, jump: float) -> Flags:
    """Where neighbours (h, w) do not lie on one surface, (h * w,)."""
    import cv2

    depth = np.where(np.isfinite(distance), distance, np.float32(1e6))
    window = np.ones((3, 3), np.uint8)
    return (cv2.dilate(depth, window) - cv2.erode(depth, window) > jump).ravel()


def _expose(studio: Studio, camera: Camera, x: Floats, y: Floats, size: int) -> tuple[Floats, Floats]:
    """Light and coverage (n, 4) at points of the picture, and the distance (n,) of what is there."""
    origins, directions = camera.rays_at(x, y, size)
    hits = studio.caster.first(origins, directions)
    surface = hits.mix(studio.mesh, studio.surface)
    samples = np.zeros((len(x), 4), np.float32)
    samples[hits.struck, :3] = _colours(studio, surface, size / camera.span) * _lit(surface, camera)[:, None]
    samples[hits.struck, 3] = 1
    return samples, hits.distance


def _colours(studio: Studio, surface: Floats, pixels: float) -> Floats:
    """Base colours (n, 3), linear, from the texture that has about a texel for each of ``pixels`` to the unit."""
    level = int(np.clip(np.rint(np.log2(studio.texels / pixels)), 0, len(studio.textures) - 1))
    texture = studio.textures[level]
    height, width = texture.shape[:2]
    return fetch(texture, surface[:, 0] * width - 0.5, surface[:, 1] * height - 0.5)


def _lit(surface: Floats, camera: Camera) -> Floats:
    """The light on each point, (n,): from all around, from the sky, from a large key at the camera's upper left."""
    toward, right, _ = camera.axes()
    lamp = unit((toward - 0.7 * right + np.array([0.0, 0.9, 0.0]))[None])[0].astype(np.float32)
    facing = np.clip((surface[:, 2:5] @ lamp + _WRAP) / (1 + _WRAP), 0, None)
    return _FILL + _SKY * surface[:, 5] + _KEY * facing
