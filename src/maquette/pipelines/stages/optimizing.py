"""Turns the checked model into a product: true size, three levels of detail, a USDZ, pictures and a report."""

from collections.abc import Mapping
from types import MappingProxyType

from maquette.domain.assets import Role
from maquette.domain.dimensions import Dimensions
from maquette.domain.states import Stage
from maquette.media.meshes.levels import levels_for
from maquette.media.meshes.profiles import budget
from maquette.pipelines.stage import MIB, Desk, OutputFile, Produced, StageSpec
from maquette.ports.processes import Limits

_ROLES: Mapping[str, Role] = MappingProxyType(
    {"usdz": Role.USDZ, "thumbnail": Role.THUMBNAIL, "poster": Role.PREVIEW, "turntable": Role.PREVIEW}
)


def work(desk: Desk) -> Produced:
    """The files of ``media.meshes.finish``, and under ``report`` each rule of each profile."""
    from maquette.media.meshes.finish import Wanted, finish

    model, asked = desk.of(Role.MODEL)[-1], desk.settings
    bounds = (asked.get("triangles"), asked.get("bytes"))
    wanted = Wanted(
        levels_for(str(asked["quality"]), *bounds),
        Dimensions.of(asked.get("dimensions")),
        in_metres=bool(model.stats.get("in_metres")),
        budget=budget(*bounds),
    )
    products, report = finish(model.path.read_bytes(), wanted, desk.into, desk.progress)
    files = tuple(
        OutputFile(
            product.path,
            _ROLES.get(product.name, Role.LOD),
            product.media_type,
            product.name,
            stats=product.stats,
            derived_from=(model.asset_id,),
        )
        for product in products
    )
    return Produced(files, {"report": report})


SPEC = StageSpec(
    stage=Stage.OPTIMIZING,
    version="3",
    work=work,
    reads=(Role.MODEL,),
    limits=Limits(seconds=600, memory_bytes=4096 * MIB, cpu_seconds=900),
    settings=("quality", "dimensions", "triangles", "bytes"),
)
