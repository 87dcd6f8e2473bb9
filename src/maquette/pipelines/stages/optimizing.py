"""Turns the checked model into a product: three levels of detail, a thumbnail and a report."""

from typing import Any

from maquette.domain.assets import Role
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, OutputFile, Produced, StageSpec
from maquette.ports.processes import Limits


def work(desk: Desk) -> Produced:
    """``lod0`` to ``lod2`` (GLB), ``thumbnail`` (PNG), and under ``report`` each rule with its measured value."""
    from maquette.media.meshes.lods import make_lods, thumbnail
    from maquette.media.meshes.measure import measure_glb
    from maquette.media.meshes.report import Subject, report

    model = desk.of(Role.MODEL)[-1]
    before = measure_glb(model.path.read_bytes())
    levels = make_lods(model.path, desk.into, str(desk.settings["quality"]))
    desk.progress(0.8)
    picture = desk.into / "thumbnail.png"
    thumbnail(levels[0].path, picture)
    measured = {level.name: measure_glb(level.path.read_bytes()) for level in levels}
    source = (model.asset_id,)
    files = [
        OutputFile(
            level.path, Role.LOD, "model/gltf-binary", level.name,
            stats={**level.stats, **_facts(measured[level.name])}, derived_from=source,
        )
        for level in levels
    ]  # fmt: skip
    files.append(OutputFile(picture, Role.THUMBNAIL, "image/png", "thumbnail", derived_from=source))
    return Produced(tuple(files), {"report": report(Subject(measured, before=before))})


def _facts(measures: dict[str, Any]) -> dict[str, Any]:
    """What an asset says of its model beyond what the levels know of themselves."""
    return {"materials": measures["materials"], "bounds_m": measures["size_m"]}


SPEC = StageSpec(
    stage=Stage.OPTIMIZING,
    version="2",
    work=work,
    reads=(Role.MODEL,),
    limits=Limits(seconds=600, memory_bytes=4096 * MIB, cpu_seconds=900),
    settings=("quality",),
)
