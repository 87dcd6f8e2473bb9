"""The engines themselves: one class for each network, all at work in the same way."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from maquette.domain.assets import Quality
from maquette.domain.weights import WEIGHTS, Weights
from maquette.engines.onnxcut import networks, shelf
from maquette.engines.onnxcut.networks import Network
from maquette.ports.engines import Capability, Cutout, CutRequest, EngineInfo, Progress, Readiness

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

EXTRA_HINT = "pip install 'maquette[onnx]'"
NON_COMMERCIAL = "non_commercial"
_OPAQUE, _CLEAR = 250, 5


@dataclass(frozen=True, slots=True)
class OnnxCutter:
    """One network. ``folder`` is where its weights should lie; without one it is never ready."""

    network: ClassVar[Network]

    folder: Path | None = None

    @classmethod
    def reading(cls, weights: Path) -> "OnnxCutter":
        """The engine with its weights in this folder (``ports.engines.WithWeights``)."""
        return cls(weights)

    @property
    def weights(self) -> Weights:
        """What the table says of its file."""
        return WEIGHTS[self.network.name]

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            name=self.weights.name,
            version="2",
            capability=Capability.CUTTER,
            title=self.weights.title,
            licence=self.weights.licence,
            commercial_use=self.weights.commercial_use,
            needs="the extra onnx, and weights",
            rank=self.network.rank,
        )

    def check(self) -> Readiness:
        if importlib.util.find_spec("onnxruntime") is None:
            return Readiness(False, "the extra onnx is not installed", EXTRA_HINT)
        return shelf.look(self.folder, self.weights)

    def cut(self, request: CutRequest, progress: Progress) -> Cutout:
        """Writes ``cutout.png`` and ``mask.png`` into the request's folder.

        A box bounds what the network sees; marks correct what it found. A photo whose alpha channel varies keeps it.
        Raises ``Permanent("no_subject")`` when the network finds nothing, ``Unavailable("engine_unavailable")`` when
        the weights are not what they were. The same request gives the same bytes on the same machine.
        """
        from maquette.engines.onnxcut.finding import find
        from maquette.engines.onnxcut.session import Session
        from maquette.media.images.foreground import own_colours

        rgb, alpha = _read(request.photo)
        if alpha is not None:
            return _write(request.into, rgb * (alpha > 0)[..., None], alpha, Quality(1.0))
        session = Session(shelf.trusted(self.folder, self.weights), self.network)
        progress(0.2)
        alpha, quality = find(session, rgb, request.box, request.marks, progress)
        if not self.weights.commercial_use:
            quality = Quality(quality.score, (*quality.flags, NON_COMMERCIAL))
        cutout = _write(request.into, own_colours(rgb, alpha), alpha, quality)
        progress(1.0)
        return cutout


def _read(photo: Path) -> "tuple[Bytes, Bytes | None]":
    """sRGB (H, W, 3), and alpha (H, W) where it tells an object from a background."""
    import numpy as np
    from PIL import Image

    with Image.open(photo, formats=["PNG", "JPEG"]) as picture:
        pixels = np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"), np.uint8)
    rgb = np.ascontiguousarray(pixels[..., :3])
    if pixels.shape[2] == rgb.shape[2]:
        return rgb, None
    alpha = np.ascontiguousarray(pixels[..., 3])
    return rgb, alpha if alpha.min() < _OPAQUE and alpha.max() > _CLEAR else None


def _write(into: Path, colours: "Bytes", alpha: "Bytes", quality: Quality) -> Cutout:
    import numpy as np
    from PIL import Image

    cutout, mask = into / "cutout.png", into / "mask.png"
    Image.fromarray(np.dstack([colours, alpha])).save(cutout, compress_level=3)
    Image.fromarray(alpha).save(mask, compress_level=3)
    return Cutout(cutout, mask, quality)


class U2Net(OnnxCutter):
    """Qin et al. 2020."""

    network = networks.U2NET


class U2NetP(OnnxCutter):
    """The same in 5 MB."""

    network = networks.U2NETP


class IsNet(OnnxCutter):
    """Qin et al. 2022: fine structures."""

    network = networks.ISNET


class BiRefNet(OnnxCutter):
    """Zheng et al. 2024: the best of them, and the slowest."""

    network = networks.BIREFNET


class BiRefNetLite(OnnxCutter):
    """The same in a quarter of the size."""

    network = networks.BIREFNET_LITE


class Rmbg(OnnxCutter):
    """BRIA RMBG 2.0, not for commercial use."""

    network = networks.RMBG
