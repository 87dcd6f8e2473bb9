"""What came from a provider, in the shape of engines: stages work with it as with any other.

Nothing that came is trusted: models and pictures are read through the same doors as uploads, in the child process in
which the stage runs. Cut-outs are made anew at the photo's full size, from the mask or the transparency that came.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from maquette.domain.assets import Quality
from maquette.domain.errors import CODES, Permanent, Refused
from maquette.domain.fleet import Queue
from maquette.ports.engines import (
    HINTS_UNUSED,
    Capability,
    Cutout,
    CutRequest,
    EditedPicture,
    EditRequest,
    EngineInfo,
    MeshedModel,
    MeshRequest,
    Progress,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

HOSTED = "hosted"
"""Flag of all that somebody else's machine has made: what it is worth nobody has measured."""
HOSTED_SCORE = 0.8
"""Of a result that passed every check."""
_PROPORTIONS = 0.02
"""By which a mask may differ from the photo's proportions: providers round sides to multiples of 8 and more."""
_LEAST_SHARE = 0.0005
"""Of the photo: less than this is no object."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came for one order: files by role, or the ``problem`` that it ended with. ``notes`` are the draft's."""

    files: tuple[tuple[str, Path], ...] = ()
    notes: tuple[str, ...] = ()
    problem: Mapping[str, str] | None = None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        files = [[role, str(path)] for role, path in self.files]
        return {"files": files, "notes": list(self.notes), "problem": self.problem and dict(self.problem)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Delivery":
        """What ``document`` gave."""
        files = tuple((role, Path(path)) for role, path in document["files"])
        return cls(files, tuple(document["notes"]), document["problem"])

    def first(self, *roles: str) -> Path | None:
        """The first file with the first of these roles that any has. Raises the problem."""
        if self.problem is not None:
            raise Permanent(self.problem["code"], self.problem["message"], self.problem["hint"])
        return next((path for role in roles for known, path in self.files if known == role), None)


class DeliveredMesher:
    """Answers like a ``Mesher`` with the model that was delivered."""

    def __init__(self, info: EngineInfo, deliveries: Sequence[Delivery]) -> None:
        self.info = info
        (self._delivery,) = deliveries

    def mesh(self, request: MeshRequest, progress: Progress) -> MeshedModel:
        """Raises ``Permanent``: model_invalid for a file that is no sound GLB."""
        from maquette.media.meshes.intake import check

        path = self._delivery.first("model")
        if path is None:
            raise Permanent("provider_output", "The provider delivered no model.")
        try:
            check(path)
        except Refused as error:
            raise Permanent("provider_output", f"The model is not valid: {error.message}") from error
        progress(0.8)
        model = request.into / "model.glb"
        shutil.copyfile(path, model)
        progress(1.0)
        return MeshedModel(model, Quality(HOSTED_SCORE, (HOSTED,)), {"sent": list(self._delivery.notes)})


class DeliveredCutter:
    """Answers like a ``Cutter`` with the masks or cut-outs that were delivered, one for each photo in their order."""

    def __init__(self, info: EngineInfo, deliveries: Sequence[Delivery]) -> None:
        self.info = info
        self._left = list(deliveries)

    def cut(self, request: CutRequest, progress: Progress) -> Cutout:
        """Raises ``Permanent``: what its order ended with, provider_output, no_subject."""
        delivery = self._left.pop(0)
        mask, picture = delivery.first("mask"), delivery.first("picture")
        source = mask or picture
        if source is None:
            raise Permanent("provider_output", "The provider delivered no picture.")
        photo, own = _photo(request.photo)
        progress(0.3)
        alpha = _scaled(_matte(source, request.into, is_mask=mask is not None), photo.shape[:2])
        if own is not None:
            import numpy as np

            alpha = np.minimum(alpha, own)
        share = float((alpha >= 128).mean())
        if share < _LEAST_SHARE:
            raise Permanent("no_subject", "The provider found no object in the photo.")
        progress(0.6)
        cutout = _written(request.into, photo, alpha)
        progress(1.0)
        unused = (HINTS_UNUSED,) if request.box or request.marks else ()
        flags = (HOSTED, *unused, *(("uncertain",) if share > 0.99 else ()))
        return Cutout(*cutout, Quality(HOSTED_SCORE, flags))


class DeliveredEditor:
    """Answers like an ``Editor`` with the pictures that were delivered."""

    def __init__(self, info: EngineInfo, deliveries: Sequence[Delivery]) -> None:
        self.info = info
        (self._delivery,) = deliveries

    def edit(self, request: EditRequest, progress: Progress) -> tuple[EditedPicture, ...]:  # noqa: ARG002
        """Raises ``Permanent``: provider_output where no picture came. The caller reads them."""
        self._delivery.first("picture")
        paths = [path for role, path in self._delivery.files if role == "picture"]
        if not paths:
            raise Permanent("provider_output", "The provider delivered no picture.")
        progress(1.0)
        sent = {"sent": list(self._delivery.notes)}
        return tuple(EditedPicture(path, Quality(HOSTED_SCORE, (HOSTED,)), sent) for path in paths)


_KINDS: Mapping[Capability, Any] = MappingProxyType(
    {Capability.MESHER: DeliveredMesher, Capability.CUTTER: DeliveredCutter, Capability.EDITOR: DeliveredEditor}
)


def told(info: EngineInfo, deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """As JSON what ``delivered`` needs."""
    return {"info": asdict(info), "documents": [delivery.document() for delivery in deliveries]}


def delivered(info: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> Any:
    """The engine that answers with these deliveries."""
    facts: dict[str, Any] = dict(info) | {"capability": Capability(info["capability"]), "queue": Queue(info["queue"])}
    known = EngineInfo(**facts)
    if known.capability not in _KINDS:
        raise Permanent("engine_failed", f"What a hosted {known.capability} delivers cannot be used yet.")
    return _KINDS[known.capability](known, [Delivery.of(document) for document in documents])


def _photo(path: Path) -> "tuple[Bytes, Bytes | None]":
    """sRGB (H, W, 3), and the transparency (H, W) that the photo brought along."""
    import numpy as np
    from PIL import Image

    with Image.open(path, formats=["PNG", "JPEG"]) as picture:
        if picture.mode != "RGBA":
            return np.asarray(picture.convert("RGB")), None
        whole = np.asarray(picture)
        return np.ascontiguousarray(whole[..., :3]), np.ascontiguousarray(whole[..., 3])


def _matte(source: Path, into: Path, *, is_mask: bool) -> "Bytes":
    """The matte (H, W) that a delivered picture holds, read as an upload would be."""
    import numpy as np
    from PIL import Image

    from maquette.media.images.intake import make_working_copy

    copy = into / "delivered"
    try:
        facts = make_working_copy(source, copy)
    except Refused as error:
        code = error.code if error.code in CODES and error.code == "out_of_memory" else "provider_output"
        raise Permanent(code, f"The picture cannot be used: {error.message}") from error
    with Image.open(copy, formats=["PNG", "JPEG"]) as picture:
        if facts.has_alpha:
            return np.asarray(picture.convert("RGBA").getchannel("A"))
        if is_mask:
            return np.asarray(picture.convert("L"))
    raise Permanent("provider_output", "The picture has no transparency.")


def _scaled(matte: "Bytes", size: tuple[int, ...]) -> "Bytes":
    import cv2
    import numpy as np

    height, width = size
    ratio = (matte.shape[1] / matte.shape[0]) / (width / height)
    if abs(ratio - 1) > _PROPORTIONS:
        message = f"The mask has {matte.shape[1]} x {matte.shape[0]} pixels, the photo {width} x {height}."
        raise Permanent("provider_output", message)
    if matte.shape == size:
        return matte
    way = cv2.INTER_AREA if matte.shape[0] > height else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(matte, (width, height), interpolation=way), np.uint8)


def _written(into: Path, photo: "Bytes", alpha: "Bytes") -> tuple[Path, Path]:
    import numpy as np
    from PIL import Image

    from maquette.media.images.foreground import own_colours

    cutout, mask = into / "cutout.png", into / "mask.png"
    whole = np.dstack([own_colours(photo, alpha), alpha])
    Image.fromarray(whole).save(cutout, format="PNG", compress_level=3)
    Image.fromarray(alpha).save(mask, format="PNG", compress_level=3)
    return cutout, mask
