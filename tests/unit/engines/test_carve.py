"""Carve, on solids whose truth is a formula and whose photos come from the product's own renderer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from skimage.measure import marching_cubes

from khronos import validate
from maquette.domain.assets import View
from maquette.domain.errors import Permanent, Refused
from maquette.engines.carve import Carve
from maquette.media.meshes.camera import Camera
from maquette.media.meshes.glb_read import inspect_glb, read_parts
from maquette.media.meshes.mesh import Floats, Mesh, Model, is_watertight
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.render import render, render_solid
from maquette.ports.engines import MeshedModel, Mesher, MeshRequest, ViewImage

AZIMUTHS = {View.FRONT: 0, View.LEFT: 90, View.BACK: 180, View.RIGHT: 270}
COLOURS = {
    View.FRONT: (0.8, 0.1, 0.1),
    View.LEFT: (0.1, 0.7, 0.1),
    View.BACK: (0.8, 0.8, 0.1),
    View.RIGHT: (0.1, 0.1, 0.8),
}
Field = Callable[[Floats], Floats]


def box(p: Floats) -> Floats:
    """A box, 0.8 wide, 1 high, 0.5 deep."""
    return np.min([0.4 - abs(p[:, 0]), 0.5 - abs(p[:, 1]), 0.25 - abs(p[:, 2])], axis=0)


def ball(p: Floats) -> Floats:
    return 0.5 - np.linalg.norm(p, axis=1)


def mug(p: Floats) -> Floats:
    """An upright cylinder with a handle on its left (+X)."""
    body = np.minimum(0.3 - np.hypot(p[:, 0] + 0.15, p[:, 2]), 0.45 - abs(p[:, 1]))
    ring = 0.05 - np.hypot(np.hypot(p[:, 0] - 0.17, p[:, 1]) - 0.23, p[:, 2])
    return np.maximum(body, ring)


def ell(p: Floats) -> Floats:
    """A thick L: a block with a post at its right end (-X)."""
    base = np.min([0.5 - abs(p[:, 0]), 0.15 - abs(p[:, 1] + 0.35), 0.2 - abs(p[:, 2])], axis=0)
    post = np.min([0.15 - abs(p[:, 0] + 0.35), 0.5 - abs(p[:, 1]), 0.2 - abs(p[:, 2])], axis=0)
    return np.maximum(base, post)


def by_side(_points: Floats, normals: Floats) -> Floats:
    """Each surface in the colour of the side that it faces most."""
    azimuth = np.degrees(np.arctan2(normals[:, 0], normals[:, 2]))
    order = np.array([COLOURS[view] for view in AZIMUTHS])
    return order[np.round(azimuth / 90).astype(int) % 4]


def solid(field: Field) -> Mesh:
    axis = np.linspace(-0.6, 0.6, 97)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    vertices, faces, _, _ = marching_cubes(field(points).reshape(97, 97, 97), 0.0)
    return Mesh(vertices / 80 - 0.6, faces[:, ::-1].astype(np.int64))


@dataclass(frozen=True)
class Carved:
    field: Field
    result: MeshedModel
    model: Model
    progress: list[float]


class Studio:
    """Takes cut-out photos of solids and has them carved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = Carve()

    def photos(self, field: Field, views: list[View]) -> tuple[ViewImage, ...]:
        mesh = solid(field)
        found = []
        for view in views:
            path = self.folder / f"{field.__name__}-{view}.png"
            if not path.exists():
                camera = Camera(AZIMUTHS[view], 0, (0, 0, 0), 1.3)
                Image.fromarray(render_solid(mesh, by_side, camera, 288)).save(path)
            found.append(ViewImage(view, path))
        return tuple(found)

    def carve(self, field: Field, views: list[View], name: str) -> Carved:
        into = self.folder / name
        into.mkdir()
        seen: list[float] = []
        result = self.engine.mesh(MeshRequest(self.photos(field, views), into, "fast"), seen.append)
        return Carved(field, result, normalise(result.model.read_bytes()), seen)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def carved(studio: Studio) -> dict[str, Carved]:
    return {field.__name__: studio.carve(field, list(AZIMUTHS), field.__name__) for field in (box, ball, mug, ell)}


def overlap(item: Carved) -> float:
    """The IoU of the carved solid and the true one, both in their own bounding boxes, longest side 1."""
    truth = solid(item.field).positions
    middle, size = (truth.min(0) + truth.max(0)) / 2, np.ptp(truth, axis=0).max()
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (6000, 3))
    inside = item.field(points * size + middle) > 0
    vertices = item.model.mesh.positions
    centred = (vertices - (vertices.min(0) + vertices.max(0)) / 2) / np.ptp(vertices, axis=0).max()
    found = trimesh.Trimesh(centred, item.model.mesh.faces).contains(points)
    return (inside & found).sum() / (inside | found).sum()


def colour_from(item: Carved, azimuth: float) -> Floats:
    """The model's mean colour as seen from a side, 0..255."""
    picture = render(item.model, azimuth, 0, 96)
    middle = picture[40:56, 40:56]
    return middle[middle[..., 3] > 0][:, :3].mean(axis=0)


def test_carve_is_a_mesher_that_is_ready() -> None:
    engine = Carve()
    assert isinstance(engine, Mesher)
    assert engine.check().ready
    assert (engine.info.name, engine.info.capability, engine.info.is_test) == ("carve", "mesher", False)


def test_the_files_are_valid_gltf(carved: dict[str, Carved]) -> None:
    for verdict in validate(*(made.result.model for made in carved.values())):
        assert (verdict.wrong, verdict.remarks) == ([], [])


# the bars lie a little under what a super-ellipse can give: a box becomes a pillow in plan, a ball stays a ball
@pytest.mark.parametrize(("name", "bar"), [("box", 0.72), ("ball", 0.93), ("mug", 0.88), ("ell", 0.68)])
def test_the_shape_is_near_the_truth(carved: dict[str, Carved], name: str, bar: float) -> None:
    assert overlap(carved[name]) > bar


@pytest.mark.parametrize("name", ["box", "ball", "mug", "ell"])
def test_the_model_is_closed_light_and_valid(carved: dict[str, Carved], name: str) -> None:
    item = carved[name]
    stats = inspect_glb(item.result.model.read_bytes())
    assert is_watertight(item.model.mesh)
    assert item.result.stats["watertight"] is True
    assert (stats.meshes, stats.materials, stats.primitives, stats.identity_root) == (1, 1, 1, True)
    assert stats.textures[0][0] == "image/jpeg"
    assert stats.triangles <= 10_000
    assert item.progress == sorted(item.progress)
    assert item.progress[-1] == 1.0


def test_it_stands_on_the_ground_in_metres_with_the_longest_side_one(carved: dict[str, Carved]) -> None:
    parts, _ = read_parts(carved["box"].result.model.read_bytes())
    low, high = parts[0].mesh.positions.min(0), parts[0].mesh.positions.max(0)
    assert low[1] == pytest.approx(0, abs=1e-6)
    assert high - low == pytest.approx([0.8, 1.0, 0.5], abs=0.03)
    assert (low + high)[[0, 2]] == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("name", ["box", "ball"])
@pytest.mark.parametrize("view", list(AZIMUTHS))
def test_each_side_wears_its_own_photo(carved: dict[str, Carved], name: str, view: View) -> None:
    seen = colour_from(carved[name], AZIMUTHS[view])
    distances = {other: np.linalg.norm(seen / seen.max() - np.array(c) / max(c)) for other, c in COLOURS.items()}
    assert min(distances, key=lambda other: distances[other]) == view


def test_left_is_the_objects_left_and_up_is_up(carved: dict[str, Carved]) -> None:
    positions = carved["mug"].model.mesh.positions
    handle = positions[np.abs(positions[:, 2]) < 0.02][:, 0]
    depth_at = [
        np.ptp(positions[np.abs(positions[:, 0] - x) < 0.03][:, 2]) for x in (handle.max(), handle.min() + 0.03)
    ]
    assert depth_at[0] < 0.2 < depth_at[1]
    tall = carved["ell"].model.mesh.positions
    assert tall[tall[:, 1] > 0.6][:, 0].max() < 0 < tall[tall[:, 1] < 0.2][:, 0].max()


def test_a_handle_stays_thin(carved: dict[str, Carved]) -> None:
    positions = carved["mug"].model.mesh.positions
    outside = positions[:, 0] > positions[:, 0].max() - 0.06
    assert np.ptp(positions[outside][:, 2]) < 0.2


def test_the_same_photos_give_the_same_bytes_in_any_order(studio: Studio, carved: dict[str, Carved]) -> None:
    again = studio.carve(ball, list(AZIMUTHS)[::-1], "again")
    assert again.result.model.read_bytes() == carved["ball"].result.model.read_bytes()


def test_one_photo_gives_an_honest_relief(studio: Studio, carved: dict[str, Carved]) -> None:
    alone = studio.carve(box, [View.LEFT], "alone")
    assert {"single_view", "relief"} <= set(alone.result.quality.flags)
    assert alone.result.quality.score < 0.4 < carved["box"].result.quality.score
    assert is_watertight(alone.model.mesh)
    # the left photo shows the depth: it runs along z
    extent = np.ptp(alone.model.mesh.positions, axis=0)
    assert extent[2] / extent[1] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("views", [[View.FRONT, View.RIGHT], [View.FRONT, View.LEFT, View.BACK]])
def test_two_or_three_photos_are_enough(studio: Studio, views: list[View]) -> None:
    item = studio.carve(ball, views, f"some-{len(views)}")
    assert overlap(item) > 0.93
    assert not {"relief", "single_view"} & set(item.result.quality.flags)
    assert item.result.quality.score < 0.85


def test_photos_that_disagree_lower_the_score(studio: Studio, tmp_path: Path) -> None:
    front = studio.photos(ell, [View.FRONT])
    other = studio.photos(mug, [View.BACK, View.RIGHT])
    result = Carve().mesh(MeshRequest((*front, *other), tmp_path, "fast"), lambda _done: None)
    assert "views_disagree" in result.quality.flags
    assert result.quality.score < 0.7
    assert result.stats["watertight"] is True


def test_a_photo_without_an_object_is_a_permanent_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(path)
    with pytest.raises(Permanent, match="no_subject"):
        Carve().mesh(MeshRequest((ViewImage(View.FRONT, path),), tmp_path), lambda _done: None)


@pytest.mark.parametrize(
    ("views", "quality", "code"),
    [
        ([], "fast", "no_photo"),
        ([View.FRONT, View.FRONT], "fast", "duplicate_view"),
        ([View.TOP], "fast", "view_missing"),
        ([View.FRONT], "best", "invalid_setting"),
    ],
)
def test_what_it_cannot_take_is_refused(tmp_path: Path, views: list[View], quality: str, code: str) -> None:
    images = tuple(ViewImage(view, tmp_path / "unread.png") for view in views)
    with pytest.raises(Refused) as caught:
        Carve().mesh(MeshRequest(images, tmp_path, quality), lambda _done: None)
    assert caught.value.code == code


@pytest.mark.parametrize(("shape", "low", "high"), [("round", 0.6, 0.82), ("boxy", 0.9, 1.02), ("hull", 0.97, 1.02)])
def test_a_wanted_shape_overrules_the_photos(
    studio: Studio, tmp_path: Path, shape: str, low: float, high: float
) -> None:
    photos = studio.photos(box, list(AZIMUTHS))
    result = Carve().mesh(MeshRequest(photos, tmp_path, "fast", shape=shape), lambda _done: None)
    mesh = normalise(result.model.read_bytes()).mesh
    # a round section fills pi / 4 of its box
    filled = abs(trimesh.Trimesh(mesh.positions, mesh.faces).volume) / np.prod(np.ptp(mesh.positions, axis=0))
    assert low < filled < high
    assert (result.stats["method"] == "hull") == (shape == "hull")


def test_an_unknown_shape_is_refused(tmp_path: Path) -> None:
    request = MeshRequest((ViewImage(View.FRONT, tmp_path / "unread.png"),), tmp_path, shape="square")
    with pytest.raises(Refused, match="shape is one of") as caught:
        Carve().mesh(request, lambda _done: None)
    assert caught.value.code == "invalid_setting"
