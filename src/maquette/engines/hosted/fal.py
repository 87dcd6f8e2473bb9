"""fal: any model of its queue, by the contract of ``fal-client`` 1.0 and docs.fal.ai/model-endpoints/queue."""

import hashlib
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

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
from maquette.engines.hosted.exchange import body_of, read_object
from maquette.engines.hosted.mapping import plan_of, progress_in
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.engines.hosted.parts import array, named_in
from maquette.ports.engines import Capability, Readiness
from maquette.ports.hosting import Options, Order, Parcel
from maquette.ports.outbound import Answer, Bounds, Fetcher

FAULTS: Mapping[str, Fault] = {
    "content_policy_violation": Fault.REFUSED,
    "no_media_generated": Fault.BAD_OUTPUT,
    "feature_not_supported": Fault.UNSUPPORTED,
    "generation_timeout": Fault.TIMEOUT,
    "request_timeout": Fault.TIMEOUT,
    "startup_timeout": Fault.TIMEOUT,
    "internal_error": Fault.PROVIDER,
    "internal_server_error": Fault.PROVIDER,
    "downstream_service_error": Fault.PROVIDER,
    "downstream_service_unavailable": Fault.PROVIDER,
}
"""fal's own types of errors; every ``runner_…`` is the provider's, whatever else is known by its status."""
CANCELLATIONS = ("request_cancelled", "cancelled", "canceled")
INVALID = (400, 413, 415, 422)
"""What the model itself answers to an input that it does not like."""
KEPT_S = 86_400
LATE_S = 300.0
WIDE = Bounds(bytes=64_000_000, seconds=120.0)
"""Some models give their files within the answer."""
UNITS = "x-fal-billable-units"


class Fal(Outline):
    """One model of fal's queue, as ``model`` and ``more`` name it."""

    imprint = Imprint("fal", tuple(Capability), own_base="https://queue.fal.run", asks_model=True)

    def __init__(self, options: Options, fetcher: Fetcher) -> None:
        super().__init__(options, fetcher)
        self._plan = plan_of(options, self.capability)

    @property
    def abilities(self) -> Abilities:
        more = self.options.more
        return Abilities(
            Takes(
                max_bytes=8_000_000, pictures=int(more.get("pictures", 1)), views=tuple(map(str, more.get("views", ())))
            ),
            gives=("image/png", "image/jpeg", "image/webp", "model/gltf-binary", "text/plain"),
            grain=Grain.COARSE,
            cancelling=Cancelling.ANY,
            calling=Calling.ED25519 if self._keys() else Calling.UNSIGNED,
            cost_unit=str(more.get("unit", "unit")),
            clocks=Clocks(queue_s=1200.0, run_s=1200.0, stall_s=1200.0, total_s=2400.0),
        )

    def check(self) -> Readiness:
        if self._keys() and find_spec("cryptography") is None:
            return Readiness(False, "Calls back cannot be checked.", "Run `pip install 'maquette[fal]'`.")
        return super().check()

    def authorised(self, key: str) -> dict[str, str]:
        return {"authorization": f"Key {key}"}

    async def submit(self, order: Order, into: Path) -> Handle:  # noqa: ARG002 - the port's
        path = "/" + quote(self.options.model.strip("/"), safe="/")
        if order.callback:
            path += "?fal_webhook=" + quote(order.callback, safe="")
        told = await self.exchange.ask(
            "POST", path, await self._plan.arguments(order), submits=True, headers=self._wishes()
        )  # fmt: skip
        request_id = told.get("request_id")
        if not isinstance(request_id, str) or not request_id:
            raise Trouble(Fault.PROVIDER, "The provider named no request.", billed=Billed.UNKNOWN)
        names = {"status": "status_url", "result": "response_url", "cancel": "cancel_url"}
        return Handle(
            request_id, {ours: self._here(told[theirs]) for ours, theirs in names.items() if told.get(theirs)}
        )

    def _here(self, url: object) -> str:
        """An address that fal gave, on the server that we speak with: a proxy of the operator's has another name."""
        return self.exchange.url(urlsplit(str(url)).path)

    def _at(self, handle: Handle, name: str) -> str:
        """The address that fal gave. Of a request that a person named only the number is known: fal's addresses leave
        out the path of the model behind its app."""
        if name in handle.urls:
            return handle.urls[name]
        app = "/".join(self.options.model.strip("/").split("/")[:2])
        ends = {"status": "/status", "result": "", "cancel": "/cancel"}
        return self.exchange.url(f"/{quote(app, safe='/')}/requests/{quote(handle.external_id, safe='')}{ends[name]}")

    def _wishes(self) -> dict[str, str]:
        """What fal keeps is public to whoever knows the address: not its input, and its output no longer than told."""
        seconds = int(number(self.options.more.get("keep_s")) or KEPT_S)
        return {
            "x-fal-store-io": "0",
            "x-fal-object-lifecycle-preference": json.dumps({"expiration_duration_seconds": seconds}),
        }

    async def poll(self, handle: Handle) -> Snapshot:
        told = await self.exchange.ask("GET", self._at(handle, "status") + "?logs=1")
        words = str(told.get("status", ""))
        position = number(told.get("queue_position"))
        if words == "IN_QUEUE":
            return Snapshot(CallState.QUEUED, words, queue_position=None if position is None else int(position))
        if words == "IN_PROGRESS":
            return Snapshot(CallState.RUNNING, words, progress_in(_logs(told)))
        if words != "COMPLETED":
            raise Trouble(Fault.PROVIDER, "The provider names an unknown status.", raw=code(words))
        kind = code(told.get("error_type"))
        if told.get("error") or kind:
            return _ended(words, _trouble(kind, Fault.PROVIDER))
        return await self._outcome(handle, words)

    async def _outcome(self, handle: Handle, words: str) -> Snapshot:
        """Completed is not done: whether it succeeded shows only where the result is fetched."""
        try:
            answer = await self.exchange.send("GET", self._at(handle, "result"), bounds=WIDE)
        except Trouble as trouble:
            if trouble.http_status in (404, 410):
                return Snapshot(CallState.EXPIRED, words)
            told = trouble.raw and trouble.fault not in (Fault.AUTH, Fault.QUOTA, Fault.RATE_LIMITED)
            if not told and trouble.http_status not in INVALID:
                raise
            return _ended(words, trouble)
        return Snapshot(CallState.SUCCEEDED, words, 100.0, spent=self._units(answer))

    def _units(self, answer: Answer) -> Amount | None:
        try:
            return Amount(float(answer.headers[UNITS]), self.abilities.cost_unit)
        except (KeyError, ValueError):
            return None

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        answer = await self.exchange.send("GET", self._at(handle, "result"), bounds=WIDE)
        return self._plan.parcels(read_object(answer), into)

    async def cancel(self, handle: Handle) -> Cancelled:
        try:
            told = await self.exchange.ask("PUT", self._at(handle, "cancel"))
        except Trouble as trouble:
            if trouble.http_status in (400, 404, 409, 410):
                return Cancelled.TOO_LATE
            raise
        late = told.get("status") in ("ALREADY_COMPLETED", "NOT_FOUND")
        return Cancelled.TOO_LATE if late else Cancelled.ACCEPTED

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        body = body_of(answer)
        detail = body.get("detail")
        first = table(next(iter(array(detail)), None))
        kind = code(first.get("type") or body.get("error_type") or answer.headers.get("x-fal-error-type", ""))
        if isinstance(detail, str) and answer.status == 403 and "balance" in detail.lower():
            trouble.fault, trouble.message = Fault.QUOTA, "No credit is left at the provider."
        elif kind:
            read = _trouble(kind, trouble.fault)
            trouble.fault, trouble.raw, trouble.message = read.fault, read.raw, read.message
        trouble.request_id = code(answer.headers.get("x-fal-request-id", ""))
        if UNITS in answer.headers and (self._units(answer) or Amount(0, "")).units > 0:
            trouble.billed = Billed.YES
        return trouble

    def called_by(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        if keys := self._keys():
            _verify(headers, body, now, keys)
        return named_in(body, "request_id")

    def _keys(self) -> list[str]:
        """The ``x`` of fal's public keys, as https://rest.fal.ai/.well-known/jwks.json lists them."""
        return [str(key) for key in array(self.options.more.get("webhook_keys"))]


def _logs(told: Mapping[str, Any]) -> str:
    return "\n".join(str(table(line).get("message", "")) for line in array(told.get("logs")))


def _trouble(kind: str, otherwise: Fault) -> Trouble:
    fault = Fault.PROVIDER if kind.startswith("runner_") else FAULTS.get(kind, otherwise)
    return Trouble(fault, f"The provider says: {fault.value.replace('_', ' ')}.", raw=kind)


def _ended(words: str, trouble: Trouble) -> Snapshot:
    if trouble.raw in CANCELLATIONS:
        return Snapshot(CallState.CANCELED, words)
    return Snapshot(CallState.FAILED, words, error=trouble)


def _verify(headers: Mapping[str, str], body: bytes, now: float, keys: list[str]) -> None:
    """Ed25519 over the request, the user, the time and the body's SHA-256, each on a line; at most 300 s old."""
    from base64 import urlsafe_b64decode

    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    parts = [headers.get(f"x-fal-webhook-{name}", "") for name in ("request-id", "user-id", "timestamp")]
    message = "\n".join([*parts, hashlib.sha256(body).hexdigest()]).encode()
    try:
        signature = bytes.fromhex(headers.get("x-fal-webhook-signature", ""))
        fresh = abs(now - float(parts[2])) <= LATE_S
    except ValueError as error:
        raise Trouble(Fault.AUTH, "A call back without a signature.") from error
    for key in keys if fresh else ():
        try:
            Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key + "=" * (-len(key) % 4))).verify(
                signature, message
            )
        except (InvalidSignature, ValueError):
            continue
        return
    raise Trouble(Fault.AUTH, "A call back that is forged or late.")
