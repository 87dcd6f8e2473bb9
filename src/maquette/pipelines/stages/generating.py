"""Makes the textured model from the cut-outs."""

from maquette.domain.assets import MODEL_VIEWS, Role
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, OutputFile, Produced, StageSpec
from maquette.ports.engines import Capability, Mesher, MeshRequest, ViewImage
from maquette.ports.processes import Limits


def work(desk: Desk) -> Produced:
    """One GLB as the engine made it, with its score and flags."""
    mesher: Mesher = desk.engine
    cutouts = sorted(
        (cutout for cutout in desk.of(Role.CUTOUT) if cutout.view in MODEL_VIEWS),
        key=lambda cutout: MODEL_VIEWS.index(cutout.view or MODEL_VIEWS[0]),
    )
    images = tuple(ViewImage(cutout.view, cutout.path) for cutout in cutouts if cutout.view)
    wanted = desk.settings
    request = MeshRequest(images, desk.into, str(wanted["quality"]), desk.key, str(wanted["shape"]))
    model = mesher.mesh(request, desk.progress)
    output = OutputFile(
        path=model.model,
        role=Role.MODEL,
        media_type="model/gltf-binary",
        name="raw",
        stats=model.stats,
        quality=model.quality,
        derived_from=tuple(cutout.asset_id for cutout in cutouts),
    )
    return Produced((output,))


SPEC = StageSpec(
    stage=Stage.GENERATING,
    version="2",
    work=work,
    reads=(Role.CUTOUT,),
    limits=Limits(seconds=900, memory_bytes=6144 * MIB, cpu_seconds=1800),
    settings=("quality", "shape"),
    capability=Capability.MESHER,
)
