"""OpenAI and whoever speaks like it: ``images/edits``, ``images/generations`` and ``audio/transcriptions``."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maquette.domain.hosting import Abilities, Amount, Billed, Clocks, Fault, Takes, Trouble
from maquette.engines.hosted.documents import code, number, table
from maquette.engines.hosted.exchange import body_of, read_object
from maquette.engines.hosted.outline import Imprint, Instant
from maquette.engines.hosted.parts import Arrived, Part, array, decoded, form, kept
from maquette.ports.engines import Capability
from maquette.ports.hosting import Order, Parcel
from maquette.ports.outbound import Answer, Body, Bounds

OWN_BASE = "https://api.openai.com/v1"
CODES: Mapping[str, Fault] = {
    "moderation_blocked": Fault.REFUSED,
    "content_policy_violation": Fault.REFUSED,
    "insufficient_quota": Fault.QUOTA,
    "billing_hard_limit_reached": Fault.QUOTA,
    "invalid_api_key": Fault.AUTH,
    "model_not_found": Fault.UNSUPPORTED,
}
"""OpenAI's codes and types of errors that mean more than their status."""
STEP, LONGEST, SHORTEST_LONG, WIDEST = 16, 3840, 2160, 3.0
LARGEST = 128_000_000


class _Spoken(Instant):
    """What pictures and transcripts have in common: the words for errors."""

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        error = table(body_of(answer).get("error"))
        known = [code(error.get(name)) for name in ("code", "type")]
        trouble.raw = known[0] or known[1]
        trouble.request_id = code(answer.headers.get("x-request-id", ""))
        trouble.fault = next((CODES[name] for name in known if name in CODES), trouble.fault)
        milliseconds = answer.headers.get("retry-after-ms", "")
        if milliseconds.isdecimal():
            trouble.retry_after = int(milliseconds) / 1000
        return trouble

    async def _post(self, path: str, body: Body, headers: Mapping[str, str]) -> Answer:
        bounds = Bounds(bytes=LARGEST, seconds=self.abilities.clocks.run_s)
        return await self.exchange.send("POST", path, body, submits=True, headers=headers, bounds=bounds)


class OpenAI(_Spoken):
    """An editor. Our mask is white where it is to be edited, theirs is transparent there: it is turned over here."""

    imprint = Imprint(
        "OpenAI images",
        (Capability.EDITOR,),
        licence="OpenAI services agreement",
        commercial_use=True,
        own_base=OWN_BASE,
        asks_model=True,
    )

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            Takes(max_bytes=20_000_000, max_total_bytes=50_000_000, pictures=int(self.options.more.get("pictures", 4))),
            gives=("image/png", "image/jpeg", "image/webp"),
            synchronous=True,
            cost_unit="token",
            clocks=Clocks(run_s=600.0, total_s=1200.0),
        )

    async def fetch(self, order: Order, into: Path) -> Arrived:
        fields = self._fields(order)
        if order.pictures:
            body, headers = form(_edit_parts(order, fields))
            answer = await self._post("/images/edits", body, headers)
        else:
            answer = await self._post("/images/generations", Body(json=fields), {})
        told = read_object(answer, submits=True)
        tokens = number(table(told.get("usage")).get("total_tokens"))
        return Arrived(_pictures(told, into), None if tokens is None else Amount(tokens, "token"))

    def _fields(self, order: Order) -> dict[str, Any]:
        more = self.options.more
        fields: dict[str, Any] = {"model": self.options.model, "prompt": order.prompt, **table(more.get("fields"))}
        variants = number(order.wants.get("variants")) or 1
        if variants > 1:
            fields["n"] = min(int(variants), 10)
        if "size" not in fields and (size := _size(order.wants, [str(entry) for entry in array(more.get("sizes"))])):
            fields["size"] = size
        return fields


class OpenAIAudio(_Spoken):
    """A transcriber: OpenAI's, or a local server of the same shape (speaches, whisper.cpp, vLLM) by ``more.path``."""

    imprint = Imprint(
        "OpenAI transcription",
        (Capability.TRANSCRIBER,),
        licence="OpenAI services agreement",
        commercial_use=True,
        own_base=OWN_BASE,
        asks_model=True,
    )

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            Takes(media_types=("audio/wav",), max_bytes=25_000_000, pictures=0),
            gives=("application/json",),
            synchronous=True,
            cost_unit=str(self.options.more.get("unit", "token")),
            clocks=Clocks(run_s=600.0, total_s=900.0),
        )

    async def fetch(self, order: Order, into: Path) -> Arrived:
        if order.sound is None:
            raise Trouble(Fault.INVALID_INPUT, "There is no sound to write down.")
        more = self.options.more
        fields = {"model": self.options.model, "response_format": "json", **table(more.get("fields"))}
        wished = {"language": order.wants.get("language"), "prompt": order.prompt}
        fields |= {name: value for name, value in wished.items() if value}
        parts = [Part("file", order.sound.read_bytes(), "audio/wav", "speech.wav"), *_fields(fields)]
        answer = await self._post(str(more.get("path", "/audio/transcriptions")), *form(parts))
        told = read_object(answer, submits=True)
        text = told.get("text")
        if not isinstance(text, str):
            raise Trouble(Fault.BAD_OUTPUT, "The provider answered without a text.", billed=Billed.YES)
        names = ("language", "duration", "segments", "words")
        document = {"text": text, **{name: told[name] for name in names if told.get(name) is not None}}
        parcel = kept(into, "text", json.dumps(document).encode(), "application/json")
        return Arrived((parcel,), self._spent(table(told.get("usage"))))

    def _spent(self, usage: Mapping[str, Any]) -> Amount | None:
        """Newer models charge tokens, older ones seconds."""
        tokens, seconds = number(usage.get("total_tokens")), number(usage.get("seconds"))
        if tokens is not None:
            return Amount(tokens, "token")
        return None if seconds is None else Amount(seconds, "second")


def _edit_parts(order: Order, fields: Mapping[str, Any]) -> list[Part]:
    name = "image[]" if len(order.pictures) > 1 else "image"
    parts = [Part(name, picture.path.read_bytes(), picture.media_type, f"picture{index}{picture.path.suffix}")
             for index, picture in enumerate(order.pictures)]  # fmt: skip
    if order.mask:
        parts.append(Part("mask", transparent(order.mask), "image/png", "mask.png"))
    return [*parts, *_fields(fields)]


def _fields(fields: Mapping[str, Any]) -> list[Part]:
    def text(value: object) -> str:
        return value if isinstance(value, str) else json.dumps(value)

    return [Part(name, text(value).encode()) for name, value in fields.items()]


def transparent(mask: Path) -> bytes:
    """A mask as OpenAI has it: PNG, RGBA, alpha 0 where ours is white (to be edited) and 255 where it is black."""
    from PIL import Image, ImageOps

    with Image.open(mask, formats=["PNG"]) as opened:
        alpha = ImageOps.invert(opened.convert("L"))
    image = Image.new("RGBA", alpha.size, (0, 0, 0, 255))
    image.putalpha(alpha)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _size(wants: Mapping[str, Any], sizes: list[str]) -> str:
    """``WxH``: of those that a model has the nearest in shape, else sides in steps of 16 within 3:1 and 3840x2160."""
    width, height = number(wants.get("width")), number(wants.get("height"))
    if not width or not height:
        return ""
    if sizes:
        shaped = {size: _shape(size) for size in sizes if size.count("x") == 1}
        return min(shaped, key=lambda size: abs(shaped[size] - width / height), default="")
    long, short = max(width, height), min(width, height)
    short = max(short, long / WIDEST)
    scale = min(1.0, LONGEST / long, SHORTEST_LONG / short)
    longer, shorter = (max(STEP, int(side * scale) // STEP * STEP) for side in (long, short))
    longer = min(longer, int(shorter * WIDEST))
    return f"{longer}x{shorter}" if width >= height else f"{shorter}x{longer}"


def _shape(size: str) -> float:
    width, _, height = size.partition("x")
    return int(width) / int(height) if width.isdecimal() and height.isdecimal() and int(height) else 0.0


def _pictures(told: Mapping[str, Any], into: Path) -> tuple[Parcel, ...]:
    """Every picture; OpenAI's models send them within the answer, some local servers by address."""
    parcels: list[Parcel] = []
    for order, entry in enumerate(map(table, array(told.get("data")))):
        if isinstance(entry.get("b64_json"), str):
            parcels.append(kept(into, "picture", decoded(entry["b64_json"]), "", order))
        elif isinstance(entry.get("url"), str):
            parcels.append(Parcel("picture", "", entry["url"]))
    if not parcels:
        raise Trouble(Fault.BAD_OUTPUT, "The provider answered without a picture.", billed=Billed.YES)
    return tuple(parcels)
