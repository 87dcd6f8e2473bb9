"""USDZ packages, as Pixar's own reader and validators see them."""

import io
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pxr import Ar, Sdf, Usd, UsdGeom, UsdShade, UsdValidation

from hostile_models import small
from maquette.domain.errors import Permanent
from maquette.media.meshes import usdz_write
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.usd_crate import Double, Kind, Names, Spec, Specifier, Token, write_crate
from maquette.media.meshes.usdz_read import read_usdz
from maquette.media.meshes.usdz_write import package, write_usdz


@pytest.fixture(scope="module")
def usdz(painted: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("usdz") / "ball.usdz"
    path.write_bytes(write_usdz(painted, name="2 red chairs"))
    return path


@pytest.fixture(scope="module")
def stage(usdz: Path) -> Usd.Stage:
    return Usd.Stage.Open(str(usdz))


def complaints(path: Path) -> list[str]:
    """What all of USD's validators have to say."""
    registry = UsdValidation.ValidationRegistry()
    names = [about.name for about in registry.GetAllValidatorMetadata()]
    validators = [validator for validator in registry.GetOrLoadValidatorsByName(names) if validator]
    assert len(validators) > 20
    found = UsdValidation.ValidationContext(validators).Validate(Usd.Stage.Open(str(path)))
    return [error.GetErrorAsString() for error in found]


def test_the_stage_is_in_metres_with_y_upwards(stage: Usd.Stage) -> None:
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert stage.GetDefaultPrim().GetPath() == "/_2_red_chairs"
    assert Usd.ModelAPI(stage.GetDefaultPrim()).GetKind() == "component"


def test_the_mesh_is_the_same(stage: Usd.Stage, painted: Model) -> None:
    (mesh,) = [UsdGeom.Mesh(prim) for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)]
    expected = painted.mesh
    assert np.array_equal(np.array(mesh.GetPointsAttr().Get()), expected.positions)
    assert set(mesh.GetFaceVertexCountsAttr().Get()) == {3}
    assert np.array_equal(np.array(mesh.GetFaceVertexIndicesAttr().Get()).reshape(-1, 3), expected.faces)
    assert np.allclose(np.array(mesh.GetNormalsAttr().Get()), expected.normals, atol=1e-6)
    assert mesh.GetNormalsInterpolation() == "vertex"
    assert mesh.GetSubdivisionSchemeAttr().Get() == "none"
    layout = UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st")
    assert layout.GetInterpolation() == "vertex"
    # USD measures v from the bottom of the picture
    assert np.allclose(np.array(layout.Get()), expected.uv * [1, -1] + [0, 1])
    assert UsdGeom.Mesh.ValidateTopology(
        mesh.GetFaceVertexIndicesAttr().Get(), mesh.GetFaceVertexCountsAttr().Get(), len(expected.positions)
    )[0]


def test_the_bounds_are_right(stage: Usd.Stage, painted: Model) -> None:
    box = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["default"]).ComputeWorldBound(stage.GetPseudoRoot())
    low, high = box.ComputeAlignedRange().GetMin(), box.ComputeAlignedRange().GetMax()
    assert np.allclose([low, high], [painted.mesh.positions.min(0), painted.mesh.positions.max(0)])


def test_the_surface_wears_the_texture_inside_the_package(stage: Usd.Stage, usdz: Path, painted: Model) -> None:
    (mesh,) = [prim for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)]
    material, _ = UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()
    surface, *_ = material.ComputeSurfaceSource()
    assert surface.GetShaderId() == "UsdPreviewSurface"
    assert surface.GetInput("metallic").Get() == 0
    assert surface.GetInput("roughness").Get() == pytest.approx(0.9)
    texture = UsdShade.Shader(surface.GetInput("diffuseColor").GetConnectedSource()[0].GetPrim())
    assert texture.GetInput("sourceColorSpace").Get() == "sRGB"
    reader = UsdShade.Shader(texture.GetInput("st").GetConnectedSource()[0].GetPrim())
    assert reader.GetInput("varname").Get() == "st"
    found = texture.GetInput("file").Get().resolvedPath
    assert found == f"{usdz}[base_color.jpg]"
    data = Ar.GetResolver().OpenAsset(Ar.ResolvedPath(found)).GetBuffer()
    picture = Image.open(io.BytesIO(bytes(data)))
    assert picture.format == "JPEG"
    assert np.abs(np.asarray(picture).astype(int) - painted.texture).mean() < 4


def test_no_validator_of_usd_complains(usdz: Path) -> None:
    assert complaints(usdz) == []


def test_the_validators_would_see_a_package_that_is_not_aligned(usdz: Path, tmp_path: Path) -> None:
    path = tmp_path / "loose.usdz"
    with zipfile.ZipFile(usdz) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert complaints(path)


def test_the_package_is_a_stored_zip_with_the_layer_first(usdz: Path) -> None:
    data = usdz.read_bytes()
    with zipfile.ZipFile(usdz) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["model.usdc", "base_color.jpg"]
    for entry in entries:
        assert entry.compress_type == zipfile.ZIP_STORED
        name, extra = (int.from_bytes(data[entry.header_offset + at :][:2], "little") for at in (26, 28))
        begins = entry.header_offset + 30 + name + extra
        assert begins % 64 == 0
        assert zipfile.ZipFile(usdz).read(entry) == data[begins : begins + entry.file_size]


@pytest.mark.parametrize("length", range(1, 70, 7))
def test_every_length_of_name_keeps_the_alignment(length: int) -> None:
    data = package({"x" * length: b"first", "b": b"second"})
    assert data.index(b"first") % 64 == data.index(b"second") % 64 == 0


def test_equal_models_make_equal_packages(painted: Model) -> None:
    assert write_usdz(painted) == write_usdz(painted)


def test_a_package_is_smaller_than_its_glb(painted: Model, glb: bytes) -> None:
    assert len(write_usdz(painted)) < len(glb)


def test_a_texture_loses_quality_rather_than_break_the_limit(painted: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = replace(painted, texture=np.random.default_rng(1).integers(0, 256, (512, 512, 3), np.uint8))
    usual = len(write_usdz(noise))
    monkeypatch.setattr(usdz_write, "MAX_BYTES", usual - 10_000)
    assert usual * 0.7 < len(write_usdz(noise)) <= usual - 10_000


def test_a_model_that_cannot_fit_gets_the_smallest_package(painted: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = len(write_usdz(painted))
    monkeypatch.setattr(usdz_write, "MAX_BYTES", 50_000)
    assert 50_000 < len(write_usdz(painted)) < usual


def test_a_bare_mesh_is_refused(painted: Model) -> None:
    bare = Model(Mesh(painted.mesh.positions, painted.mesh.faces), painted.texture)
    with pytest.raises(ValueError, match="normals"):
        write_usdz(bare)


def layer_of(value: Any, kind: str, folder: Path) -> Sdf.Layer:
    specs = [
        Spec("/", Kind.ROOT, {"primChildren": Names(("a",))}),
        Spec("/a", Kind.PRIM, {"specifier": Specifier.DEF, "properties": Names(("v", "w"))}),
        Spec("/a.v", Kind.ATTRIBUTE, {"typeName": Token(kind), "default": value}),
        Spec("/a.w", Kind.ATTRIBUTE, {"typeName": Token("bool"), "default": True}),
    ]
    (folder / "layer.usdc").write_bytes(write_crate(specs))
    return Sdf.Layer.OpenAsAnonymous(str(folder / "layer.usdc"))


@given(st.lists(st.integers(-(2**31), 2**31 - 1) | st.integers(-300, 300), min_size=1, max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_integers_survive_packing(tmp_path_factory: pytest.TempPathFactory, values: list[int]) -> None:
    layer = layer_of(np.array(values, np.int32), "int[]", tmp_path_factory.getbasetemp())
    assert list(layer.GetAttributeAtPath("/a.v").default) == values
    assert layer.GetAttributeAtPath("/a.w").default is True


@pytest.mark.parametrize("value", [np.zeros(3), np.zeros((3, 4), np.float32), np.zeros((2, 2), np.int32), Double(0.01)])
def test_what_the_writer_cannot_hold_is_refused(value: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"array|32 bits"):
        layer_of(value, "double", tmp_path)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_bytes_of_a_package_may_change(data: st.DataObject) -> None:
    changed = bytearray(write_usdz(normalise(small())))
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=8)):
        changed[place] = data.draw(st.integers(0, 255))
    with suppress(Permanent):
        read_usdz(bytes(changed[: data.draw(st.integers(len(changed) // 2, len(changed)))]))


def test_a_package_of_a_later_zip_is_refused() -> None:
    data = bytearray(write_usdz(normalise(small())))
    data[data.index(b"PK\1\2") + 6] = 99
    with pytest.raises(Permanent) as caught:
        read_usdz(bytes(data))
    assert caught.value.code == "model_invalid"
