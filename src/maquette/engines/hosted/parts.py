"""How pictures and files travel: as a data URI, as base64, as the parts of a form; and how they are kept on arrival."""

import base64
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from maquette.domain.hosting import Amount, Billed, Fault, Handle, Trouble
from maquette.engines.hosted.documents import table
from maquette.ports.engines import Capability
from maquette.ports.hosting import Parcel
from maquette.ports.outbound import Body

ROLES: Mapping[Capability, str] = {
    Capability.CUTTER: "picture",
    Capability.EDITOR: "picture",
    Capability.MESHER: "model",
    Capability.REMESHER: "model",
    Capability.TRANSCRIBER: "text",
}
"""The role of what an engine delivers, where nothing else is said."""
GLB = "model/gltf-binary"
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"glTF", GLB))
_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    GLB: ".glb",
    "text/plain": ".txt",
    "application/json": ".json",
}
_DATA = re.compile(r"data:([\w.+/-]*)(?:;[\w=-]+)*;base64,")


def sniffed(content: bytes) -> str:
    """The media type that the first bytes tell; empty for one that is not known here."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((name for magic, name in _MAGIC if content.startswith(magic)), "")


def decoded(text: str) -> bytes:
    """The bytes of base64 in either alphabet (RFC 4648, 4 and 5), with or without the head of a data URI.

    Raises ``Trouble(BAD_OUTPUT)``.
    """
    head = _DATA.match(text)
    plain = (text[head.end() :] if head else text).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError as error:
        raise Trouble(Fault.BAD_OUTPUT, "What came cannot be decoded.", billed=Billed.YES) from error


def is_data_uri(text: str) -> bool:
    """Whether this is a file in itself and no address."""
    return _DATA.match(text) is not None


def named_in(body: bytes, field: str) -> str:
    """The number of a commission that a call back names in its JSON. Raises ``Trouble(AUTH)`` for anything else."""
    try:
        value = table(json.loads(body)).get(field)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, str) or not value:
        raise Trouble(Fault.AUTH, "A call back that names no commission.")
    return value


def array(value: object) -> list[Any]:
    """A JSON array, empty if it is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; without a ``filename`` it is a plain field. Names may repeat."""

    name: str
    content: bytes
    media_type: str = ""
    filename: str = ""


def form(parts: Iterable[Part]) -> tuple[Body, dict[str, str]]:
    """The body and the header of a multipart form (RFC 7578). Names are ours and need no escape."""
    boundary = f"maquette-{secrets.token_hex(16)}"
    pieces: list[bytes] = []
    for part in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'
        head += f'; filename="{part.filename}"' if part.filename else ""
        head += f"\r\nContent-Type: {part.media_type}" if part.media_type else ""
        pieces += [head.encode(), b"\r\n\r\n", part.content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return Body(content=b"".join(pieces)), {"content-type": f"multipart/form-data; boundary={boundary}"}


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came within an answer, and what it took."""

    files: tuple[Parcel, ...]
    spent: Amount | None = None


def kept(into: Path, role: str, content: bytes, media_type: str = "", order: int = 0) -> Parcel:
    """Writes a file that came within an answer, under a name that tells nothing but its kind."""
    known = sniffed(content) or media_type.partition(";")[0].strip().lower()
    path = into / f"{role}-{order}{_SUFFIXES.get(known, '.bin')}"
    path.write_bytes(content)
    return Parcel(role, known, path=path)


def noted(external_id: str, arrived: Arrived) -> Handle:
    """The handle of a commission that has ended: its files are here, or lie at addresses."""
    files = [[parcel.role, parcel.media_type, parcel.path.name if parcel.path else "", parcel.url]
             for parcel in arrived.files]  # fmt: skip
    spent = [arrived.spent.units, arrived.spent.unit] if arrived.spent else None
    return Handle(external_id, more={"files": files, "spent": spent})


def found_again(handle: Handle, into: Path) -> tuple[Parcel, ...]:
    """The files that ``noted`` wrote down. Raises ``Trouble(EXPIRED)`` when one is gone."""
    parcels = tuple(
        Parcel(role, media, url, into / name if name else None) for role, media, name, url in handle.more["files"]
    )
    if any(parcel.path and not parcel.path.is_file() for parcel in parcels):
        raise Trouble(Fault.EXPIRED, "What had come is no longer here.", billed=Billed.YES)
    return parcels


def spent_of(handle: Handle) -> Amount | None:
    """What ``noted`` wrote down of the cost."""
    spent = handle.more.get("spent")
    return Amount(float(spent[0]), str(spent[1])) if spent else None
