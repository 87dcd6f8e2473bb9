"""What happens in a forked process: limits first, then one function, then the end."""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from maquette.adapters.processes.wire import OUT_OF_MEMORY, line, told

PROGRESS_EVERY = 0.1
"""Seconds between two reports of progress; what is said in between is not sent."""

_PR_SET_PDEATHSIG = 1
_OPENCV_OUT_OF_MEMORY = -4
_WATCHDOG_STACK = 256 * 1024


def work(talk: socket.socket, parent: int, memory: int, cpu_seconds: int, threads: int) -> NoReturn:
    """Reads the call, limits the process, calls the function, reports, and leaves without any clean-up."""
    status = 1
    try:
        _die_with(parent)
        reader = talk.makefile("rb")
        call = json.loads(reader.readline() or b"null")
        if call is not None:
            _watch(talk)
            _limit(memory, cpu_seconds)
            talk.sendall(line(**_call(call["function"], call["payload"], talk, threads)))
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        os._exit(status)


def _call(function: str, payload: dict[str, Any], talk: socket.socket, threads: int) -> dict[str, Any]:
    try:
        if opencv := sys.modules.get("cv2"):
            opencv.setNumThreads(threads)
        module, name = function.split(":")
        value = getattr(importlib.import_module(module), name)(payload, _reporter(talk))
        json.dumps(value)
    except BaseException as error:  # noqa: BLE001 - even SystemExit is reported: the process ends anyway
        if isinstance(error, MemoryError) or _opencv_ran_out(error):
            raise MemoryError from None
        return told(error)
    return {"value": value}


def _reporter(talk: socket.socket) -> Callable[[float], None]:
    lock = threading.Lock()
    last = -PROGRESS_EVERY

    def report(fraction: float) -> None:
        nonlocal last
        with lock:
            now = time.monotonic()
            if fraction >= 1 or now - last >= PROGRESS_EVERY:
                last = now
                talk.sendall(line(progress=float(fraction)))

    return report


def _limit(memory: int, cpu_seconds: int) -> None:
    """Address space beyond what the preloaded libraries take already, seconds of CPU, no core files.

    A limit that the system does not have is not set: macOS has no limit on address space that holds.
    """
    wanted = [(resource.RLIMIT_CORE, (0, 0)), (resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))]
    with contextlib.suppress(OSError):
        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        wanted.append((resource.RLIMIT_AS, (taken + memory, taken + memory)))
    for name, values in wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(name, values)


def _die_with(parent: int) -> None:
    """Has the kernel kill this process when the zygote dies (Linux; elsewhere the watchdog alone must do)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _watch(talk: socket.socket) -> None:
    """Kills the whole process group when the service hangs up, which it does when it dies, however it dies."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            talk.recv(1)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.stack_size(_WATCHDOG_STACK)
    threading.Thread(target=wait, daemon=True, name="watchdog").start()
    threading.stack_size(0)


def _opencv_ran_out(error: BaseException) -> bool:
    return type(error).__module__ == "cv2" and getattr(error, "code", None) == _OPENCV_OUT_OF_MEMORY
