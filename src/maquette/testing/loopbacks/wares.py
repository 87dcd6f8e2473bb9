"""What loopbacks of picture models read and make: made up, but well formed."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import Any, cast

from maquette.testing.loopbacks.goods import box, picture
from maquette.testing.loopbacks.server import Call


@dataclass(frozen=True, slots=True)
class Sent:
    """One part of a form that came."""

    name: str
    content: bytes
    media_type: str = ""
    filename: str = ""

    @property
    def text(self) -> str:
        return self.content.decode()


def sent_form(call: Call) -> list[Sent]:
    """The parts of a multipart form, in their order; names may repeat."""
    head = b"Content-Type: " + call.headers.get("content-type", "").encode() + b"\r\n\r\n"
    message = message_from_bytes(head + call.body, policy=HTTP)
    return [_sent(part) for part in message.iter_parts()] if message.is_multipart() else []


def _sent(part: Message) -> Sent:
    name = part.get_param("name", header="content-disposition")
    content = cast("bytes", part.get_payload(decode=True) or b"")
    return Sent(str(name), content, part.get_content_type(), part.get_filename() or "")


def cut_out(photo: bytes) -> bytes:
    """The photo as RGBA PNG with an ellipse for an object: the work of a made-up cutter."""
    from PIL import Image, ImageDraw

    with Image.open(io.BytesIO(photo)) as opened:
        image = opened.convert("RGB")
    alpha = Image.new("L", image.size)
    box = (image.width * 0.15, image.height * 0.15, image.width * 0.85, image.height * 0.85)
    ImageDraw.Draw(alpha).ellipse(box, fill=255)
    image.putalpha(alpha)
    return _png(image)


def edited(photo: bytes, where: bytes = b"") -> bytes:
    """The photo with its colours turned over where a mask is white, as PNG of the same size: a made-up editor's work.

    Without a mask it is changed everywhere. A mask with transparency counts as OpenAI's: changed where it is clear.
    """
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(photo)) as opened:
        before = opened.convert("RGB")
    if not where:
        return _png(ImageOps.invert(before))
    with Image.open(io.BytesIO(where)) as mask:
        white = ImageOps.invert(mask.getchannel("A")) if mask.mode == "RGBA" else mask.convert("L")
    return _png(Image.composite(ImageOps.invert(before), before, white))


def of_data_uri(text: str) -> bytes:
    """The bytes of a data URI, empty for anything else."""
    head, comma, payload = text.partition(",")
    return base64.b64decode(payload) if comma and head.startswith("data:") else b""


def _png(image: "object") -> bytes:
    from PIL.Image import Image

    assert isinstance(image, Image)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def made_by(model: str, asked: Mapping[str, Any]) -> tuple[bytes, str]:
    """What a model of this name makes of its input, and the media type: a GLB, an edited picture or a cut-out."""
    if "mesh" in model or "3d" in model:
        return box(), "model/gltf-binary"
    photo = next((content for value in asked.values() if (content := _first(value))), b"") or picture()
    return (edited if "edit" in model else cut_out)(photo), "image/png"


def _first(value: object) -> bytes:
    first = cast("list[object]", value)[0] if isinstance(value, list) and value else value
    return of_data_uri(first) if isinstance(first, str) else b""
