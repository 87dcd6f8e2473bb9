"""What adapters share when they write and read JSON: files as text, and values whose types nobody promised."""

import asyncio
import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from maquette.ports.hosting import Enclosure

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")


async def base64_of(path: Path) -> str:
    """A file as base64 (RFC 4648, 4)."""
    return base64.b64encode(await asyncio.to_thread(path.read_bytes)).decode("ascii")


async def data_uri(path: Path, media_type: str) -> str:
    """A file as an address that holds it (RFC 2397)."""
    return f"data:{media_type};base64,{await base64_of(path)}"


async def picture_uri(picture: Enclosure) -> str:
    """A picture of an order as ``data_uri``."""
    return await data_uri(picture.path, picture.media_type)


def table(value: object) -> Mapping[str, Any]:
    """``value`` if it is a JSON object, else an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def rows(value: object) -> list[Mapping[str, Any]]:
    """The JSON objects of a list, nothing for anything else."""
    return [table(entry) for entry in cast("list[object]", value)] if isinstance(value, list) else []


def text(value: object) -> str:
    """``value`` if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """``value`` as a finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 else None


def code(value: object) -> str:
    """A provider's own code or number of a request, if it looks like one: sentences may hold anything."""
    written = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return written if _CODE.fullmatch(written) else ""


def percent(value: object) -> float | None:
    """Progress in the bounds that it may have, None where there is none."""
    told = number(value)
    return None if told is None else min(max(told, 0.0), 100.0)
