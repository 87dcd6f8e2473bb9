"""What the tests have done in worker processes."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from provider import order

from maquette.domain.errors import Permanent, Refused, Temporary
from maquette.pipelines.child import perform

Progress = Callable[[float], None]


def double(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    return {"doubled": payload["number"] * 2, "pid": os.getpid(), "modules": sorted(sys.modules)}


def climb(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    for step in range(1, 6):
        progress(step / 5)
        time.sleep(payload["pause"])
    return {}


def chatter(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    for step in range(10_001):
        progress(step / 10_000)
    return {}


def refuse(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise Refused("no_photo", "Not one.", "Give one.")


def give_up(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise Permanent("no_subject")


def fill_up(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise OSError(errno.ENOSPC, "No space left on device")


def stumble(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise Temporary("engine_failed", "Busy.", retry_after=7.5)


def break_down(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise ZeroDivisionError("a bug")


def sleep(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Writes its process id, and that of a child of its own, into a file and stays."""
    helper = subprocess.Popen(["sleep", "600"])
    path = Path(payload["file"])
    path.with_suffix(".part").write_text(f"{os.getpid()} {helper.pid}")
    path.with_suffix(".part").rename(path)
    progress(0.5)
    time.sleep(600)
    return {}


def hold_the_lock(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Sits in native code that keeps the interpreter's lock, so that no thread of this process can run."""
    Path(payload["file"]).write_text(str(os.getpid()))
    ctypes.PyDLL(None).sleep(600)
    return {}


def spin(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    while True:
        pass


def fill_memory(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    blocks = [bytearray(payload["bytes"])]
    return {"taken": len(blocks[0])}


def fill_memory_in_opencv(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    import cv2
    import numpy as np

    small = np.zeros((1000, 1000, 3), np.uint8)
    cv2.resize(small, (payload["side"], payload["side"]))
    return {}


def die(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    os.kill(os.getpid(), payload.get("signal", signal.SIGSEGV))
    return {}


def say_much(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    return {"said": "x" * payload["size"]}


def look_around(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """The open sockets and the number of threads of a fresh process (Linux)."""
    links = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.exists()]
    return {
        "sockets": sum(link.startswith("socket:") for link in links),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "environment": sorted(os.environ),
    }


PAID = "generating"
"""The stage that orders from the provider, where there is one."""
BAD = "bad"
"""What a photo says that nothing can be cut out of."""
PIECEWISE = frozenset({"validating", "removing_background"})
"""Stages that make one thing of each photo."""
MAKES = {"validating": "working", "removing_background": "cutout", "generating": "model"}


def stand_in(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Takes the place of any stage: works for ``seconds``, reports progress, and leaves one small file.

    The file repeats what the photo said, so that the diary can tell which photo each stage worked for, and when it
    began on the clock that all processes share.
    """
    said = _said(payload)
    with Path(payload["diary"]).open("a", encoding="utf-8") as diary:
        worker = f" {payload['worker']}" if "worker" in payload else ""
        diary.write(f"{said} {payload['stage']} {os.getpid()} {time.monotonic()}{worker}\n")
    if said.startswith(BAD) and payload["stage"] == "removing_background":
        raise Permanent("no_subject")
    if payload.get("provider") and payload["stage"] == PAID:
        order(payload["provider"], f"{said} {PAID}", payload["key"])
    for step in range(1, 11):
        time.sleep(payload["seconds"] / 10)
        progress(step / 10)
    if payload["stage"] == "approving":
        return perform(payload, progress)
    if payload["stage"] == "selecting":
        return {"files": [], "data": {"selection": _all_of(payload)}}
    each = payload["inputs"] if payload["stage"] in PIECEWISE else payload["inputs"][:1]
    files = [_made(payload, given, number, said) for number, given in enumerate(each)]
    return {"files": files, "data": {}}


def _said(payload: dict[str, Any]) -> str:
    if not payload["inputs"]:
        return "nothing"
    return Path(payload["inputs"][0]["path"]).read_text(encoding="utf-8", errors="replace").split()[0]


def _made(payload: dict[str, Any], given: dict[str, Any], number: int, said: str) -> dict[str, Any]:
    path = Path(payload["into"]) / f"made{number}.txt"
    hints = sorted(payload["boxes"].items())
    path.write_text(f"{said} {payload['stage']} {number} {hints}", encoding="utf-8")
    role = MAKES.get(payload["stage"], "lod")
    # each photo's asset comes first, as in the real stages
    sources = [*given["derived_from"], given["asset_id"]] if payload["stage"] in PIECEWISE else []
    made = {"path": str(path), "role": role, "media_type": "text/plain", "name": payload["stage"]}
    return made | {"view": given["view"] or "front", "quality": None, "derived_from": sources}


def _all_of(payload: dict[str, Any]) -> dict[str, Any]:
    """Every photo is chosen, seen from where the job says."""
    sides = payload["settings"]["sides"]
    about = {"name": "photo", "view_from": "given", "guessed": False, "score": None, "reasons": []}
    chosen = [
        {"asset_id": key, "view": side["view"], **about} for key, side in sides.items() if side["use"] is not False
    ]
    decided = any(side["use"] is not None for side in sides.values())
    left_out = [{"asset_id": key} for key, side in sides.items() if side["use"] is False]
    return {"chosen": chosen, "left_out": left_out, "decided": decided}
