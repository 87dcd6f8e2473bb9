"""Settles what the mesher will get: which cut-outs, seen from where."""

from maquette.domain.assets import CAPTURE_VIEWS, MODEL_VIEWS, Role
from maquette.domain.errors import Permanent
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, Produced, StageSpec
from maquette.ports.processes import Kind, Limits


def work(desk: Desk) -> Produced:
    """Fails without a cut-out, and when one has no view or two have the same: that model would be wrong, not worse.

    A photo that could not be cut out is simply not there; the model is made from the others.
    """
    if not desk.of(Role.CUTOUT):
        raise Permanent("no_photo", "No cut-out is left to make a model from.", "Take the photos again, or give a box.")
    views = [cutout.view for cutout in desk.of(Role.CUTOUT)]
    unnamed = [cutout.name for cutout in desk.of(Role.CUTOUT) if cutout.view not in MODEL_VIEWS]
    if unnamed:
        raise Permanent("view_missing", f"No view for: {', '.join(unnamed)}.")
    if len(set(views)) < len(views):
        raise Permanent("duplicate_view")
    if not set(views) & set(CAPTURE_VIEWS):
        raise Permanent("view_missing", "Photos from above and below need one from a side.")
    return Produced(data={"views": [view.value for view in views if view]})


SPEC = StageSpec(
    stage=Stage.SUBMITTING,
    version="1",
    work=work,
    reads=(Role.CUTOUT,),
    limits=Limits(seconds=60, memory_bytes=300 * MIB, cpu_seconds=30),
    kind=Kind.DECODE,
)
