"""How far a cut-out can be trusted, in a number and in words: the score is the IoU to expect."""

import numpy as np

from maquette.domain.assets import Quality
from maquette.engines.grabcut.expect import UNCERTAIN
from maquette.engines.grabcut.pixels import Bytes, Mask, blurred, distance_to, grown
from maquette.engines.grabcut.segment import Segment

_LOW_CONTRAST = 25.0
_FAINT_PERCENTILE = 20
"""A fifth of the outline with steps below this (8-bit levels): the mask may have run over it there."""
_TINY_SHARE = 0.01
_FRAME_SHARE = 0.02
_NO_SUBJECT_SHARE = 0.0005
_NO_SUBJECT_CONTRAST = 5.0


def holds_subject(rgb: Bytes, mask: Mask) -> bool:
    """Whether a mask is more than a speck of noise on an even picture."""
    return float(mask.mean()) >= _NO_SUBJECT_SHARE and outline_contrast(rgb, mask, 50) >= _NO_SUBJECT_CONTRAST


def judge(rgb: Bytes, found: Segment) -> Quality:
    """Scores a cut-out at the size of its segmentation."""
    flags = _faults(rgb, found)
    return Quality(round(found.expected, 3), (*flags, "uncertain") if found.expected < UNCERTAIN else flags)


def _faults(rgb: Bytes, found: Segment) -> tuple[str, ...]:
    edge = grown(found.barred, 3) & ~found.barred
    checks = [
        ("busy_background", found.busy),
        ("low_contrast", outline_contrast(rgb, found.mask, _FAINT_PERCENTILE) < _LOW_CONTRAST),
        ("touches_frame", (found.mask & edge).sum() > _FRAME_SHARE * edge.sum()),
        ("tiny_subject", found.mask.mean() < _TINY_SHARE),
    ]
    return tuple(flag for flag, applies in checks if applies)


def outline_contrast(rgb: Bytes, mask: Mask, percentile: int) -> float:
    """A percentile of the colour steps across the outline, Euclidean over RGB, 8-bit levels."""
    inside = mask & (distance_to(~mask) <= 4)
    beyond = ~mask & (distance_to(mask) <= 4)
    sides = [
        blurred(rgb * side[..., None], 2) / np.maximum(blurred(side, 2), 1e-3)[..., None] for side in (inside, beyond)
    ]
    outline = mask & (distance_to(~mask) <= 1.5)
    steps = np.linalg.norm(sides[0] - sides[1], axis=-1)[outline]
    return float(np.percentile(steps, percentile)) if steps.size else 0.0
