"""The engine's face: what it is, whether it can run, and its steps in order."""

from dataclasses import dataclass
from importlib.util import find_spec

from maquette.domain.errors import Refused
from maquette.ports.engines import SHAPES, Capability, EngineInfo, MeshedModel, MeshRequest, Progress, Readiness

_NEEDED = ("cv2", "embreex", "fast_simplification", "numpy", "PIL", "scipy", "skimage", "xatlas")


@dataclass(frozen=True, slots=True)
class Effort:
    """``photo`` pixels on the long side, ``grid`` voxels on the longest side, ``triangles``, ``texture`` pixels."""

    photo: int
    grid: int
    triangles: int
    texture: int


EFFORTS = {
    "fast": Effort(photo=1024, grid=96, triangles=10_000, texture=1024),
    "medium": Effort(photo=1536, grid=144, triangles=14_000, texture=1024),
    "full": Effort(photo=1536, grid=192, triangles=40_000, texture=2048),
}


class Carve:
    """Carves an object out of its outlines and paints it with its photos.

    Exact for round and boxy things seen from their sides; blind to hollows, and one photo gives a relief only.
    """

    @property
    def info(self) -> EngineInfo:
        """Who this is."""
        return EngineInfo(
            name="carve",
            version="7",
            capability=Capability.MESHER,
            title="Carve: outlines to a textured model, on any CPU",
            licence="Apache-2.0",
            commercial_use=True,
        )

    def check(self) -> Readiness:
        """Whether the libraries are there."""
        missing = [name for name in _NEEDED if find_spec(name) is None]
        if missing:
            return Readiness(False, f"missing: {', '.join(missing)}", "pip install --upgrade maquette")
        return Readiness(True)

    def mesh(self, request: MeshRequest, progress: Progress) -> MeshedModel:
        """One to six different views to ``model.glb`` in ``request.into``; the longest side is 1.

        At least one is from a side. Raises ``Permanent("no_subject")`` for a cut-out without an object, ``Refused``
        for a set of views or a quality that it cannot take.
        """
        _validate(request)
        return _mesh(request, EFFORTS[request.quality], progress)


def _validate(request: MeshRequest) -> None:
    from maquette.engines.carve.sights import SIDES

    views = [image.view for image in request.images]
    if not views:
        raise Refused("no_photo")
    if len(set(views)) != len(views):
        raise Refused("duplicate_view")
    for view in views:
        if view not in SIDES:
            raise Refused("view_missing", f"A {view} photo cannot be carved.")
    if all(SIDES[view].elevation for view in views):
        raise Refused("view_missing", "Photos from above and below need one from a side.")
    if request.quality not in EFFORTS:
        raise Refused("invalid_setting", f"quality is one of {', '.join(EFFORTS)}.")
    if request.shape not in SHAPES:
        raise Refused("invalid_setting", f"shape is one of {', '.join(SHAPES)}.")


def _mesh(request: MeshRequest, effort: Effort, progress: Progress) -> MeshedModel:
    from maquette.engines.carve.fit import fit_cameras
    from maquette.engines.carve.paint import paint, texture_size
    from maquette.engines.carve.score import judge
    from maquette.engines.carve.shape import make_shape
    from maquette.engines.carve.sights import align, load_sight
    from maquette.media.meshes.glb_write import write_glb
    from maquette.media.meshes.mesh import Model, is_watertight
    from maquette.media.meshes.place import stand
    from maquette.media.meshes.unwrap import unwrap

    progress(0.0)
    # the order of the photos must not matter: the same set gives the same bytes
    images = sorted(request.images, key=lambda image: image.view)
    stage = fit_cameras(align(tuple(load_sight(image.view, image.cutout, effort.photo) for image in images)))
    progress(0.15)
    shape = make_shape(stage, effort.grid, effort.triangles, request.shape)
    progress(0.35)
    size = texture_size(stage, effort.texture)
    unwrapped = unwrap(shape.mesh, size)
    progress(0.65)
    picture = paint(unwrapped, stage, size)
    progress(0.9)
    score = judge(stage, unwrapped, shape.method)
    model = Model(stand(unwrapped), picture)
    path = request.into / "model.glb"
    path.write_bytes(write_glb(model))
    progress(1.0)
    stats = {
        "method": shape.method,
        "views": len(images),
        "triangles": len(model.mesh.faces),
        "watertight": is_watertight(model.mesh),
        "texture_size": size,
        "cameras": {sight.view.value: sight.describe_camera() for sight in stage.sights},
        "silhouette_agreement": round(score.agreement, 4),
        "silhouette_fit": round(score.fit, 4),
    }
    return MeshedModel(path, score.quality, stats)
