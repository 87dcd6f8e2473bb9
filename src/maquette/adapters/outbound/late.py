"""The way out, opened when somebody first goes it: its libraries take a third of a second that no start should pay."""

import asyncio
from collections.abc import Mapping

from maquette.ports.clock import Clock
from maquette.ports.outbound import EMPTY, PUBLIC, Answer, Body, Bounds, Downloaded, Fetcher, Policy, Sink


class LateFetcher:
    """Implements ``Fetcher`` by an ``HttpxFetcher`` that is made on first use."""

    def __init__(self, clock: Clock, version: str) -> None:
        self._clock = clock
        self._version = version
        self._made: Fetcher | None = None

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
        """See the port."""
        fetcher = await self._fetcher()
        return await fetcher.request(
            method, url, headers=headers, body=body, policy=policy, bounds=bounds, any_status=any_status
        )

    async def download(
        self,
        url: str,
        into: Sink,
        *,
        headers: Mapping[str, str] | None = None,
        policy: Policy = PUBLIC,
        bounds: Bounds | None = None,
    ) -> Downloaded:
        """See the port."""
        fetcher = await self._fetcher()
        return await fetcher.download(url, into, headers=headers, policy=policy, bounds=bounds)

    async def _fetcher(self) -> Fetcher:
        if self._made is None:
            self._made = await asyncio.to_thread(self._make)
        return self._made

    def _make(self) -> Fetcher:
        from maquette.adapters.outbound.fetcher import HttpxFetcher

        return HttpxFetcher(self._clock, self._version)
