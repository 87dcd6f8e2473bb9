"""Makes the textured model from the cut-outs."""

from maquette.domain.assets import MODEL_VIEWS, Role
from maquette.domain.hosting import Takes
from maquette.domain.states import Stage
from maquette.media.images.enclosing import enclose
from maquette.pipelines.orders import Draft
from maquette.pipelines.stage import MIB, Desk, InputFile, OutputFile, Produced, StageSpec
from maquette.ports.engines import Capability, Mesher, MeshRequest, ViewImage
from maquette.ports.hosting import Enclosure
from maquette.ports.processes import Limits


def work(desk: Desk) -> Produced:
    """One GLB as the engine made it, with its score and flags."""
    mesher: Mesher = desk.engine
    cutouts = _cutouts(desk)
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


def orders(desk: Desk, takes: Takes) -> tuple[Draft, ...]:
    """One order for all views that the provider can use; what it is not shown is noted."""
    cutouts = _cutouts(desk)
    fitting = [cutout for cutout in cutouts if not takes.views or cutout.view in takes.views] or cutouts[:1]
    shown = fitting[: max(takes.pictures, 1)]
    pictures: list[Enclosure] = []
    notes = [f"{cutout.view}:not_sent" for cutout in cutouts if cutout not in shown]
    for cutout in shown:
        enclosed = enclose(cutout.path, desk.into / f"view-{cutout.view}", takes, to_object=True)
        facts = enclosed.path, enclosed.media_type, enclosed.width, enclosed.height
        pictures.append(Enclosure(*facts, cutout.view))
        notes += [f"{cutout.view}:{note}" for note in enclosed.notes]
    return (Draft(tuple(pictures), wants=dict(desk.settings), notes=tuple(notes)),)


def _cutouts(desk: Desk) -> list[InputFile]:
    """In the order of the views."""
    return sorted(
        (cutout for cutout in desk.of(Role.CUTOUT) if cutout.view in MODEL_VIEWS),
        key=lambda cutout: MODEL_VIEWS.index(cutout.view or MODEL_VIEWS[0]),
    )


SPEC = StageSpec(
    stage=Stage.GENERATING,
    version="2",
    work=work,
    reads=(Role.CUTOUT,),
    limits=Limits(seconds=900, memory_bytes=6144 * MIB, cpu_seconds=1800),
    settings=("quality", "shape"),
    capability=Capability.MESHER,
    orders=orders,
)
