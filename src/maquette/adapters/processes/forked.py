"""``Processes`` by forking: one fresh process a call, from a server per kind that has the heavy imports loaded.

Why not a pool: limits accumulate in a process that is used again, and a killed worker breaks a pool. Why not fork
the service itself: it has threads. Why not ``multiprocessing``: its forkserver is one per program, while untrusted
files want a server of their own that has loaded next to nothing, so that a limit of memory means something.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from maquette.adapters.processes.call import Call, NeverStarted
from maquette.adapters.processes.wire import line
from maquette.domain.errors import Temporary
from maquette.ports.processes import Done, Kind, Limits

PRELOADED: Mapping[Kind, tuple[str, ...]] = {
    Kind.COMPUTE: (
        "numpy",
        "cv2",
        "scipy.ndimage",
        "scipy.sparse.csgraph",
        "skimage.measure",
        "skimage.segmentation",
        "trimesh",
        "fast_simplification",
        "xatlas",
        "embreex.rtcore_scene",
        "PIL.Image",
    ),
    Kind.DECODE: ("PIL.Image", "pillow_heif", "numpy", "cv2"),
}

_DECODE_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
"""All that a process which reads untrusted files gets of the environment: no keys, no addresses."""

_PATIENCE = 5.0
"""Seconds that a zygote has to end on being asked, before it is killed."""


class ForkedProcesses:
    """``ports.processes.Processes``. May be used from several event loops at once.

    ``preload`` names further modules that the servers import when they start, ``threads`` how many threads a
    process may use for pixels (OpenCV, OpenMP).
    """

    def __init__(self, *, preload: Mapping[Kind, tuple[str, ...]] | None = None, threads: int = 2) -> None:
        self._preload = {kind: (*PRELOADED[kind], *(preload or {}).get(kind, ())) for kind in Kind}
        self._threads = min(threads, os.cpu_count() or 1)
        self._zygotes: dict[Kind, Zygote] = {}
        self._lock = threading.Lock()

    async def run(
        self,
        function: str,
        payload: Mapping[str, Any],
        *,
        limits: Limits,
        kind: Kind = Kind.COMPUTE,
        progress: Callable[[float], None] | None = None,
    ) -> Done:
        """Runs ``function`` in a process of its own; see the port for what is raised."""
        request = json.dumps({"function": function, "payload": payload}).encode() + b"\n"
        try:
            return await self._call(request, limits, kind, progress)
        except NeverStarted:
            # the zygote was lost before it forked, so nothing has run yet: once more, with a new one
            return await self._call(request, limits, kind, progress)

    async def _call(self, request: bytes, limits: Limits, kind: Kind, progress: Callable[[float], None] | None) -> Done:
        zygote = self._zygote(kind)
        call = Call(*zygote.start(limits))
        started = time.monotonic()
        try:
            await self._begun(call, zygote)
            started = time.monotonic()
            value = await call.converse(request, limits.seconds, progress)
        finally:
            zygote.kill(call.number)
            await call.gone()
        if value is None:
            raise call.verdict()
        usage = call.usage
        return Done(value, time.monotonic() - started, usage.cpu_seconds, usage.peak_bytes)

    @staticmethod
    async def _begun(call: Call, zygote: "Zygote") -> None:
        try:
            await call.begin()
        except Temporary:
            zygote.destroy()  # dead already or wedged: the next call gets a new one
            raise

    async def close(self) -> None:
        """Ends the servers and with them all that they forked."""
        with self._lock:
            zygotes, self._zygotes = tuple(self._zygotes.values()), {}
        await asyncio.gather(*(asyncio.to_thread(zygote.close) for zygote in zygotes))

    def _zygote(self, kind: Kind) -> "Zygote":
        with self._lock:
            zygote = self._zygotes.get(kind)
            if zygote is None or not zygote.alive():
                zygote = self._zygotes[kind] = Zygote(self._preload[kind], _environment(kind), self._threads)
            return zygote


class Zygote:
    """The service's side of one server: its process and the socket to it."""

    def __init__(self, preload: tuple[str, ...], environment: dict[str, str], threads: int) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._numbers = 0
        config = {"control": theirs.fileno(), "preload": preload, "path": sys.path, "threads": threads}
        # -P: a file called numpy.py in the person's folder must not be what is imported
        command = [sys.executable, "-P", "-m", "maquette.adapters.processes.zygote", json.dumps(config)]
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=environment | _thread_limits(threads),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def alive(self) -> bool:
        if self._process.poll() is None:
            return True
        self._control.close()
        return False

    def start(self, limits: Limits) -> tuple[int, socket.socket, socket.socket]:
        """Asks for a process: the number of the call, the socket to talk to it, the socket that tells its fate."""
        with self._lock:
            self._numbers += 1
            number = self._numbers
            talk, child_talk = socket.socketpair()
            told, zygote_tells = socket.socketpair()
            message = line(start=number, memory=limits.memory_bytes, cpu=limits.cpu_seconds)
            with child_talk, zygote_tells, contextlib.suppress(OSError):
                # if the zygote has just died both sockets end at once, which the call takes for what it is
                socket.send_fds(self._control, [message], [child_talk.fileno(), zygote_tells.fileno()])
        return number, talk, told

    def kill(self, number: int) -> None:
        """Asks the zygote to kill, since only it knows that the process id still means that process."""
        with self._lock, contextlib.suppress(OSError):
            self._control.sendall(line(kill=number))

    def close(self) -> None:
        """Ends the server and waits for it."""
        with self._lock:
            self._control.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.destroy()

    def destroy(self) -> None:
        """Kills the server; what it forked dies with it."""
        self._process.kill()
        self._process.wait()


def _environment(kind: Kind) -> dict[str, str]:
    if kind is Kind.DECODE:
        return {name: os.environ[name] for name in _DECODE_ENVIRONMENT if name in os.environ}
    return dict(os.environ)


def _thread_limits(threads: int) -> dict[str, str]:
    """BLAS keeps to one thread because it would start the others before we fork; each arena costs address space."""
    return {
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": str(threads),
        "MALLOC_ARENA_MAX": "2",
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    }
