"""How far a carved model can be trusted, from what the outlines say of each other and of the result."""

from dataclasses import dataclass

import numpy as np

from maquette.domain.assets import Quality, View
from maquette.engines.carve.sights import Sight, Stage
from maquette.media.meshes.mesh import Flags, Floats, Mesh
from maquette.media.meshes.rays import Caster

_SAMPLES = 192
_DISAGREE = 0.88
"""Overlap of two opposite outlines below which the photos do not show one rigid object from exact sides."""


@dataclass(frozen=True, slots=True)
class Score:
    """``agreement``: the overlap (IoU) of opposite outlines, 1 without a pair; ``fit``: that of the model's outlines
    with the photos'; ``quality``: both with the number of views in one figure."""

    agreement: float
    fit: float
    quality: Quality


def judge(stage: Stage, mesh: Mesh, method: str) -> Score:
    """Compares the outlines with each other and with the finished mesh."""
    heights = (np.arange(_SAMPLES) + 0.5) / _SAMPLES * stage.extent[1]
    caster = Caster(mesh)
    pairs: list[float] = []
    fits: list[float] = []
    for axis in (0, 2):
        across = ((np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5) * stage.extent[axis]
        masks = [stage.signed_distance(sight, across, heights) > 0 for sight in stage.seen(axis)]
        pairs += [_overlap(masks[0], masks[1])] if len(masks) == 2 else []
        fits += [
            _overlap(mask, _shadow(sight, caster, across, heights))
            for sight, mask in zip(stage.seen(axis), masks, strict=True)
        ]
    agreement, fit = float(np.mean(pairs)) if pairs else 1.0, float(np.mean(fits))
    trust = float(np.clip((min(agreement, fit) - 0.4) / 0.5, 0.2, 1))
    return Score(agreement, fit, Quality(round(_reach(stage) * trust, 3), _flags(stage, method, agreement)))


def _overlap(a: Flags, b: Flags) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def _shadow(sight: Sight, caster: Caster, across: Floats, heights: Floats) -> Flags:
    """Which of the samples the mesh covers, seen from the sight's side: (heights, across)."""
    origins = np.zeros((len(heights) * len(across), 3))
    origins[:, sight.side.across] = np.tile(across, len(heights))
    origins[:, 1] = np.repeat(heights, len(across))
    toward = np.array(sight.side.toward)
    return caster.blocked(origins + 2 * toward, -toward).reshape(len(heights), len(across))


def _reach(stage: Stage) -> float:
    """What this set of views can give at best."""
    if not (stage.seen(0) and stage.seen(2)):
        return 0.3 if len(stage.sights) == 1 else 0.4
    return {2: 0.65, 3: 0.75}.get(len(stage.sights), 0.85)


def _flags(stage: Stage, method: str, agreement: float) -> tuple[str, ...]:
    views = {sight.view for sight in stage.sights}
    found = {
        "single_view": len(views) == 1,
        "relief": method == "relief",
        "hull": method == "hull",
        "unseen_sides_guessed": len(views & {View.FRONT, View.BACK}) == 1 or len(views & {View.LEFT, View.RIGHT}) == 1,
        "views_disagree": agreement < _DISAGREE,
        "object_cropped": any(sight.cropped for sight in stage.sights),
    }
    return tuple(flag for flag, holds in found.items() if holds)
