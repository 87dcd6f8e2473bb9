"""Minimum barrier distance: how far colours must swing on the calmest way from the backdrop to a pixel.

After Strand, Ciesielski, Malmberg, Saha, "The minimum barrier distance", CVIU 117 (2013), with the raster
sweeps of Zhang et al., "Minimum barrier salient object detection at 80 FPS", ICCV 2015. Each sweep moves a whole
row or column at once, so that NumPy carries it.
"""

import numpy as np

from maquette.engines.grabcut.pixels import Floats, Mask


def barrier_distance(picture: Floats, seeds: Mask, passes: int = 2) -> Floats:
    """Returns (H, W): per pixel the sum over channels of (highest - lowest) on the best way found from a seed."""
    distance = np.where(seeds, 0, np.inf).astype(np.float32)
    highest, lowest = picture.copy(), picture.copy()
    for _ in range(passes):
        for turned in (False, True):
            views = [distance.T, highest.swapaxes(0, 1), lowest.swapaxes(0, 1), picture.swapaxes(0, 1)]
            if not turned:
                views = [distance, highest, lowest, picture]
            _sweep(*views)
            _sweep(*(view[::-1] for view in views))
    return distance


def _sweep(distance: Floats, highest: Floats, lowest: Floats, picture: Floats) -> None:
    """Carries the distances one row further, from the first row to the last; writes through the views."""
    for row in range(1, len(distance)):
        high = np.maximum(highest[row - 1], picture[row])
        low = np.minimum(lowest[row - 1], picture[row])
        reached = (high - low).sum(-1)
        better = reached < distance[row]
        distance[row][better] = reached[better]
        highest[row][better] = high[better]
        lowest[row][better] = low[better]
