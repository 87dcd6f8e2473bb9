"""Turns the checked model into a product: three levels of detail, a thumbnail and a report."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maquette.domain.assets import Role
from maquette.domain.dimensions import Dimensions
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, OutputFile, Produced, StageSpec
from maquette.ports.processes import Limits

if TYPE_CHECKING:
    from maquette.media.meshes.mesh import Model


def work(desk: Desk) -> Produced:
    """``lod0`` to ``lod2`` (GLB) in metres, ``usdz``, ``thumbnail`` (PNG), and under ``report`` each rule."""
    from maquette.media.meshes.lods import make_lods, thumbnail
    from maquette.media.meshes.measure import measure_glb, measure_usdz
    from maquette.media.meshes.normalise import normalise
    from maquette.media.meshes.report import Subject, report
    from maquette.media.meshes.usdz_write import MEDIA_TYPE, write_usdz

    model = desk.of(Role.MODEL)[-1]
    data = model.path.read_bytes()
    before = measure_glb(data)
    size = Dimensions.of(desk.settings.get("dimensions"))
    whole = sized(normalise(data), size, in_metres=bool(model.stats.get("in_metres")))
    levels = make_lods(whole, desk.into, str(desk.settings["quality"]))
    desk.progress(0.8)
    picture, package = desk.into / "thumbnail.png", desk.into / "model.usdz"
    thumbnail(levels[0].path, picture)
    package.write_bytes(write_usdz(normalise(levels[0].path.read_bytes())))
    measured = {level.name: measure_glb(level.path.read_bytes()) for level in levels}
    measured["usdz"] = measure_usdz(package.read_bytes())
    source = (model.asset_id,)
    files = [
        OutputFile(level.path, Role.LOD, "model/gltf-binary", level.name, stats=level.stats, derived_from=source)
        for level in levels
    ]
    files.append(OutputFile(package, Role.USDZ, MEDIA_TYPE, "usdz", derived_from=source))
    told = tuple(replace(file, stats={**file.stats, **_facts(measured[file.name])}) for file in files)
    thumb = OutputFile(picture, Role.THUMBNAIL, "image/png", "thumbnail", derived_from=source)
    return Produced((*told, thumb), {"report": report(Subject(measured, size, before))})


def _facts(measures: Mapping[str, Any]) -> dict[str, Any]:
    """What an asset says of its model."""
    named = {"triangles": "triangles", "vertices": "vertices", "materials": "materials", "bounds_m": "size_m"}
    return {name: measures[measure] for name, measure in named.items() if measure in measures}


def sized(model: "Model", size: Dimensions, *, in_metres: bool) -> "Model":
    """The model at its true size. One of unknown size keeps its own if that is in metres, else becomes 1 m long."""
    from maquette.media.meshes.place import scale_to, scale_to_unit

    if size:
        return replace(model, mesh=scale_to(model.mesh, size))
    return model if in_metres else replace(model, mesh=scale_to_unit(model.mesh))


SPEC = StageSpec(
    stage=Stage.OPTIMIZING,
    version="2",
    work=work,
    reads=(Role.MODEL,),
    limits=Limits(seconds=600, memory_bytes=4096 * MIB, cpu_seconds=900),
    settings=("quality", "dimensions"),
)
