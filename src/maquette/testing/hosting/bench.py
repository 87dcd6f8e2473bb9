"""The bench that an engine is tried on: a loopback, a fetcher that remembers, and an order."""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from maquette.domain.hosting import CALL_ENDED, CallState, Handle, Snapshot, Trouble
from maquette.ports.engines import Capability
from maquette.ports.hosting import HostedEngine, Options, Order, Parcel
from maquette.ports.outbound import EMPTY, PUBLIC, Answer, Body, Bounds, Downloaded, Fetcher, Policy, Sink
from maquette.testing.loopbacks.server import Loopback

Ordering = Callable[[Path], Order]
PATIENCE_S = 30.0
HURRY_S = 0.6
"""What a request gets where the loopback will never answer it."""
MOST_POLLS = 12
ORDER = {
    CallState.QUEUED: 0,
    CallState.RUNNING: 1,
    CallState.FINALIZING: 2,
    CallState.SUCCEEDED: 3,
    CallState.FAILED: 3,
    CallState.CANCELED: 3,
    CallState.EXPIRED: 3,
    CallState.LOST: 3,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """An adapter under test. ``order`` writes the order's files into the folder that it is given.

    ``model`` and ``more`` are its options; ``without`` names faults that its provider cannot have.
    """

    engine: type[Any]
    loopback: Callable[[], Loopback]
    order: Ordering
    model: str = ""
    capability: Capability | None = None
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    without: Collection[str] = ()
    key: str = ""

    @property
    def name(self) -> str:
        """For the names of tests."""
        return "-".join(part for part in (self.engine.__name__, self.model, self.capability) if part)

    def made(self, loopback: Loopback, fetcher: Fetcher) -> HostedEngine:
        """The engine, configured for this loopback."""
        key = self.key or loopback.key
        options = Options("subject", loopback.url, key, "whsec_c2VjcmV0LW9mLWEtY2FsbGJhY2s=", self.model,
                          self.capability, is_test=True, more=self.more)  # fmt: skip
        return self.engine.configured(options, fetcher)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that an engine, or the suite for it, has sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    downloads: bool


class Watched:
    """A fetcher that lets everything through, gives it less time, and remembers it."""

    def __init__(self, inner: Fetcher, loopback: Loopback) -> None:
        self._inner = inner
        self._loopback = loopback
        self.hurried = ""
        """The phase that gets less time; what comes before it may be slow on a busy machine."""
        self.sent: list[Sent] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body = EMPTY,
        policy: Policy = PUBLIC,
        bounds: Bounds | None = None,
        any_status: bool = False,
    ) -> Answer:
        self.sent.append(Sent(method, url, headers or {}, False))
        return await self._inner.request(method, url, headers=headers, body=body, policy=policy,
                                         bounds=self._shorter(method, url, bounds), any_status=any_status)  # fmt: skip

    async def download(
        self,
        url: str,
        into: Sink,
        *,
        headers: Mapping[str, str] | None = None,
        policy: Policy = PUBLIC,
        bounds: Bounds | None = None,
    ) -> Downloaded:
        self.sent.append(Sent("GET", url, headers or {}, True))
        return await self._inner.download(
            url, into, headers=headers, policy=policy, bounds=self._shorter("GET", url, bounds)
        )

    def _shorter(self, method: str, url: str, bounds: Bounds | None) -> Bounds:
        bounds = bounds or Bounds()
        phase = self._loopback.phase(method, urlsplit(url).path) or self.hurried
        most = HURRY_S if self.hurried and phase == self.hurried else PATIENCE_S
        return replace(bounds, seconds=min(bounds.seconds, most))


class Bench:
    """One engine, one loopback, one order, and a folder for what comes."""

    def __init__(self, subject: Subject, loopback: Loopback, fetcher: Fetcher, folder: Path) -> None:
        self.subject = subject
        self.loopback = loopback
        self.fetcher = Watched(fetcher, loopback)
        self.folder = folder
        self.engine = subject.made(loopback, self.fetcher)
        self.order = subject.order(folder)
        self.key = subject.key or loopback.key

    @property
    def paid(self) -> float:
        """What the provider has charged."""
        return sum(charge.units for charge in self.loopback.bill)

    async def submit(self) -> Handle:
        """Commissions the order, and brings the handle through JSON as a database does."""
        handle = await self.engine.submit(self.order, self.folder)
        return Handle.of(json.loads(json.dumps(handle.document())))

    async def trouble(self, doing: Awaitable[object]) -> Trouble:
        """What it raises, which must be ``Trouble`` and give nothing away."""
        try:
            await doing
        except Trouble as trouble:
            self.check_words(trouble)
            return trouble
        raise AssertionError("this must raise Trouble")

    def check_words(self, trouble: Trouble) -> None:
        """No key, no address in any text."""
        told = f"{trouble} {trouble.message} {trouble.raw} {trouble.request_id}"
        assert self.key not in told and "://" not in told and "127.0.0.1" not in told, told

    async def ended(self, handle: Handle) -> list[Snapshot]:
        """What polling says until it ends. States never go back."""
        seen: list[Snapshot] = []
        while len(seen) < MOST_POLLS:
            seen.append(await self.engine.poll(handle))
            self.check_snapshot(seen[-1])
            if seen[-1].state in CALL_ENDED:
                order = [ORDER[snapshot.state] for snapshot in seen]
                assert order == sorted(order), f"states went back: {[snapshot.state for snapshot in seen]}"
                return seen
        raise AssertionError(f"it never ended: {[snapshot.state for snapshot in seen]}")

    def check_snapshot(self, snapshot: Snapshot) -> None:
        """What holds of each."""
        assert snapshot.state is not CallState.SUBMITTING
        assert snapshot.progress is None or 0 <= snapshot.progress <= 100
        assert (snapshot.error is not None) == (snapshot.state is CallState.FAILED), "a failure says why, nothing else"
        if snapshot.error:
            self.check_words(snapshot.error)

    async def fetched(self, parcel: Parcel) -> bytes:
        """The content of a parcel, from where it lies. Raises what the fetcher raises."""
        if parcel.path:
            assert parcel.path.is_relative_to(self.folder)
            return parcel.path.read_bytes()
        for name, value in parcel.headers.items():
            assert self.key not in value or parcel.url.startswith(self.loopback.url), f"the key goes along in {name}"
        content = bytearray()
        bounds = Bounds(bytes=50_000_000, seconds=PATIENCE_S)
        policy = Policy(self.loopback.url)
        await self.fetcher.download(parcel.url, content.extend, headers=parcel.headers, policy=policy, bounds=bounds)
        return bytes(content)

    def check_secrets(self) -> None:
        """The key has gone to its own server alone, and never in an address."""
        for sent in self.fetcher.sent:
            assert self.key not in sent.url, "the key is in an address"
            if not sent.url.startswith(self.loopback.url):
                assert all(self.key not in value for value in sent.headers.values()), "the key went elsewhere"


Case = Callable[[Bench], Awaitable[None]]
