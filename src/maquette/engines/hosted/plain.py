"""Anybody's own server as an engine, by the contract of ``docs/guides/providers/http.md``: an order in, files out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from maquette.domain.hosting import (
    Abilities,
    Amount,
    Billed,
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
from maquette.engines.hosted.documents import number, table
from maquette.engines.hosted.exchange import body_of, read_object
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.engines.hosted.parts import (
    ROLES,
    Arrived,
    Part,
    array,
    decoded,
    form,
    found_again,
    kept,
    noted,
    sniffed,
    spent_of,
)
from maquette.ports.engines import Capability
from maquette.ports.hosting import Order, Parcel
from maquette.ports.outbound import Answer, Bounds

CONTRACT = 1
"""The version of the contract, in every order."""
STATES = {
    state.value: state
    for state in (
        *(CallState.QUEUED, CallState.RUNNING, CallState.FINALIZING),
        *(CallState.SUCCEEDED, CallState.FAILED, CallState.CANCELED, CallState.EXPIRED),
    )
}
COST = "maquette-cost"
"""Header of an answer that is the file itself: ``3 credit``."""
LARGEST = 256_000_000
WIDE = Bounds(bytes=LARGEST, seconds=300.0)
"""The answer to how it stands may hold the outputs themselves."""


class Plain(Outline):
    """A server that speaks our own contract."""

    imprint = Imprint(
        "A server of your own (HTTP)", tuple(Capability), licence="as its operator says", commercial_use=True
    )

    @property
    def abilities(self) -> Abilities:
        more = self.options.more
        return Abilities(
            Takes(
                pictures=int(more.get("pictures", 6)),
                views=("front", "left", "right", "back", "top", "bottom"),
                max_side=int(more.get("max_side", 4096)),
            ),
            gives=("image/png", "image/jpeg", "model/gltf-binary", "text/plain", "application/json"),
            grain=Grain.STEPS,
            cancelling=Cancelling.ANY,
            idempotent=more.get("idempotent", True) is True,
            cost_unit=str(more.get("unit", "")),
            clocks=Clocks(),
        )

    async def submit(self, order: Order, into: Path) -> Handle:
        body, headers = form(_parts(order, self.options.model))
        bounds = Bounds(bytes=LARGEST, seconds=self.abilities.clocks.run_s)
        headers["idempotency-key"] = order.key
        answer = await self.exchange.send("POST", "", body, submits=True, headers=headers, bounds=bounds)
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            return noted(order.key, Arrived(self._file(answer, media_type, into), _cost(answer.headers.get(COST, ""))))
        return self._told(order, read_object(answer, submits=True), into)

    def _file(self, answer: Answer, media_type: str, into: Path) -> tuple[Parcel, ...]:
        if not answer.body or not (sniffed(answer.body) or media_type == "text/plain"):
            raise Trouble(Fault.BAD_OUTPUT, "The server's answer is no file that is known here.", billed=Billed.UNKNOWN)
        return (kept(into, ROLES[self.capability], answer.body, media_type),)

    def _told(self, order: Order, told: Mapping[str, Any], into: Path) -> Handle:
        """The handle of a commission, or of one that ended at once."""
        if "id" in told:
            external_id = str(told["id"])
            return Handle(external_id, {"status": self._status_url(external_id, told.get("status_url"))})
        snapshot = self._snapshot({"state": CallState.SUCCEEDED.value, **told})
        if snapshot.error:
            raise snapshot.error
        return noted(order.key, Arrived(self._parcels(told, self.exchange.url("/"), into), snapshot.spent))

    def _status_url(self, external_id: str, given: object) -> str:
        ours = self.exchange.url("/" + quote(external_id, safe=""))
        wanted = urljoin(ours, given) if isinstance(given, str) and given else ours
        if not self._is_home(wanted):
            raise Trouble(Fault.PROVIDER, "The server sends us elsewhere to ask.", billed=Billed.UNKNOWN)
        return wanted

    def _where(self, handle: Handle) -> str:
        """Where to ask for it. Of a commission that a person named only the number is known."""
        return handle.urls.get("status") or self._status_url(handle.external_id, None)

    def _is_home(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.exchange.url(""))[:2]

    async def poll(self, handle: Handle) -> Snapshot:
        if "files" in handle.more:
            return Snapshot(CallState.SUCCEEDED, "done", 100.0, spent=spent_of(handle))
        return self._snapshot(await self.exchange.ask("GET", self._where(handle), bounds=WIDE))

    def _snapshot(self, told: Mapping[str, Any]) -> Snapshot:
        words = str(told.get("state"))
        if words not in STATES:
            raise Trouble(Fault.PROVIDER, "The server names a state that the contract does not know.")
        error = table(told.get("error"))
        state = STATES[words]
        trouble = _trouble(error) if state is CallState.FAILED else None
        position = number(told.get("queue_position"))
        return Snapshot(
            state,
            words,
            number(told.get("progress")),
            queue_position=None if position is None else int(position),
            eta_s=number(told.get("eta_s")),
            spent=_amount(told.get("cost")),
            error=trouble,
        )

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        if "files" in handle.more:
            parcels = found_again(handle, into)
            return tuple(self._parcel(here.role, here.media_type, here.url) if here.url else here for here in parcels)
        where = self._where(handle)
        told = await self.exchange.ask("GET", where, bounds=WIDE)
        return self._parcels(told, where, into)

    def _parcels(self, told: Mapping[str, Any], where: str, into: Path) -> tuple[Parcel, ...]:
        """Every output: what came as ``data`` is written down, what lies at a ``url`` is named."""
        parcels: list[Parcel] = []
        for order, output in enumerate(map(table, array(told.get("outputs")))):
            role, media_type = str(output.get("role") or ROLES[self.capability]), str(output.get("media_type", ""))
            if isinstance(output.get("data"), str):
                parcels.append(kept(into, role, decoded(output["data"]), media_type, order))
            elif isinstance(output.get("url"), str):
                parcels.append(self._parcel(role, media_type, urljoin(where, output["url"])))
        if not parcels:
            raise Trouble(Fault.BAD_OUTPUT, "The server names no output.", billed=Billed.YES)
        return tuple(parcels)

    def _parcel(self, role: str, media_type: str, url: str) -> Parcel:
        return Parcel(role, media_type, url, headers=self.exchange.headers if self._is_home(url) else {})

    async def cancel(self, handle: Handle) -> Cancelled:
        if "files" in handle.more:
            return Cancelled.TOO_LATE
        try:
            await self.exchange.send("DELETE", self._where(handle))
        except Trouble as trouble:
            if trouble.http_status in (405, 501):
                return Cancelled.UNSUPPORTED
            if trouble.http_status in (404, 409, 410):
                return Cancelled.TOO_LATE
            raise
        return Cancelled.ACCEPTED

    async def balance(self) -> Amount | None:
        """Asks what the server can do, too. Raises ``Trouble(UNSUPPORTED)`` when it is not what is configured."""
        try:
            told = await self.exchange.ask("GET", "")
        except Trouble as trouble:
            if trouble.fault is Fault.EXPIRED or trouble.http_status in (405, 501):
                return None
            raise
        able = array(told.get("capabilities"))
        if able and self.capability.value not in able:
            raise Trouble(Fault.UNSUPPORTED, f"The server says that it is no {self.capability}.")
        return _amount(told.get("balance"))

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        error = table(body_of(answer).get("error"))
        if error.get("fault") in set(Fault):
            read = _trouble(error)
            trouble.fault, trouble.message, trouble.raw = read.fault, read.message, read.raw
        return trouble


def _parts(order: Order, model: str) -> list[Part]:
    files = [(f"picture{index}" if index else "picture", picture.path, picture.media_type)
             for index, picture in enumerate(order.pictures)]  # fmt: skip
    others = (("mask", order.mask, "image/png"), ("model", order.model, "model/gltf-binary"))
    files += [(name, path, media) for name, path, media in (*others, ("sound", order.sound, "audio/wav")) if path]
    document = {
        "contract": CONTRACT,
        "capability": order.capability.value,
        "key": order.key,
        "model": model,
        "prompt": order.prompt,
        "wants": dict(order.wants),
        "views": [picture.view.value if picture.view else "" for picture in order.pictures],
    }
    parts = [Part("order", json.dumps(document).encode(), "application/json")]
    return [*parts, *(Part(name, path.read_bytes(), media, path.name) for name, path, media in files)]


def _trouble(error: Mapping[str, Any]) -> Trouble:
    named = error.get("fault")
    fault = Fault(named) if named in set(Fault) else Fault.PROVIDER
    return Trouble(fault, f"The server says: {fault.value.replace('_', ' ')}.", raw=fault.value if named else "")


def _amount(value: object) -> Amount | None:
    units = number(table(value).get("units"))
    return None if units is None else Amount(units, str(table(value).get("unit", "")))


def _cost(header: str) -> Amount | None:
    units, _, unit = header.strip().partition(" ")
    try:
        return Amount(float(units), unit) if units else None
    except ValueError:
        return None
