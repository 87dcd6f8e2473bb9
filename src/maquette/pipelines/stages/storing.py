"""Checks our own copy of the model: what an engine delivers is untrusted until it has been read."""

from maquette.domain.assets import Role
from maquette.domain.errors import Permanent
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, Produced, StageSpec
from maquette.ports.processes import Limits


def work(desk: Desk) -> Produced:
    """Fails with ``model_invalid``; produces the model's measured figures."""
    from dataclasses import asdict

    from maquette.media.meshes.glb_read import inspect_glb

    models = desk.of(Role.MODEL)
    if not models:
        raise Permanent("model_invalid", "The engine delivered no model.")
    return Produced(data={"model": asdict(inspect_glb(models[-1].path.read_bytes()))})


SPEC = StageSpec(
    stage=Stage.STORING,
    version="1",
    work=work,
    reads=(Role.MODEL,),
    limits=Limits(seconds=120, memory_bytes=2048 * MIB, cpu_seconds=120),
)
