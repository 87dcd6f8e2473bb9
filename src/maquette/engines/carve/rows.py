"""An outline read row by row: where each row enters and leaves the object, and what in it is body, what limb."""

from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.mesh import Flags, Floats

_BODY = 0.4
"""A limb is what a disc of this share of the largest inscribed disc's radius cannot reach."""
_APART = 0.25
"""A limb stands apart from the body, with air between, in this share of its rows; a mere corner never does."""
_LONG, _MATCHED = 0.25, 0.1
"""Or it sticks out by this share of the largest inscribed disc's radius, and in no more than this share of its rows the
other outline has something thin too: a hoop, a brim or a corner shows in both."""


@dataclass(frozen=True, slots=True)
class Runs:
    """For each row and place along it, the nearest run: its ``middle``, its ``half`` width, and the ``cap`` on depth.

    All are (rows, places). A row without a run has a half width of 0; without a cap it is infinite.
    """

    middle: Floats
    half: Floats
    cap: Floats

    def reach(self, along: Floats) -> Floats:
        """How far each place is from its run's middle: 1 at the ends of the run, more outside. (rows, places)."""
        return np.abs(along - self.middle) / np.maximum(self.half, 1e-9)


@dataclass(frozen=True, slots=True)
class Rows:
    """The runs of the body and, where something thin stands beside it in the same row, those of the limbs."""

    body: Runs
    limbs: Runs | None


Span = tuple[float, float, float]
"""Start, end and cap."""


def read_rows(signed: Floats, along: Floats, other: Floats | None = None) -> Rows:
    """Splits an outline's signed distance (rows, places), sampled at ``along`` (places,), into body and limbs.

    ``other`` is that of the other outline (rows, any places). Only where it has one run a limb has no outline of its
    own. Without it all is body.
    """
    limbs, radius = np.zeros(signed.shape, np.bool_), np.zeros(signed.shape)
    if other is not None:
        limbs, radius = _find_limbs(signed, other, along[1] - along[0])
    body_spans: list[list[Span]] = []
    limb_spans: list[list[Span]] = []
    for row, thin, cap in zip(signed, limbs, radius, strict=True):
        body, beside = _split(row, thin, cap, along)
        body_spans.append(body)
        limb_spans.append(beside)
    found = any(limb_spans)
    return Rows(_spread(body_spans, along), _spread(limb_spans, along) if found else None)


def _find_limbs(signed: Floats, other: Floats, step: float) -> tuple[Flags, Floats]:
    """Which cells belong to limbs, and for those the radius of the largest disc in the limb. (rows, places) each."""
    import cv2

    inside, thin = signed > 0, _thin(signed, step)
    thick = inside & ~thin
    single = _single_runs(other)
    bumpy: Flags = np.any(_thin(other, step), axis=1, keepdims=True)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8), connectivity=4)
    limbs = np.zeros(inside.shape, np.bool_)
    radius = np.zeros(inside.shape)
    for number in range(1, count):
        left, top, width, height = (int(value) for value in boxes[number, :4])
        place = (slice(top, top + height), slice(left, left + width))
        part, body = labels[place] == number, thick[place[0]]
        long = width * step >= _LONG * signed.max()
        alone = long and bool(body.any(axis=1).all()) and bumpy[place[0]].mean() <= _MATCHED
        if single[place[0]].all() and (alone or _stands_apart(part, inside[place[0]], body, place[1])):
            limbs[place] |= part
            radius[place][part] = signed[place][part].max()
    return limbs, radius


def _thin(signed: Floats, step: float) -> Flags:
    """The cells of an outline that the disc of its body cannot reach, (rows, places)."""
    import cv2

    inside = signed > 0
    reach = _BODY * signed.max()
    core = signed > reach
    return inside & (cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5) * step > reach + step)


def _single_runs(signed: Floats) -> Flags:
    """Which rows of an outline are one unbroken run, (rows,)."""
    inside = np.pad(signed > 0, ((0, 0), (1, 0)))
    return (inside[:, 1:] & ~inside[:, :-1]).sum(axis=1) == 1


def _stands_apart(part: Flags, inside: Flags, body: Flags, columns: slice) -> bool:
    """Whether in enough of its rows the part has the body beside it, but not next to it."""
    apart = 0
    for cells, row, solid in zip(part, inside, body, strict=True):
        run = np.cumsum(np.diff(row, prepend=False))
        own = np.unique(run[columns][cells])
        apart += bool(solid.any() and not np.isin(run[solid], own).any())
    return apart >= max(_APART * len(part), 3)


def _split(row: Floats, thin: Flags, radius: Floats, along: Floats) -> tuple[list[Span], list[Span]]:
    """The body's and the limbs' spans of one row. A row that is all limb has nothing to stand beside: it is body."""
    whole = _spans(row, along)
    solid = (row > 0) & ~thin
    if not thin.any() or not solid.any():
        return [(start, end, np.inf) for start, end in whole], []
    step = along[1] - along[0]
    body: list[Span] = []
    limbs: list[Span] = []
    for start, end in whole:
        within = (along >= start - step / 2) & (along <= end + step / 2)
        cells = np.flatnonzero(within & thin)
        rest = np.flatnonzero(within & solid)
        if not len(rest):
            limbs.append((start, end, float(radius[cells].max()) if len(cells) else np.inf))
            continue
        left, right = start, end
        before, after = cells[cells < rest[0]], cells[cells > rest[-1]]
        # a limb reaches two voxels into the body, so that the two grow together
        if len(before):
            left = float(along[rest[0]])
            limbs.append((start, left + 2 * step, float(radius[before].max())))
        if len(after):
            right = float(along[rest[-1]])
            limbs.append((right - 2 * step, end, float(radius[after].max())))
        body.append((left, right, np.inf))
    return body, limbs


def _spans(row: Floats, along: Floats) -> list[tuple[float, float]]:
    """Where a row's signed distance is positive; the ends are interpolated between the samples."""
    positive = np.concatenate([[False], row > 0, [False]])
    starts = np.flatnonzero(positive[1:] & ~positive[:-1])
    ends = np.flatnonzero(positive[:-1] & ~positive[1:]) - 1

    def crossing(outside: int, inside: int) -> float:
        if not 0 <= outside < len(row):
            return float(along[inside])
        share = row[inside] / (row[inside] - row[outside])
        return float(along[inside] + (along[outside] - along[inside]) * share)

    return [(crossing(a - 1, a), crossing(b + 1, b)) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


def _spread(rows: list[list[Span]], along: Floats) -> Runs:
    """For each place of each row, the run that it is in or next to."""
    shape = (len(rows), len(along))
    middle, half, cap = np.zeros(shape), np.zeros(shape), np.full(shape, np.inf)
    for index, spans in enumerate(rows):
        if not spans:
            continue
        table = np.array(spans)
        gaps = np.maximum(table[:, :1] - along, along - table[:, 1:2])
        nearest = table[np.argmin(gaps, axis=0)]
        middle[index] = (nearest[:, 0] + nearest[:, 1]) / 2
        half[index] = (nearest[:, 1] - nearest[:, 0]) / 2
        cap[index] = nearest[:, 2]
    return Runs(middle, half, cap)
