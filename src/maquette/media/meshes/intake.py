"""The door that models from elsewhere come through: nothing is taken into memory before it was weighed.

Order: size, first bytes, lengths, counts, nodes, the heads of pictures, then every value and every picture. It is meant
to run in a forked child with limits on memory and time, as photos are.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from maquette.domain.errors import Permanent, Refused
from maquette.media.meshes.container import MAX_BYTES
from maquette.media.meshes.facts import is_glb, is_usdz
from maquette.media.meshes.glb_pictures import check_pictures
from maquette.media.meshes.glb_read import inspect_glb
from maquette.media.meshes.measure import Measures, measure_glb, measure_usdz


def probe(path: Path) -> Measures:
    """Reads a model completely, GLB or USDZ, and measures it.

    Raises ``Refused``: file_missing, empty_file, file_too_large, not_a_model, model_damaged.
    """
    with opened(path) as data:
        if is_usdz(data):
            return measure_usdz(data)
        measures = measure_glb(data)
        check_pictures(data)
        return measures


def check(path: Path) -> None:
    """``probe`` without the measuring: what is left to a job once an upload was probed. Raises as ``probe`` does."""
    with opened(path) as data:
        inspect_glb(data)
        check_pictures(data)


@contextmanager
def opened(path: Path) -> Generator[bytes]:
    """The bytes of a file that may be a model; what is wrong with it is told within the block as ``probe`` tells it."""
    try:
        yield weigh(path)
    except Permanent as error:
        # what is an engine's fault in a job is the sender's at the door
        hint = "" if error.hint == error.entry.hint else error.hint
        raise Refused("model_damaged", error.message, hint) from error


def weigh(path: Path) -> bytes:
    """The bytes of a file that may be a model. Raises as ``probe`` does."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Refused("file_too_large", hint=f"At most {MAX_BYTES // 1_000_000} MB a model.")
        data = path.read_bytes()
    except OSError as error:
        raise Refused("file_missing", f"The file cannot be read: {error.strerror}") from error
    if not data:
        raise Refused("empty_file")
    if not is_glb(data) and not is_usdz(data):
        raise Refused("not_a_model")
    return data
