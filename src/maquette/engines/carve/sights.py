"""The photos as the carver sees them: outlines with the cameras that took them.

Frame: the object stands on y = 0, centred on x = z = 0, with its longest side 1. A view's nominal camera looks along
one axis, from far away; its picture's columns run along another. A photo from above has the object's front at its
lower edge, one from below at its upper edge: as a person sees it who stands before it and leans over or tips it back.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from maquette.domain.assets import View
from maquette.domain.errors import Permanent
from maquette.engines.carve.cameras import Camera
from maquette.media.meshes.mesh import Flags, Floats, Pixels

_OPAQUE = 128
_SPECK = 0.01
"""Parts smaller than this share of the largest part of a mask are dirt."""


@dataclass(frozen=True, slots=True)
class Side:
    """Where a nominal camera stands: ``toward`` points from the object to it, ``right`` along its picture's columns.

    ``azimuth`` says the same in degrees.
    """

    azimuth: float
    toward: tuple[float, float, float]
    right: tuple[float, float, float]

    @property
    def across(self) -> int:
        """The axis that the picture's columns run along: 0 for x, 2 for z."""
        return 0 if self.right[0] else 2

    @property
    def sign(self) -> float:
        """1 when columns run with that axis, -1 against it."""
        return self.right[self.across]

    @property
    def elevation(self) -> float:
        """Degrees above the horizon: 0, or 90 and -90 from above and below."""
        return 90.0 * self.toward[1]


SIDES = {
    View.FRONT: Side(0, (0, 0, 1), (1, 0, 0)),
    View.BACK: Side(180, (0, 0, -1), (-1, 0, 0)),
    View.LEFT: Side(90, (1, 0, 0), (0, 0, -1)),
    View.RIGHT: Side(270, (-1, 0, 0), (0, 0, 1)),
    View.TOP: Side(0, (0, 1, 0), (1, 0, 0)),
    View.BOTTOM: Side(0, (0, -1, 0), (1, 0, 0)),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """One photo, cropped to its object with a margin.

    ``colours`` (h, w, 3) uint8 sRGB, ``mask`` (h, w) bool; ``box`` is the object's left, top, width and height in
    pixels of the crop. ``cropped`` says that the object runs out of the photo, whose height was ``tall`` pixels.
    ``camera`` is the one that took it, as far as is known.
    """

    view: View
    colours: Pixels
    mask: Flags
    box: tuple[int, int, int, int]
    cropped: bool
    tall: int
    camera: Camera

    def describe_camera(self) -> dict[str, float]:
        """The vertical angle of view of the whole photo, and how the camera was turned from its side; in degrees."""
        turned = {"yaw": self.camera.azimuth - self.side.azimuth}
        tilted = {"elevation": self.camera.elevation - self.side.elevation, "roll": self.camera.roll}
        found = {"fov": self.camera.field_of_view(self.tall)} | turned | tilted
        return {name: round(value, 2) for name, value in found.items()}

    def signed(self) -> Floats:
        """The distance to the outline in pixels, positive inside, (h, w) float32."""
        import cv2

        inside = cv2.distanceTransform(self.mask.astype(np.uint8), cv2.DIST_L2, 5)
        outside = cv2.distanceTransform((~self.mask).astype(np.uint8), cv2.DIST_L2, 5)
        return np.where(self.mask, inside - 0.5, 0.5 - outside).astype(np.float32)

    @property
    def side(self) -> Side:
        """Where its nominal camera stands."""
        return SIDES[self.view]


def load_sight(view: View, path: Path, longest: int) -> Sight:
    """Reads a cut-out (RGBA PNG) on a copy of at most ``longest`` pixels.

    Raises ``Permanent("no_subject")`` when nothing in it is opaque, or what is has no size.
    """
    import cv2
    from PIL import Image

    with Image.open(path) as picture:
        rgba = np.asarray(picture.convert("RGBA"))
    scale = longest / max(rgba.shape[:2])
    if scale < 1:
        size = (max(1, round(rgba.shape[1] * scale)), max(1, round(rgba.shape[0] * scale)))
        rgba = cv2.resize(rgba, size, interpolation=cv2.INTER_AREA)
    mask = _clean(rgba[..., 3] >= _OPAQUE)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < 4 or len(columns) < 4:
        raise Permanent("no_subject", f"The {view} photo shows no object.")
    top, left, height, width = rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    cropped = bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
    margin = max(4, round(0.08 * max(height, width)))
    crop = (slice(top, top + height), slice(left, left + width))
    colours = cv2.copyMakeBorder(rgba[crop][..., :3], margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    box = (margin, margin, int(width), int(height))
    outline = np.pad(mask[crop], margin)
    camera = _nominal(view, box, width / height, 1.0, 0.5)
    return Sight(view, np.asarray(colours, np.uint8), outline, box, cropped, len(mask), camera)


def _clean(mask: Flags) -> Flags:
    """The mask without specks and pin holes."""
    for wanted in (True, False):
        mask = _drop_specks(mask if wanted else ~mask)
    return ~mask


def _drop_specks(mask: Flags) -> Flags:
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA]
    keep = areas >= _SPECK * areas[1:].max()
    keep[0] = False
    return keep[labels]


def _nominal(view: View, box: tuple[int, int, int, int], wide: float, tall: float, middle: float) -> Camera:
    """The camera that sees ``wide`` x ``tall`` fill ``box`` from exactly its side, from far away.

    ``middle`` is the height of the object's middle.
    """
    left, top, width, height = box
    scale, side = height / tall, SIDES[view]
    column, row = left + (width - 1) / 2, top + (height - 1) / 2
    stretch = width / wide / scale
    return Camera(side.azimuth, side.elevation, 0, 0, scale, column, row, (0, middle, 0), stretch)


@dataclass(frozen=True, slots=True)
class Stage:
    """The sights in one frame. ``extent`` is the object's size along x, y and z, the longest 1.

    An axis that no photo shows has an extent of 0 here. ``fitted`` says that the cameras are not the nominal ones;
    ``strain`` is what the outlines still miss each other by and how unlikely the cameras are, as a cost per photo.
    """

    sights: tuple[Sight, ...]
    extent: tuple[float, float, float]
    fitted: bool = False
    strain: float = 0.0

    @property
    def level(self) -> tuple[Sight, ...]:
        """The sights from around."""
        return tuple(sight for sight in self.sights if not sight.side.elevation)

    @property
    def plans(self) -> tuple[Sight, ...]:
        """The sights from above and below."""
        return tuple(sight for sight in self.sights if sight.side.elevation)

    def seen(self, axis: int) -> tuple[Sight, ...]:
        """The sights from around whose columns run along ``axis``."""
        return tuple(sight for sight in self.level if sight.side.across == axis)

    def pixel(self, sight: Sight, points: Floats) -> tuple[Floats, Floats]:
        """The column and row of ``points`` (n, 3) in the sight's picture; (0, 0) is the first pixel's centre."""
        column, row, _ = sight.camera.project(points[:, 0], points[:, 1], points[:, 2])
        return column, row

    def overlooked(self, plans: tuple[Sight, ...]) -> "Stage":
        """The stage with sights from above and below, whose outlines fill its width and depth."""
        wide, tall, deep = self.extent
        placed = [replace(plan, camera=_nominal(plan.view, plan.box, wide, deep, tall / 2)) for plan in plans]
        return replace(self, sights=(*self.level, *placed))


def align(sights: tuple[Sight, ...]) -> Stage:
    """Nominal cameras for all: one height, and one width where two sights look at the same axis.

    A sight from above or below tells the width that no sight from around does.
    """
    level = tuple(sight for sight in sights if not sight.side.elevation)
    plans = tuple(sight for sight in sights if sight.side.elevation)
    widths = [0.0, 1.0, 0.0]
    for axis in (0, 2):
        ratios = [sight.box[2] / sight.box[3] for sight in level if sight.side.across == axis]
        if ratios:
            widths[axis] = float(np.exp(np.mean(np.log(ratios))))
    for plan in plans[:1]:
        widths[0] = widths[0] or widths[2] * plan.box[2] / plan.box[3]
        widths[2] = widths[2] or widths[0] * plan.box[3] / plan.box[2]
    wide, tall, deep = (width / max(widths) for width in widths)
    extent = (wide, tall, deep)
    placed = [
        replace(sight, camera=_nominal(sight.view, sight.box, extent[sight.side.across], tall, tall / 2))
        for sight in level
    ]
    return Stage(tuple(placed), extent).overlooked(plans)
