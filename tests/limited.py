"""Reads models in processes of their own with 5 s of CPU and 1 GB of memory; run as a script.

For each path that it reads, a line, it prints a JSON string: ``read``, ``code: message`` of our own error, or what else
became of the process.
"""

import json
import os
import resource
import sys
from pathlib import Path

from PIL import Image

from maquette.domain.errors import MaquetteError
from maquette.media.meshes.glb_pictures import check_pictures
from maquette.media.meshes.glb_read import read_parts

CPU_S = 5
MEMORY = 1 << 30


def verdict(path: str) -> str:
    try:
        data = Path(path).read_bytes()
        check_pictures(data)
        read_parts(data)
    except MaquetteError as error:
        return str(error).encode("utf-8").decode()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the verdict
        return f"not our own error: {error!r}"
    return "read"


def limited(path: str) -> str:
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.write(sending, verdict(path)[:4000].encode())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return said or f"ended with status {status}"


if __name__ == "__main__":
    Image.init()
    for line in sys.stdin:
        print(json.dumps(limited(line.strip())), flush=True)
