"""From a checked model to everything that is delivered of it: true size, levels, USDZ, pictures, report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maquette.domain.dimensions import UNKNOWN, Dimensions
from maquette.media.meshes import usdz_write
from maquette.media.meshes.facts import GLB, USDZ, facts
from maquette.media.meshes.fit import Lod, make_lods
from maquette.media.meshes.levels import Level
from maquette.media.meshes.measure import measure_glb, measure_usdz
from maquette.media.meshes.mesh import Model
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.pictures import poster, thumbnail, turntable
from maquette.media.meshes.place import scale_to, scale_to_unit
from maquette.media.meshes.profiles import PROFILES, Profile
from maquette.media.meshes.report import Subject, report
from maquette.media.meshes.studio import set_up

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``size`` is the object's true size. ``in_metres`` says that the file itself knows it, where nobody else does."""

    levels: tuple[Level, ...]
    size: Dimensions = UNKNOWN
    in_metres: bool = False
    budget: Profile | None = None
    """What the report holds the model against besides the profiles of shops."""


@dataclass(frozen=True, slots=True)
class Product:
    """One finished file, what it is called, and what is told of it."""

    name: str
    path: Path
    media_type: str
    stats: Mapping[str, Any]


def finish(data: bytes, wanted: Wanted, into: Path, progress: Progress) -> tuple[list[Product], dict[str, Any]]:
    """Writes ``lod0`` to ``lod2``, ``usdz``, ``thumbnail``, ``poster`` and ``turntable``; returns them and the report.

    Raises ``Permanent("model_invalid")`` for a model that cannot be read.
    """
    before, most = measure_glb(data), max(level.target for level in wanted.levels)
    model = sized(normalise(data, most), wanted.size, in_metres=wanted.in_metres)
    progress(0.2)
    lods = make_lods(model, into, wanted.levels)
    progress(0.5)
    measured = {lod.name: measure_glb(lod.path.read_bytes()) for lod in lods}
    package = into / "model.usdz"
    package.write_bytes(_packed(lods))
    measured["usdz"] = measure_usdz(package.read_bytes())
    products = [Product(lod.name, lod.path, GLB, {**lod.stats, **facts(measured[lod.name])}) for lod in lods]
    products.append(Product("usdz", package, USDZ, facts(measured["usdz"])))
    profiles = (*([wanted.budget] if wanted.budget else []), *PROFILES.values())
    progress(0.6)
    products += _pictures(lods[0], into, progress)
    return products, report(Subject(measured, wanted.size, before), profiles)


def sized(model: Model, size: Dimensions, *, in_metres: bool) -> Model:
    """The model at its true size. One of unknown size keeps its own if that is in metres, else becomes 1 m long."""
    if size:
        return replace(model, mesh=scale_to(model.mesh, size))
    return model if in_metres else replace(model, mesh=scale_to_unit(model.mesh))


def _packed(lods: Sequence[Lod]) -> bytes:
    """The USDZ of the largest level that fits into one, or the smallest of all."""
    data = b""
    for lod in lods:
        data = usdz_write.write_usdz(lod.model)
        if len(data) <= usdz_write.MAX_BYTES:
            break
    return data


def _pictures(lod: Lod, into: Path, progress: Progress) -> Iterator[Product]:
    studio = set_up(lod.model)
    for done, (name, media_type, suffix, make) in enumerate(
        (
            ("thumbnail", "image/png", "png", thumbnail),
            ("poster", "image/jpeg", "jpg", poster),
            ("turntable", "image/webp", "webp", turntable),
        )
    ):
        path = into / f"{name}.{suffix}"
        make(studio, path)
        progress(0.7 + 0.1 * done)
        yield Product(name, path, media_type, {})
