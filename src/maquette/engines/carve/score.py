"""How far a carved model can be trusted, from what the outlines say of each other and of the result."""

from dataclasses import dataclass

import numpy as np

from maquette.domain.assets import Quality, View
from maquette.engines.carve.field import distances
from maquette.engines.carve.sights import Sight, Stage
from maquette.media.meshes.mesh import Flags, Mesh
from maquette.media.meshes.rays import Caster

_SAMPLES = 192
_STRAINED = 40.0
"""The fit's strain that is as bad as an overlap of 1/e. Photos of one object have up to 5; of two mostly above 6."""
_DISAGREE = 0.88
"""Agreement of the outlines below which the photos do not show one rigid object from the sides they say."""


@dataclass(frozen=True, slots=True)
class Score:
    """``agreement``: the overlap (IoU) of opposite outlines, 1 without a pair, or how well fitted cameras explain them.

    ``fit``: that of the model's outlines with the photos'; ``quality``: both with the number of views in one figure.
    """

    agreement: float
    fit: float
    quality: Quality


def judge(stage: Stage, mesh: Mesh, method: str) -> Score:
    """Compares the outlines with each other and with the finished mesh."""
    caster = Caster(mesh)
    agreement = _agreement(stage)
    fit = float(np.mean([_overlap(*_shadows(sight, caster)) for sight in stage.sights]))
    trust = float(np.clip((min(agreement, fit) - 0.4) / 0.5, 0.2, 1))
    return Score(agreement, fit, Quality(round(_reach(stage) * trust, 3), _flags(stage, method, agreement)))


def _agreement(stage: Stage) -> float:
    """The mean overlap of opposite outlines; under fitted cameras a figure for how well these explain all outlines."""
    if stage.fitted:
        return float(np.exp(-stage.strain / _STRAINED))
    heights = (np.arange(_SAMPLES) + 0.5) / _SAMPLES * stage.extent[1]
    zero = np.zeros(1)
    pairs: list[float] = []
    for axis in (0, 2):
        across = ((np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5) * stage.extent[axis]
        places = (across, heights[:, None], zero) if axis == 0 else (zero, heights[:, None], across)
        masks = [distances(sight, *places) > 0 for sight in stage.seen(axis)]
        pairs += [_overlap(masks[0], masks[1])] if len(masks) == 2 else []
    return float(np.mean(pairs)) if pairs else 1.0


def _overlap(a: Flags, b: Flags) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def _shadows(sight: Sight, caster: Caster) -> tuple[Flags, Flags]:
    """Which pixels of a coarse raster over a photo show the object, and which the mesh covers: (rows * columns,)."""
    tall, wide = sight.mask.shape
    step = max(tall, wide) / _SAMPLES
    rows, columns = np.meshgrid(
        np.arange(step / 2, tall - 0.5, step), np.arange(step / 2, wide - 0.5, step), indexing="ij"
    )
    near = sight.camera.before(columns.ravel(), rows.ravel())
    shown = sight.mask[rows.astype(int), columns.astype(int)].ravel()
    return shown, caster.blocked(near, -sight.camera.toward(near))


def _reach(stage: Stage) -> float:
    """What this set of views can give at best."""
    more = 0.05 if stage.plans else 0.0
    if not (stage.seen(0) and stage.seen(2)):
        return 0.5 if more else 0.3 if len(stage.sights) == 1 else 0.4
    return {2: 0.65, 3: 0.75}.get(len(stage.level), 0.85) + more


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
