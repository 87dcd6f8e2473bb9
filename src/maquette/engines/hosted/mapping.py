"""Models with inputs and outputs of their own, behind a provider that runs anybody's: mapped by configuration.

    [engines.birefnet.more]
    outputs = "image"                  # or ["image", {path = "mask_image", role = "mask"}]
    inputs = {image = "image_url"}     # ours = theirs
    constants = {output_format = "png"}

Slots that are ours: ``image`` (the first picture), ``images`` (all), ``references`` (all but the first), the name of a
side, ``mask``, ``model``, ``sound``, ``prompt``, and every setting of the stage (``seed``, ``width``…).
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from maquette.domain.errors import Refused
from maquette.domain.hosting import Billed, Fault, Trouble
from maquette.engines.hosted.documents import data_uri, picture_uri, table
from maquette.engines.hosted.parts import GLB, ROLES, array, decoded, is_data_uri, kept
from maquette.ports.engines import Capability
from maquette.ports.hosting import Enclosure, Options, Order, Parcel

USUAL = (
    *("image", "images", "images.*", "output", "model_mesh", "model_glb", "model_urls.glb", "mesh", "text", ""),
    *("*",),
)
"""Where models mostly put what they made, looked at in this order when nothing is configured."""
_TQDM = re.compile(r"^\s*(\d+)%\s*\|.+?\|\s*\d+/\d+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One output: ``path`` into the model's JSON, with dots between keys and ``*`` for every element of a list."""

    path: str
    role: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How one model is asked and read."""

    inputs: Mapping[str, str]
    constants: Mapping[str, Any]
    outputs: tuple[Wanted, ...]
    told: bool
    """Whether the outputs were configured: all of them are then taken, else the first that is there."""

    async def arguments(self, order: Order) -> dict[str, Any]:
        """The model's input, files as data URIs. Raises ``Trouble(UNSUPPORTED)`` for a picture that has no place."""
        offered = _offered(order)
        named = {theirs: await offered[ours]() for ours, theirs in self.inputs.items() if ours in offered}
        if order.mask and "mask" not in self.inputs:
            raise Trouble(Fault.UNSUPPORTED, "This model is configured without a place for a mask.")
        return {**self.constants, **named}

    def parcels(self, output: Any, into: Path) -> tuple[Parcel, ...]:
        """What the model made. Raises ``Trouble(BAD_OUTPUT)`` when nothing is where it should be."""
        parcels: list[Parcel] = []
        for wanted in self.outputs:
            for value in _at(output, wanted.path.split(".") if wanted.path else []):
                parcels += _parcel(value, wanted.role, into, len(parcels))
            if parcels and not self.told:
                break
        if not parcels:
            raise Trouble(Fault.BAD_OUTPUT, "The model's output is not where it should be.", billed=Billed.YES)
        return tuple(parcels)


def plan_of(options: Options, capability: Capability) -> Plan:
    """What ``more`` says. Raises ``Refused("invalid_setting")``."""
    more = options.more
    inputs = more.get("inputs", {"image": "image", "prompt": "prompt"})
    if not isinstance(inputs, Mapping) or not all(isinstance(value, str) for value in table(inputs).values()):
        raise Refused("invalid_setting", f"more.inputs of {options.name} is a table of names.")
    constants = more.get("constants", {})
    if not isinstance(constants, Mapping):
        raise Refused("invalid_setting", f"more.constants of {options.name} is a table.")
    given = more.get("outputs")
    listed = cast("list[Any]", given if isinstance(given, list) else [given] if given is not None else list(USUAL))
    outputs = tuple(_wanted(entry, options.name, capability) for entry in listed)
    return Plan(cast("Mapping[str, str]", inputs), cast("Mapping[str, Any]", constants), outputs, given is not None)


def _wanted(entry: Any, name: str, capability: Capability) -> Wanted:
    if isinstance(entry, str):
        return Wanted(entry, ROLES[capability])
    path = table(entry).get("path")
    if not isinstance(path, str):
        raise Refused("invalid_setting", f"more.outputs of {name} is a path, or a list of paths or of path and role.")
    return Wanted(path, str(table(entry).get("role") or ROLES[capability]))


def progress_in(logs: str) -> float | None:
    """Percent by the last bar of tqdm in the logs, as Replicate's own client reads it."""
    lines = (_TQDM.match(line) for line in reversed(re.split(r"[\r\n]", logs)))
    return next((min(float(line.group(1)), 100.0) for line in lines if line), None)


def _offered(order: Order) -> dict[str, Callable[[], Awaitable[Any]]]:
    """What there is for each slot, encoded when it is asked for."""
    every = order.pictures
    offered: dict[str, Callable[[], Awaitable[Any]]] = {
        name: partial(_itself, value) for name, value in order.wants.items() if value is not None
    }
    if every:
        offered |= {"image": partial(picture_uri, every[0]), "images": partial(_uris, every)}
    if len(every) > 1:
        offered["references"] = partial(_uris, every[1:])
    offered |= {picture.view.value: partial(picture_uri, picture) for picture in every if picture.view}
    files = (("mask", order.mask, "image/png"), ("model", order.model, GLB), ("sound", order.sound, "audio/wav"))
    offered |= {name: partial(data_uri, path, media_type) for name, path, media_type in files if path}
    return {**offered, "prompt": partial(_itself, order.prompt)} if order.prompt else offered


async def _itself(value: Any) -> Any:
    return value


async def _uris(pictures: tuple[Enclosure, ...]) -> list[str]:
    return [await picture_uri(picture) for picture in pictures]


def _at(value: Any, keys: list[str]) -> list[Any]:
    """Every value at a path."""
    if not keys:
        return [value]
    head, rest = keys[0], keys[1:]
    if head == "*":
        return [found for element in array(value) for found in _at(element, rest)]
    if head.isdecimal() and isinstance(value, list):
        return _at(array(value)[int(head)], rest) if int(head) < len(array(value)) else []
    return _at(table(value)[head], rest) if head in table(value) else []


def _parcel(value: Any, role: str, into: Path, order: int) -> list[Parcel]:
    """A file of what stands at a path: an address, a data URI, an object with ``url``, or words."""
    media_type = str(table(value).get("content_type") or "")
    text = table(value).get("url", value)
    if not isinstance(text, str) or not text:
        return []
    if is_data_uri(text):
        return [kept(into, role, decoded(text), media_type, order)]
    if text.startswith(("https://", "http://")) and role != "text":
        return [Parcel(role, media_type, text)]
    return [kept(into, role, text.encode(), "text/plain", order)] if role == "text" else []
