"""Where heavy or dangerous work runs: a fresh process with limits, that is killed and never merely asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """Which libraries the process has loaded when it starts."""

    COMPUTE = "compute"
    """Pixels and triangles: numpy, OpenCV, SciPy, trimesh."""
    DECODE = "decode"
    """Untrusted files: Pillow and what checks pixels, little enough that a tight memory limit means something."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` of wall time, ``cpu_seconds`` of processor time, ``memory_bytes`` of address space to take."""

    seconds: float
    memory_bytes: int
    cpu_seconds: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a process brought back, and what it took: seconds, seconds of CPU, bytes of peak resident memory."""

    value: Mapping[str, Any]
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Processes(Protocol):
    async def run(
        self,
        function: str,
        payload: Mapping[str, Any],
        *,
        limits: Limits,
        kind: Kind = Kind.COMPUTE,
        progress: Callable[[float], None] | None = None,
    ) -> Done:
        """Calls ``package.module:function`` with ``payload`` (JSON) and a progress callback, in a fresh process.

        The function has the signature ``(payload: dict, progress: Callable[[float], None]) -> dict``; what it
        returns is JSON as well. A ``MaquetteError`` that it raises is raised here with the same class, code,
        message and hint; anything else as ``Crashed`` with the traceback. ``Permanent("stage_timeout")``,
        ``Permanent("out_of_memory")`` and ``Temporary("worker_lost")`` (killed by a signal) say what became of it.
        When the awaiting task is cancelled, the process is dead before the cancellation goes on. ``progress`` is
        called in the event loop's thread.
        """
        ...

    async def close(self) -> None:
        """Ends every process that was started."""
        ...


class Crashed(Exception):
    """The function raised something that is not a ``MaquetteError``: a bug. ``detail`` is its traceback."""

    def __init__(self, message: str, detail: str) -> None:
        self.detail = detail
        super().__init__(message)
