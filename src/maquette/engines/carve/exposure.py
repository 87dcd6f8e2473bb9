"""Photos of one object that the camera exposed differently, brought to one brightness."""

import numpy as np

from maquette.media.meshes.mesh import Floats

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LIMIT = 0.2
"""The largest correction, in natural logarithms of the sRGB value: about a stop of light."""
_ALIKE = 0.05
"""Where the shares of red, green and blue of two photos differ by more, they show different things."""
_ENOUGH = 0.004
"""The least share of the texels that two photos must have in common."""
_SPREAD = 0.12
"""The largest median deviation of their ratio: above it the photos do not show the same surface."""
_DOUBT = 0.4
"""Weight of the belief that nothing was wrong, against one good pair."""
_LAMP = 0.1
"""Weight of the belief that no lamp stood to one side."""


def gains(shown: list[tuple[Floats, Floats]], toward: list[Floats]) -> Floats:
    """One factor per photo, to be applied to all three channels alike: never a tint.

    ``shown`` has for each photo its colours (n, 3), sRGB, of all texels, and how well it shows them (n,), 0..1;
    ``toward`` (3,) points to its camera. Only what two photos show well and in the same hue counts, so that two sides
    of different colours are left alone. A lamp that stands to one side of every camera makes each photo brighter than
    its neighbour in the same sense: that is solved for beside the factors, and left alone too.
    """
    count = len(shown)
    equations, values = [np.diag([_DOUBT] * count + [_LAMP])], [np.zeros(count + 1)]
    for i in range(count):
        for j in range(i + 1, count):
            found = _ratio(*shown[i], *shown[j])
            if found is not None:
                row = np.zeros((1, count + 1))
                row[0, i], row[0, j] = 1, -1
                row[0, count] = np.cross(toward[i], toward[j])[1]
                equations.append(row)
                values.append(np.array([found]))
    solved = np.linalg.lstsq(np.concatenate(equations), np.concatenate(values), rcond=None)[0][:count]
    return np.exp(np.clip(solved, -_LIMIT, _LIMIT)).astype(np.float32)


def _ratio(one: Floats, well: Floats, other: Floats, too: Floats) -> float | None:
    """The logarithm of the brightness of the other photo against the one, where both show the same."""
    both = np.flatnonzero(np.minimum(well, too) > 0.4)
    if len(both) < _ENOUGH * len(well):
        return None
    a, b = one[both] + 16, other[both] + 16
    hue = a / a.sum(axis=1, keepdims=True) - b / b.sum(axis=1, keepdims=True)
    alike = np.abs(hue).sum(axis=1) < _ALIKE
    if alike.sum() < 0.5 * len(both):
        return None
    ratios = np.log((b[alike] @ _LUMA) / (a[alike] @ _LUMA))
    middle = float(np.median(ratios))
    even = float(np.median(np.abs(ratios - middle))) < _SPREAD
    return middle if even and abs(middle) < 2 * _LIMIT else None
