"""The suite finds what it is there to find: adapters that are wrong in one way each."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.assets import View
from maquette.domain.hosting import Billed, Cancelled, Fault, Handle, Snapshot, Spread, Trouble
from maquette.domain.hosting import CallState as State
from maquette.engines.hosted.meshy import Meshy
from maquette.ports.hosting import Order, Parcel
from maquette.testing.hosting import CASES, Subject, check_hosted_engine, photographed
from maquette.testing.loopbacks.meshy import MeshyLoopback


class TriesAgain(Meshy):
    async def submit(self, order: Order, into: Path) -> Handle:
        try:
            return await super().submit(order, into)
        except Trouble:
            return await super().submit(order, into)


class SaysUnpaid(Meshy):
    async def submit(self, order: Order, into: Path) -> Handle:
        try:
            return await super().submit(order, into)
        except Trouble as trouble:
            trouble.billed = Billed.NO
            raise


class Blabs(Meshy):
    async def submit(self, order: Order, into: Path) -> Handle:
        try:
            return await super().submit(order, into)
        except Trouble as trouble:
            raise Trouble(trouble.fault, f"no luck with {self.options.key}", billed=trouble.billed) from trouble


class Leaks(Meshy):
    async def poll(self, handle: Handle) -> Snapshot:
        await self.exchange.send("GET", f"/openapi/v1/balance?key={self.options.key}")
        return await super().poll(handle)


class LetsKeysGo(Meshy):
    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        headers = {"authorization": f"Bearer {self.options.key}"}
        return tuple(replace(parcel, headers=headers) for parcel in await super().result(handle, into))


class GivesUp(Meshy):
    async def poll(self, handle: Handle) -> Snapshot:
        snapshot = await super().poll(handle)
        return Snapshot(State.EXPIRED) if snapshot.progress == 99 else snapshot


class RaisesAnything(Meshy):
    async def poll(self, handle: Handle) -> Snapshot:
        try:
            return await super().poll(handle)
        except Trouble as trouble:
            raise ValueError("not what was promised") from trouble


class Cheap(Meshy):
    def spread(self, order: Order) -> Spread | None:
        return Spread(1, 2, "credit")


class BelievesAnybody(Meshy):
    def called_by(self, headers: Any, body: bytes, now: float) -> str:
        return "whatever"


class Deletes(Meshy):
    async def cancel(self, handle: Handle) -> Cancelled:
        await self.exchange.send("DELETE", f"{handle.more['path']}/{handle.external_id}")
        return Cancelled.TOO_LATE


class Remembers(Meshy):
    async def submit(self, order: Order, into: Path) -> Handle:
        self.last = await super().submit(order, into)
        return replace(self.last, more={})

    async def poll(self, handle: Handle) -> Snapshot:
        return await super().poll(self.last)


class NeverFinds(Meshy):
    async def find(self, order: Order, since: float) -> Handle | None:
        return None


class CallsFailureBroken(Meshy):
    async def poll(self, handle: Handle) -> Snapshot:
        snapshot = await super().poll(handle)
        return replace(snapshot, error=Trouble(Fault.PROVIDER)) if snapshot.error else snapshot


WRONG = [
    (TriesAgain, "submit-busy"),
    (TriesAgain, "submit-reset"),
    (SaysUnpaid, "submit-reset"),
    (Blabs, "submit-denied"),
    (Leaks, "whole-cycle"),
    (LetsKeysGo, "whole-cycle"),
    (GivesUp, "task-stuck"),
    (RaisesAnything, "poll-error"),
    (Cheap, "whole-cycle"),
    (BelievesAnybody, "called-by"),
    (Deletes, "cancel-too-late"),
    (Remembers, "whole-cycle"),
    (NeverFinds, "find"),
    (CallsFailureBroken, "task-refused"),
]


@pytest.mark.parametrize(("adapter", "case"), WRONG, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_wrong_is_found(adapter: type[Meshy], case: str, tmp_path: Path):
    subject = Subject(adapter, MeshyLoopback, photographed(View.FRONT))
    with pytest.raises(Exception) as caught:
        check_hosted_engine(subject, case, HttpxFetcher(SystemClock(), "test"), tmp_path)
    assert not isinstance(caught.value, KeyError), "there is no such case"
    assert case in CASES
