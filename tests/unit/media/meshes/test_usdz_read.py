"""What a USDZ says of itself: ours as written, others' as USD writes them, and damaged ones."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.domain.errors import Permanent
from maquette.media.meshes.measure import measure_usdz
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.profiles import PROFILES
from maquette.media.meshes.report import Subject, report
from maquette.media.meshes.usdz_read import _lz4, read_usdz
from maquette.media.meshes.usdz_write import package, write_usdz


def wedge() -> bytes:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    return write_usdz(Model(Mesh(corners, faces, np.ones((4, 3)), corners[:, :2]), np.zeros((64, 64, 3), np.uint8)))


def test_ours_is_measured_and_accepted(painted: Model) -> None:
    data = write_usdz(painted)
    measures = measure_usdz(data)
    assert measures == {
        "bytes": len(data),
        "triangles": len(painted.mesh.faces),
        "textures": 1,
        "texture_size": 256,
        "meters_per_unit": 1.0,
        "up_axis": "Y",
        "stored": True,
        "alignment": 64,
    }
    assert report(Subject({"usdz": measures}), [PROFILES["quick_look"]])["accepted"] == ["quick_look"]


def test_a_package_of_usds_own_reads_alike() -> None:
    usd = pytest.importorskip("pxr.Usd")
    from pxr import Sdf, UsdGeom

    layer = Sdf.Layer.CreateAnonymous(".usdc")
    stage = usd.Stage.Open(layer)
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    # long enough that USD packs its tables
    for number in range(300):
        quad = UsdGeom.Mesh.Define(stage, f"/quad{number}")
        quad.CreatePointsAttr([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (number, 1, 0)])
        quad.CreateFaceVertexCountsAttr([4, 3])
        quad.CreateFaceVertexIndicesAttr([0, 1, 2, 3, 0, 3, 4])
    with_text = read_usdz(package({"x.usda": layer.ExportToString().encode()})).layer
    assert (with_text.meters_per_unit, with_text.up_axis, with_text.triangles) == (0.01, "Z", 900)


def test_the_crate_of_usds_own_reads_alike(tmp_path) -> None:
    usd = pytest.importorskip("pxr.Usd")
    from pxr import UsdGeom

    stage = usd.Stage.CreateNew(str(tmp_path / "x.usdc"))
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    for number in range(300):
        quad = UsdGeom.Mesh.Define(stage, f"/quad{number}")
        quad.CreatePointsAttr([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (number, 1, 0)])
        quad.CreateFaceVertexCountsAttr([4, 3, *[3] * number])
        quad.CreateFaceVertexIndicesAttr([0, 1, 2, 3, 0, 3, 4, *[0, 1, 2] * number])
    stage.Save()
    layer = read_usdz(package({"x.usdc": (tmp_path / "x.usdc").read_bytes()})).layer
    assert (layer.meters_per_unit, layer.up_axis, layer.triangles) == (0.01, "Z", 900 + sum(range(300)))


def test_what_breaks_the_layout_fails() -> None:
    with zipfile.ZipFile(io.BytesIO(wedge())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for method, failed in ((zipfile.ZIP_STORED, {"alignment"}), (zipfile.ZIP_DEFLATED, None)):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", method) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        found = report(Subject({"usdz": measure_usdz(target.getvalue())}), [PROFILES["quick_look"]])
        names = {rule["rule"] for rule in found["profiles"][0]["rules"] if rule["status"] == "fail"}
        assert names == (failed or {"alignment", "stored", "meters_per_unit", "up_axis", "triangles"})


@pytest.mark.parametrize("data", [b"PK\3\4", b"PK\5\6" + b"\0" * 18, b"", package({"a.png": b"x"})])
def test_what_is_no_package_is_refused(data: bytes) -> None:
    with pytest.raises(Permanent, match="model_invalid"):
        read_usdz(data)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_packages_are_refused_or_read_but_never_crash(data: st.DataObject) -> None:
    damaged = bytearray(wedge())
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_usdz(bytes(damaged))
    except Permanent as error:
        assert error.code == "model_invalid"


def test_a_block_that_would_grow_without_end_is_refused() -> None:
    bomb = b"\x1fa\1\0" + b"\xff" * 300_000 + b"\0"
    with pytest.raises(ValueError, match="damaged"):
        _lz4(bomb, 1 << 20)
