"""How large a model is delivered, depending on who knows its size; and what else comes of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.domain.dimensions import UNKNOWN, Dimensions
from maquette.media.meshes import usdz_write
from maquette.media.meshes.finish import Wanted, finish, sized
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.levels import levels_for
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.place import stand
from maquette.media.meshes.profiles import budget


@pytest.mark.parametrize(
    ("size", "in_metres", "height"),
    [
        (Dimensions(height=0.5), False, 0.5),
        (Dimensions(height=0.5), True, 0.5),
        (UNKNOWN, True, 6.0),
        (UNKNOWN, False, 1.0),
    ],
)
def test_a_given_size_counts_then_the_files_own_then_a_metre(
    box: Mesh, size: Dimensions, in_metres: bool, height: float
) -> None:
    tall = stand(replace(box, positions=box.positions * np.array([1, 3, 2], np.float32)))
    model = sized(Model(tall, np.zeros((8, 8, 3), np.uint8)), size, in_metres=in_metres)
    assert np.ptp(model.mesh.positions, axis=0) == pytest.approx([height / 3, height, height * 2 / 3])


def test_a_level_that_is_too_large_for_a_usdz_gives_way_to_a_smaller_one(
    painted: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usdz_write, "MAX_BYTES", 85_000)
    levels = levels_for("medium", 6000)
    products, report = finish(write_glb(painted), Wanted(levels), tmp_path, lambda fraction: None)
    sizes = {product.name: product.stats["triangles"] for product in products if "triangles" in product.stats}
    assert sizes["lod0"] > sizes["usdz"] == sizes["lod1"]
    assert "quick_look" in report["accepted"]


def test_a_budget_that_cannot_be_kept_fails_in_the_report_and_not_the_job(painted: Model, tmp_path: Path) -> None:
    wanted = Wanted(levels_for("medium", 600, 5_000), budget=budget(600, 5_000))
    _, report = finish(write_glb(painted), wanted, tmp_path, lambda fraction: None)
    assert report["refused"][0] == "budget"
    verdicts = {rule["rule"]: rule["status"] for rule in report["profiles"][0]["rules"]}
    assert verdicts == {"triangles": "fixed", "bytes": "fail"}
    assert budget(None, None) is None
