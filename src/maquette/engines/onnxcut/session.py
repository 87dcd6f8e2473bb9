"""One loaded network: a picture in, a matte out."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from maquette.domain.errors import Permanent
from maquette.engines.onnxcut.networks import Network

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
_ERRORS_ONLY = 3
_FLAT = 1e-4
"""An output that varies by less says nothing."""


class Session:
    """Runs on the processor, with as many threads as OpenCV may use here."""

    def __init__(self, path: Path, network: Network) -> None:
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.intra_op_num_threads = max(1, cv2.getNumThreads())
        options.inter_op_num_threads = 1
        # one picture follows the other: what the arena would keep for later counts against the stage's memory
        options.enable_cpu_mem_arena = False
        self._network = network
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # the library's exceptions have no base of their own
            message = f"{path.name} cannot be loaded: {type(error).__name__}"
            raise Permanent("engine_failed", message, f"maquette weights pull {network.name}") from error

    @property
    def side(self) -> int:
        """Pixels a side of what the network sees."""
        return self._network.side

    def matte(self, rgb: Bytes) -> Floats:
        """sRGB (H, W, 3) to a matte (side, side), stretched to 0..1. Raises ``Permanent("no_subject")``."""
        fed = {self._session.get_inputs()[0].name: self._fed(rgb)}
        found = np.asarray(self._session.run(None, fed)[0], np.float32)
        square = (self._network.side, self._network.side)
        if found.size != square[0] * square[1] or not np.isfinite(found).all():
            raise Permanent("engine_failed", f"{self._network.name} answered with something that is no matte.")
        matte = found.reshape(square)
        if self._network.logits:
            matte = 1 / (1 + np.exp(-np.clip(matte, -50, 50)))
        low, high = float(matte.min()), float(matte.max())
        if high - low < _FLAT:
            raise Permanent("no_subject")
        return np.asarray((matte - low) / (high - low), np.float32)

    def _fed(self, rgb: Bytes) -> Floats:
        side = self._network.side
        shrinks = max(rgb.shape[:2]) > side
        small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        values = np.asarray(small, np.float32)
        values /= max(1.0, float(values.max())) if self._network.stretched else 255.0
        values = (values - np.array(self._network.mean, np.float32)) / np.array(self._network.std, np.float32)
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])
