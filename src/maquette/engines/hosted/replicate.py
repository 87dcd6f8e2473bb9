"""Replicate: any model, version or deployment, by https://replicate.com/docs/reference/http."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from maquette.domain.hosting import (
    Abilities,
    Amount,
    Billed,
    Calling,
    CallState,
    Cancelled,
    Cancelling,
    Clocks,
    Fault,
    Grain,
    Handle,
    Snapshot,
    Takes,
    Trouble,
)
from maquette.engines.hosted.documents import code, number, table
from maquette.engines.hosted.exchange import body_of
from maquette.engines.hosted.mapping import plan_of, progress_in
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.engines.hosted.parts import array, named_in
from maquette.ports.engines import Capability
from maquette.ports.hosting import Options, Order, Parcel
from maquette.ports.outbound import Answer, Bounds, Fetcher

STATES: Mapping[str, CallState] = {
    "starting": CallState.QUEUED,
    "processing": CallState.RUNNING,
    "succeeded": CallState.SUCCEEDED,
    "failed": CallState.FAILED,
    "canceled": CallState.CANCELED,
    # its deadline came before it started (changelog of 2025-10-16): nothing was done and nothing is charged
    "aborted": CallState.CANCELED,
}
REFUSALS = ("nsfw", "safety", "sensitive", "moderat", "flagged")
"""Models tell a refusal in prose only."""
KEPT_S = 3600.0
LATE_S = 300.0
SKEW_S = 60.0
PAGES = 5
WIDE = Bounds(bytes=64_000_000, seconds=120.0)
"""A prediction repeats its input, files included."""


class Replicate(Outline):
    """``model`` is ``owner/name``, ``owner/name:version``, a bare version, or ``deployments/owner/name``."""

    imprint = Imprint("Replicate", tuple(Capability), own_base="https://api.replicate.com", asks_model=True)

    def __init__(self, options: Options, fetcher: Fetcher) -> None:
        super().__init__(options, fetcher)
        self._plan = plan_of(options, self.capability)

    @property
    def abilities(self) -> Abilities:
        more = self.options.more
        return Abilities(
            Takes(
                max_bytes=1_000_000, pictures=int(more.get("pictures", 1)), views=tuple(map(str, more.get("views", ())))
            ),
            gives=("image/png", "image/jpeg", "image/webp", "model/gltf-binary", "text/plain"),
            grain=Grain.COARSE,
            cancelling=Cancelling.ANY,
            calling=Calling.STANDARD if self.options.webhook_secret else Calling.UNSIGNED,
            reconciles=True,
            result_ttl_s=KEPT_S,
            cost_unit="second",
            clocks=Clocks(queue_s=1200.0, run_s=1200.0, stall_s=1200.0, total_s=2400.0),
        )

    async def submit(self, order: Order, into: Path) -> Handle:  # noqa: ARG002 - the port's
        path, extra = self._place()
        document = {**extra, "input": await self._plan.arguments(order)}
        if order.callback:
            document |= {"webhook": order.callback, "webhook_events_filter": ["completed"]}
        return _handle(await self.exchange.ask("POST", path, document, submits=True))

    def _place(self) -> tuple[str, dict[str, str]]:
        model = self.options.model
        name, colon, version = model.partition(":")
        if colon or "/" not in model:
            return "/v1/predictions", {"version": version or name}
        kind = "" if model.startswith("deployments/") else "models/"
        return f"/v1/{kind}{quote(model, safe='/')}/predictions", {}

    async def poll(self, handle: Handle) -> Snapshot:
        return self._snapshot(await self._asked(handle))

    async def _asked(self, handle: Handle) -> dict[str, Any]:
        path = f"/v1/predictions/{quote(handle.external_id, safe='')}"
        return await self.exchange.ask("GET", path, bounds=WIDE)

    def _snapshot(self, told: Mapping[str, Any]) -> Snapshot:
        words = str(told.get("status", ""))
        if words not in STATES:
            raise Trouble(Fault.PROVIDER, "The provider names an unknown status.", raw=code(words))
        seconds = number(table(told.get("metrics")).get("predict_time"))
        spent = None if seconds is None else Amount(seconds, "second")
        state, error = STATES[words], None
        if state is CallState.FAILED:
            error = _failure(str(told.get("error") or ""), Billed.YES if spent and spent.units else Billed.NO)
        if state is CallState.SUCCEEDED and (told.get("data_removed") is True or told.get("output") is None):
            state = CallState.EXPIRED
        return Snapshot(state, words, progress_in(str(told.get("logs") or "")), spent=spent, error=error)

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        told = await self._asked(handle)
        if told.get("output") is None:
            raise Trouble(Fault.EXPIRED, "The provider has deleted the result.", billed=Billed.YES)
        return self._plan.parcels(told["output"], into)

    async def cancel(self, handle: Handle) -> Cancelled:
        told = await self.exchange.ask("POST", f"/v1/predictions/{quote(handle.external_id, safe='')}/cancel")
        return Cancelled.ACCEPTED if STATES.get(str(told.get("status"))) in _OPEN_OR_CANCELED else Cancelled.TOO_LATE

    async def find(self, order: Order, since: float) -> Handle | None:
        """By the input: Replicate takes no key of ours, but its list of predictions leads to the input of each.

        Raises ``Trouble(LOST)`` where it cannot be told: files may be shown as addresses, and the list may be long.
        """
        wanted = await self._plan.arguments(order)
        path = "/v1/predictions"
        for _ in range(PAGES):
            page = await self.exchange.ask("GET", path)
            for entry in map(table, array(page.get("results"))):
                if _seconds(entry.get("created_at")) < since - SKEW_S:
                    return None
                if handle := await self._same(entry, wanted):
                    return handle
            following = page.get("next")
            if not isinstance(following, str) or not following:
                return None
            path = following
        raise Trouble(Fault.LOST, "Too many predictions since then.", billed=Billed.UNKNOWN)

    async def _same(self, entry: Mapping[str, Any], wanted: Mapping[str, Any]) -> Handle | None:
        """The prediction of an entry if it was asked for the same. The list itself leaves the input out."""
        if entry.get("source") not in (None, "api"):
            return None
        handle = _handle(entry)
        asked = table((await self._asked(handle)).get("input"))
        if not asked or _veiled(asked, wanted) != _veiled(wanted, wanted):
            return None
        if asked != wanted:
            raise Trouble(Fault.LOST, "A prediction that may be this one.", billed=Billed.UNKNOWN)
        return handle

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        told = body_of(answer)
        trouble.raw = code(told.get("type") or "")
        trouble.request_id = code(answer.headers.get("x-request-id", ""))
        return trouble

    def called_by(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        if self.options.webhook_secret:
            _verify(headers, body, now, self.options.webhook_secret)
        return named_in(body, "id")


_OPEN_OR_CANCELED = (CallState.QUEUED, CallState.RUNNING, CallState.CANCELED)


def _handle(told: Mapping[str, Any]) -> Handle:
    external_id = told.get("id")
    if not isinstance(external_id, str) or not external_id:
        raise Trouble(Fault.PROVIDER, "The provider named no prediction.", billed=Billed.UNKNOWN)
    return Handle(external_id)


def _veiled(asked: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """An input without its files, which the provider may show as addresses of its own."""
    return {name: "file" if _is_file(wanted.get(name)) and _is_file(value) else value for name, value in asked.items()}


def _is_file(value: object) -> bool:
    first = next(iter(array(value)), value)
    return isinstance(first, str) and first.startswith(("data:", "https://", "http://"))


def _failure(prose: str, billed: Billed) -> Trouble:
    if any(word in prose.lower() for word in REFUSALS):
        return Trouble(Fault.REFUSED, "The model refuses this content.", billed=billed)
    return Trouble(Fault.PROVIDER, "The model failed.", billed=billed)


def _seconds(stamp: object) -> float:
    try:
        return datetime.fromisoformat(str(stamp)).timestamp()
    except ValueError:
        return 0.0


def _verify(headers: Mapping[str, str], body: bytes, now: float, secret: str) -> None:
    """Standard Webhooks: HMAC-SHA256 over id, time and body; several signatures stand for keys that are changing."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise Trouble(Fault.AUTH, "The webhook secret is not one of Replicate's.") from error
    identity, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signed = f"{identity}.{stamp}.".encode() + body
    expected = hmac.new(key, signed, hashlib.sha256).digest()
    given = [entry.partition(",")[2] for entry in headers.get("webhook-signature", "").split()]
    holds = any(hmac.compare_digest(base64.b64encode(expected).decode(), signature) for signature in given)
    if not holds or not stamp.isdecimal() or abs(now - int(stamp)) > LATE_S:
        raise Trouble(Fault.AUTH, "A call back that is forged or late.")
