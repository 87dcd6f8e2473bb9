"""Minimum barrier distance: how far colours must swing on the calmest way from the backdrop to a pixel.

After Strand, Ciesielski, Malmberg, Saha, "The minimum barrier distance", CVIU 117 (2013), with the raster
sweeps of Zhang et al., "Minimum barrier salient object detection at 80 FPS", ICCV 2015. Each sweep moves a whole
row or column at once, so that NumPy carries it.
"""

import numpy as np

from maquette.engines.grabcut.pixels import Floats, Mask


def barrier_distance(picture: Floats, seeds: Mask, passes: int = 2) -> Floats:
    """Returns (H, W): per pixel the sum over channels of (highest - lowest) on the best way found from a seed."""
    down = np.ascontiguousarray(picture.transpose(0, 2, 1))
    across = np.ascontiguousarray(picture.transpose(1, 2, 0))
    distance = np.where(seeds, 0, np.inf).astype(np.float32)
    highest, lowest, values = down.copy(), down.copy(), down
    for turn in range(2 * passes):
        _sweep(distance, highest, lowest, values)
        _sweep(distance[::-1], highest[::-1], lowest[::-1], values[::-1])
        distance = np.ascontiguousarray(distance.T)
        highest, lowest = (np.ascontiguousarray(state.transpose(2, 1, 0)) for state in (highest, lowest))
        values = down if turn % 2 else across
    return distance


def _sweep(distance: Floats, highest: Floats, lowest: Floats, picture: Floats) -> None:
    """Carries the distances one row further, from the first row to the last; rows are (channels, width)."""
    for row in range(1, len(distance)):
        high = np.maximum(highest[row - 1], picture[row])
        low = np.minimum(lowest[row - 1], picture[row])
        reached = (high - low).sum(0)
        better = reached < distance[row]
        np.copyto(distance[row], reached, where=better)
        np.copyto(highest[row], high, where=better)
        np.copyto(lowest[row], low, where=better)
