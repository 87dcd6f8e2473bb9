"""The pictures inside a GLB: first their heads, then their sum, then their bytes."""

import io
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from maquette.domain.errors import Permanent
from maquette.media.meshes.container import SELF_CONTAINED, Document, entry, refuse, rows, split, view_bytes
from maquette.media.meshes.mesh import Pixels

MAX_PIXELS = 8192 * 8192
"""Of one picture, and of all those that are in memory at a time."""
MAX_ALL_PIXELS = 2 * MAX_PIXELS
"""Of all pictures of a file together."""
MAX_PICTURES = 256
MAX_SCANS = 100
"""Of a JPEG: encoders make about ten, and each can cost a pass over the picture for a few bytes."""


def measure_pictures(document: Document, body: memoryview) -> tuple[tuple[str, int, int], ...]:
    """Media type, width and height of each picture; only their heads are read."""
    found: list[tuple[str, int, int]] = []
    weight, pixels = 0, 0
    if len(rows(document, "images")) > MAX_PICTURES:
        refuse(f"it has more than {MAX_PICTURES} pictures")
    for index in range(len(rows(document, "images"))):
        # pictures may lie over each other: together they must not be more than the file
        weight += len(_picture_bytes(document, body, index))
        if weight > len(body):
            refuse("its pictures overlap")
        found.append(_measure(document, body, index))
        pixels += found[-1][1] * found[-1][2]
        if pixels > MAX_ALL_PIXELS:
            refuse("its pictures have too many pixels")
    return tuple(found)


def check_pictures(data: bytes) -> None:
    """Decodes every picture, JPEG at an eighth of its size, and keeps none. Raises ``Permanent("model_invalid")``."""
    document, body = split(data)
    for index in range(len(measure_pictures(document, body))):
        picture = _open(document, body, index)
        with _decoding():
            picture.draft(None, (max(1, picture.width // 8), max(1, picture.height // 8)))
            picture.load()


def decode_pictures(document: Document, body: memoryview, indices: Sequence[int]) -> list[Pixels]:
    """The pictures of these numbers. Raises ``Permanent("model_invalid")``, also when together they are too large."""
    sizes = [_measure(document, body, index) for index in indices]
    if sum(width * height for _, width, height in sizes) > MAX_PIXELS:
        refuse("its base colours have too many pixels")
    return [_decode(document, body, index) for index in indices]


def _decode(document: Document, body: memoryview, index: int) -> Pixels:
    picture = _open(document, body, index)
    with _decoding():
        return np.asarray(picture.convert("RGB"))


def _picture_bytes(document: Document, body: memoryview, index: int) -> memoryview:
    image = entry(document, "images", index)
    if "uri" in image:
        refuse("it refers to a picture outside of its own data", SELF_CONTAINED)
    return view_bytes(document, body, image.get("bufferView"))[0]


def _open(document: Document, body: memoryview, index: int) -> Any:
    from PIL import Image

    data = _picture_bytes(document, body, index)
    with _decoding():
        picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
    if picture.width * picture.height > MAX_PIXELS:
        refuse("one of its pictures is too large")
    # within a scan the two bytes cannot follow each other, so they count scans and the few of a thumbnail
    if _media_type(picture) == "image/jpeg" and bytes(data).count(b"\xff\xda") > MAX_SCANS:
        refuse("one of its pictures has too many scans")
    return picture


@contextmanager
def _decoding() -> Generator[None]:
    """Turns whatever a decoder throws into ``model_invalid``."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Permanent("model_invalid", "The model is not a valid GLB: one of its pictures is too large.") from error
    except MemoryError:
        raise
    except Exception as error:
        hint = "Export it with its pictures as PNG, JPEG or WebP."
        raise Permanent("model_invalid", "The model holds a picture that cannot be read.", hint) from error


def _media_type(picture: Any) -> str:
    # a JPEG with further pictures behind it is an MPO to Pillow
    return "image/jpeg" if picture.format == "MPO" else f"image/{picture.format.lower()}"


def _measure(document: Document, body: memoryview, index: int) -> tuple[str, int, int]:
    picture = _open(document, body, index)
    return _media_type(picture), picture.width, picture.height
