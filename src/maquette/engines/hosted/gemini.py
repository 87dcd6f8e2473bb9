"""Gemini: pictures by ``generateContent``, as ``google-genai`` 3.4 and ai.google.dev/api/generate-content have it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from maquette.domain.hosting import Abilities, Amount, Billed, Clocks, Fault, Takes, Trouble
from maquette.engines.hosted.documents import base64_of, code, number, table
from maquette.engines.hosted.exchange import body_of
from maquette.engines.hosted.outline import Imprint, Instant
from maquette.engines.hosted.parts import Arrived, array, decoded, kept
from maquette.ports.engines import Capability
from maquette.ports.hosting import Order, Parcel
from maquette.ports.outbound import Answer, Bounds

REFUSALS = frozenset(
    {"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION"}
    | {"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"}
)
PASSING = frozenset({"NO_IMAGE", "IMAGE_OTHER", "OTHER", "MALFORMED_RESPONSE"})
"""Reasons for coming without a picture that may be gone at the next try."""
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
MASK_WORDS = (
    "The last picture is a mask of the first one. Change the first picture only where the mask is white, "
    "and leave everything where it is black exactly as it is."
)
MOST_VARIANTS = 4


class Gemini(Instant):
    """An editor. Gemini has no input for a mask: it goes along as one more picture, and is asked to be kept to."""

    imprint = Imprint(
        "Gemini",
        (Capability.EDITOR,),
        licence="Gemini API terms of service",
        commercial_use=True,
        own_base="https://generativelanguage.googleapis.com",
        asks_model=True,
    )

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            # a request is at most 20 MB, and base64 grows by a third
            Takes(max_bytes=7_000_000, max_total_bytes=14_000_000, pictures=int(self.options.more.get("pictures", 3))),
            gives=("image/png", "image/jpeg"),
            synchronous=True,
            cost_unit="token",
            clocks=Clocks(run_s=300.0, total_s=900.0),
        )

    def authorised(self, key: str) -> dict[str, str]:
        return {"x-goog-api-key": key}

    async def fetch(self, order: Order, into: Path) -> Arrived:
        wanted = min(max(int(order.wants.get("variants") or 1), 1), MOST_VARIANTS)
        parcels: list[Parcel] = []
        tokens = 0.0
        while len(parcels) < wanted:
            try:
                told = await self._asked(order)
                parcels.append(_picture(told, into, len(parcels)))
            except Trouble:
                # each picture is a call of its own, and those that came are paid
                if not parcels:
                    raise
                break
            tokens += _tokens(told)
        return Arrived(tuple(parcels), Amount(tokens, "token"))

    async def _asked(self, order: Order) -> dict[str, Any]:
        version = str(self.options.more.get("api", "v1"))
        path = f"/{quote(version)}/models/{quote(self.options.model.removeprefix('models/'))}:generateContent"
        bounds = Bounds(bytes=64_000_000, seconds=self.abilities.clocks.run_s)
        return await self.exchange.ask("POST", path, await self._document(order), submits=True, bounds=bounds)

    async def _document(self, order: Order) -> dict[str, Any]:
        pictures = [await _inline(picture.path, picture.media_type) for picture in order.pictures]
        words = [{"text": order.prompt}] if order.prompt else []
        if order.mask:
            pictures.append(await _inline(order.mask, "image/png"))
            words.append({"text": MASK_WORDS})
        config: dict[str, Any] = {"responseModalities": ["IMAGE"], **table(self.options.more.get("config"))}
        if ratio := _ratio(order.wants):
            config["imageConfig"] = {"aspectRatio": ratio, **table(config.get("imageConfig"))}
        return {"contents": [{"role": "user", "parts": [*pictures, *words]}], "generationConfig": config}

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        error = table(body_of(answer).get("error"))
        details = [table(detail) for detail in array(error.get("details"))]
        reasons = {str(detail.get("reason")) for detail in details}
        trouble.raw = code(error.get("status"))
        if "API_KEY_INVALID" in reasons:
            trouble.fault = Fault.AUTH
        elif trouble.raw == "FAILED_PRECONDITION":
            # the country or the plan of the account
            trouble.fault = Fault.UNSUPPORTED
        elif trouble.raw == "RESOURCE_EXHAUSTED":
            daily = any("PerDay" in str(entry) for detail in details for entry in array(detail.get("violations")))
            trouble.fault = Fault.QUOTA if daily else Fault.RATE_LIMITED
            trouble.retry_after = trouble.retry_after or _delay(details)
        return trouble


async def _inline(path: Path, media_type: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": media_type, "data": await base64_of(path)}}


def _ratio(wants: Mapping[str, Any]) -> str:
    """The ratio of sides that comes nearest, empty where no size is wished."""
    width, height = number(wants.get("width")), number(wants.get("height"))
    if not width or not height:
        return ""

    def off(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return max(across / down, width / height) / min(across / down, width / height)

    return min(RATIOS, key=off)


def _picture(told: Mapping[str, Any], into: Path, order: int) -> Parcel:
    """The picture of an answer; thoughts hold drafts, which are none. Raises ``Trouble`` where there is none."""
    candidate = table(next(iter(array(told.get("candidates"))), None))
    for part in map(table, array(table(candidate.get("content")).get("parts"))):
        inline = table(part.get("inlineData") or part.get("inline_data"))
        if inline.get("data") and part.get("thought") is not True:
            media_type = str(inline.get("mimeType") or inline.get("mime_type") or "")
            return kept(into, "picture", decoded(str(inline["data"])), media_type, order)
    raise _without(told, candidate)


def _without(told: Mapping[str, Any], candidate: Mapping[str, Any]) -> Trouble:
    """What it means that an answer of 200 brings no picture."""
    blocked = code(table(told.get("promptFeedback")).get("blockReason"))
    reason = blocked or code(candidate.get("finishReason"))
    billed = Billed.YES if _tokens(told) else Billed.NO
    if blocked or reason in REFUSALS:
        return Trouble(Fault.REFUSED, "The provider refuses this content.", billed=billed, raw=reason)
    if reason in PASSING:
        return Trouble(Fault.PROVIDER, "The provider made no picture this time.", billed=billed, raw=reason)
    return Trouble(Fault.BAD_OUTPUT, "The provider answered without a picture.", billed=billed, raw=reason)


def _tokens(told: Mapping[str, Any]) -> float:
    return number(table(told.get("usageMetadata")).get("totalTokenCount")) or 0.0


def _delay(details: list[Mapping[str, Any]]) -> float | None:
    """google.rpc.RetryInfo: ``{"retryDelay": "34s"}``."""
    for detail in details:
        told = str(detail.get("retryDelay", ""))
        if told.endswith("s") and told[:-1].replace(".", "", 1).isdecimal():
            return float(told[:-1])
    return None
