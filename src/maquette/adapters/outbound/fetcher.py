"""One exchange after the other, each hop checked anew and over a connection of its own.

httpx builds the requests, httpcore carries them. httpx's own client is left out: it logs whole URLs, and its limits are
per read, so that a byte now and then keeps it busy for ever.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import httpcore
import httpx

from maquette.adapters.outbound.answers import FAILURES, Pouring, failure_of, judged, retry_after
from maquette.adapters.outbound.dialling import TestedAddresses
from maquette.adapters.outbound.gate import Gate
from maquette.adapters.outbound.resolving import Resolver, SystemResolver
from maquette.adapters.outbound.targets import Target, Unfit, read
from maquette.adapters.outbound.unpacking import TooLarge, pieces
from maquette.domain.errors import Permanent
from maquette.ports.clock import Clock
from maquette.ports.outbound import EMPTY, PUBLIC, Answer, Body, Bounds, Downloaded, Policy, Sink

MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOLLOWING = frozenset({"GET", "HEAD"})
_logger = logging.getLogger(__name__)

Take = Callable[[bytes], Awaitable[None]]


@dataclass(slots=True)
class _Call:
    """What was asked, and how far it got."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Body
    policy: Policy
    bounds: Bounds
    any_status: bool = False
    only_200: bool = False
    started: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    place: str = "a URL"
    dialled: list[TestedAddresses] = field(default_factory=list[TestedAddresses])

    @contextlib.asynccontextmanager
    async def waiting(self) -> AsyncGenerator[None, None]:
        """Ends at the deadline, and turns what went wrong into what may be told."""
        try:
            async with asyncio.timeout_at(self.started + self.bounds.seconds):
                yield
        except FAILURES as error:
            told = failure_of(error, connected=any(backend.connected for backend in self.dialled))
            reason = str(error) if isinstance(error, Unfit) else type(error).__name__
            _logger.info("%s %s: %s, %s", self.method, self.place, told.code, reason)
            raise told from None


class HttpxFetcher:
    """Implements ``Fetcher``. Holds no connections, so it may serve any number of event loops.

    ``resolver`` and ``network`` are there to play another internet to; the rules about addresses stay as they are.
    ``tls`` is for an authority of one's own.
    """

    def __init__(
        self,
        clock: Clock,
        version: str,
        *,
        resolver: Resolver | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._agent = f"maquette/{version}"
        self._resolver = resolver or SystemResolver()
        self._network = network or cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        self._given_tls = tls
        _keep_quiet()

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
        collected = bytearray()

        async def take(piece: bytes) -> None:
            collected.extend(piece)

        call = _Call(method.upper(), url, headers or {}, body, policy, bounds or Bounds(), any_status)
        response = await self._exchange(call, take)
        answer = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, answer, bytes(collected), self._wait(response))

    async def download(
        self,
        url: str,
        into: Sink,
        *,
        headers: Mapping[str, str] | None = None,
        policy: Policy = PUBLIC,
        bounds: Bounds | None = None,
    ) -> Downloaded:
        pouring = Pouring(into)
        call = _Call("GET", url, headers or {}, EMPTY, policy, bounds or Bounds(), only_200=True)
        response = await self._exchange(call, pouring.take)
        await pouring.flush()
        media_type = _header(response, "content-type").partition(";")[0].strip().lower()
        return Downloaded(media_type, pouring.bytes)

    async def _exchange(self, call: _Call, take: Take) -> httpcore.Response:
        async with contextlib.AsyncExitStack() as kept:
            async with call.waiting():
                response = await self._arrive(call, kept)
            self._judge(call, response)
            encoding = _header(response, "content-encoding")
            body = pieces(response.aiter_stream(), encoding, call.bounds.bytes)
            await kept.enter_async_context(contextlib.aclosing(body))
            while True:
                # only the wait for bytes is cut: whoever takes them must have come to an end before they are discarded
                async with call.waiting():
                    piece = await anext(body, None)
                if piece is None:
                    return response
                await take(piece)
                # thousands of tiny chunks may be buffered, and none of them lets anybody else have a turn
                await asyncio.sleep(0)

    async def _arrive(self, call: _Call, kept: contextlib.AsyncExitStack) -> httpcore.Response:
        """The first answer that is no redirect to follow."""
        target = read(call.url)
        gate = Gate(call.policy, target, self._resolver)
        for _ in range(MOST_REDIRECTS + 1):
            call.place = target.place
            response = await self._send(call, gate, target, kept)
            location = _header(response, "location")
            if response.status not in _REDIRECTS or call.method not in _FOLLOWING or not location:
                return response
            target = target.join(location)
        raise Permanent("remote_refused")

    async def _send(
        self, call: _Call, gate: Gate, target: Target, kept: contextlib.AsyncExitStack
    ) -> httpcore.Response:
        backend = TestedAddresses(await gate.addresses(target), self._network)
        call.dialled.append(backend)
        tls = self._tls if target.scheme == "https" else None
        pool = httpcore.AsyncConnectionPool(ssl_context=tls, max_connections=1, network_backend=backend)
        await kept.enter_async_context(pool)
        request = self._request(call, target, gate.headers(target, call.headers))
        assert isinstance(request.stream, httpx.AsyncByteStream)
        sent = httpcore.Request(
            request.method,
            httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": {"connect": call.bounds.connect_seconds}},
        )
        return await pool.handle_async_request(sent)

    def _request(self, call: _Call, target: Target, headers: Mapping[str, str]) -> httpx.Request:
        body = call.body
        ours = {"accept": "*/*", "accept-encoding": "identity", "connection": "close", "user-agent": self._agent}
        return httpx.Request(
            call.method,
            httpx.URL(scheme=target.scheme, host=target.host, port=target.port),
            headers={**ours, **{name.lower(): value for name, value in headers.items()}},
            content=body.content,
            json=body.json,
            data=dict(body.fields) or None,
            files={name: (file.name, file.content, file.media_type) for name, file in body.files.items()} or None,
        )

    def _judge(self, call: _Call, response: httpcore.Response) -> None:
        trouble = None if call.any_status else judged(response.status, self._wait(response))
        if trouble is None and call.only_200 and response.status != 200:
            trouble = Permanent("remote_refused")
        length = _header(response, "content-length")
        if trouble is None and call.method != "HEAD" and length.isdecimal() and int(length) > call.bounds.bytes:
            trouble = failure_of(TooLarge(), connected=True)
        if trouble is not None:
            _logger.info("%s %s: %s, status %d", call.method, call.place, trouble.code, response.status)
            raise trouble

    def _wait(self, response: httpcore.Response) -> float | None:
        return retry_after(_header(response, "retry-after"), self._clock.now())

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or httpx.create_ssl_context(trust_env=False)


def _header(response: httpcore.Response, name: str) -> str:
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == wanted), "")


def _keep_quiet() -> None:
    """httpcore's debug lines hold headers, and with them signatures and keys."""
    for name in ("httpcore", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
