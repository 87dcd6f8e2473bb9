"""How far a cut-out can be trusted, in a number and in words.

The weights were set by eye on 55 cut-outs with known truth: in calm scenes the mask is good and errs where GrabCut
and its starting point disagree; in busy ones it is a guess, a better one when a person drew a box.
"""

import numpy as np

from maquette.domain.assets import Quality
from maquette.engines.grabcut.pixels import Bytes, Mask, blurred, distance_to, grown
from maquette.engines.grabcut.segment import Segment

_LOW_SCORE = 0.5
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


def judge(rgb: Bytes, found: Segment, *, boxed: bool) -> Quality:
    """Scores a cut-out at the size of its segmentation."""
    likely = found.scene.object & (found.mask | ~found.scene.seams)
    doubt = 1 - int((found.mask & likely).sum()) / max(1, int((found.mask | likely).sum()))
    trusted = 1 - doubt - 0.02 * found.scene.spread
    guessed = (0.7 if boxed else 0.45) - 0.3 * doubt
    faults = _faults(rgb, found)
    score = round(min(1.0, max(0.0, (guessed if found.busy else trusted) - sum(faults.values()))), 3)
    return Quality(score, (*faults, "uncertain") if score < _LOW_SCORE else tuple(faults))


def _faults(rgb: Bytes, found: Segment) -> dict[str, float]:
    """The flags that apply and what each takes off the score."""
    edge = grown(found.barred, 3) & ~found.barred
    checks = [
        ("busy_background", 0.0, found.busy),
        ("low_contrast", 0.25, outline_contrast(rgb, found.mask, _FAINT_PERCENTILE) < _LOW_CONTRAST),
        ("touches_frame", 0.1, (found.mask & edge).sum() > _FRAME_SHARE * edge.sum()),
        ("tiny_subject", 0.15, found.mask.mean() < _TINY_SHARE),
    ]
    return {flag: cost for flag, cost, applies in checks if applies}


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
