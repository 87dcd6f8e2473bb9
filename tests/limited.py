"""Reads models in processes of their own with 5 s of CPU and 1 GB of memory; run as a script.

For each path that it reads, a line, it prints two JSON strings: what became of ``read_parts``, which engines' models go
through, and of ``probe``, which those of people do. Each is ``read``, ``code: message`` of our own error, or what else
became of the process.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from maquette.domain.errors import MaquetteError
from maquette.media.meshes.glb_read import read_parts
from maquette.media.meshes.intake import probe

CPU_S = 5
MEMORY = 1 << 30


def verdict(read: Callable[[Path], object], path: Path) -> str:
    try:
        read(path)
    except MaquetteError as error:
        return str(error).encode("utf-8").decode()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the verdict
        return f"not our own error: {error!r}"
    return "read"


def limited(read: Callable[[Path], object], path: Path) -> str:
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.write(sending, verdict(read, path)[:4000].encode())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return said or f"ended with status {status}"


if __name__ == "__main__":
    Image.init()
    for line in sys.stdin:
        file = Path(line.strip())
        print(
            json.dumps([limited(read, file) for read in (lambda path: read_parts(path.read_bytes()), probe)]),
            flush=True,
        )
