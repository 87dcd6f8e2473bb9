"""A mended copy of a model for given profiles: one mesh, one material, upright, at its size, within their limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from maquette.domain.dimensions import UNKNOWN, Dimensions
from maquette.media.meshes.fit import fit
from maquette.media.meshes.levels import Level
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.place import scale_to
from maquette.media.meshes.profiles import ANY, Profile, Rule, Test

_TRIES = 6


MOST = Level("", 2_000_000, 4096, 2_000_000, 500_000_000)
"""What is left alone where no profile has a limit."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The smallest of every limit that several profiles have."""

    level: Level
    vertices: int


def budget_of(profiles: Sequence[Profile], level: str) -> Budget:
    """What keeps every required and every advised limit of the profiles that are about GLB files."""
    rules = [rule for profile in profiles for rule in (*profile.files.get(level, ()), *profile.files.get(ANY, ()))]
    triangles = _least(rules, "triangles", MOST.triangles)
    texture, weight = _least(rules, "texture_size", MOST.texture), _least(rules, "bytes", MOST.bytes)
    return Budget(Level(level, triangles, texture, triangles, weight), _least(rules, "vertices", 3 * MOST.triangles))


def fix(data: bytes, profiles: Sequence[Profile], level: str = "lod0", size: Dimensions = UNKNOWN) -> bytes:
    """The model as a GLB that keeps what the profiles ask, as far as that can be done without inventing anything: holes
    stay open and textures are not enlarged. Without a ``size`` it stays as large as its file says.

    Raises ``Permanent("model_invalid")`` for a model that cannot be read.
    """
    budget = budget_of(profiles, level)
    model = normalise(data, budget.level.target)
    model = replace(model, mesh=scale_to(model.mesh, size))
    wanted = budget.level
    small, mended = fit(model, wanted)
    for _ in range(_TRIES):
        if len(small.mesh.positions) <= budget.vertices:
            break
        share = 0.95 * budget.vertices / len(small.mesh.positions)
        wanted = replace(wanted, target=int(len(small.mesh.faces) * share))
        small, mended = fit(model, wanted)
    return mended


def _least(rules: Iterable[Rule], measure: str, most: int) -> int:
    found = [int(rule.limit) for rule in rules if rule.measure == measure and rule.test is Test.AT_MOST]
    return min([most, *found])
