"""Finds out who makes a request, once, before anything else looks at it.

What counts, first match wins: ``?ticket=``, ``Authorization: Bearer`` or ``X-API-Key``, ``X-Session-Token``, the
cookie of a sign-in. Whatever of these is given must be good; only a stale cookie is passed over, for browsers send it
unasked. What was found is remembered for some seconds, hence a revoked key may work that much longer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from starlette.types import Message, Receive, Scope

from maquette.api.origins import SAFE_METHODS, Origins
from maquette.api.services import Access
from maquette.app.keys import Recognised
from maquette.domain.access import LOCAL, Principal
from maquette.domain.errors import MaquetteError, Refused
from maquette.domain.ids import token_hash

REMEMBERED_S = 3.0
LOOK_AGAIN_S = 4.0
"""How often a stream's key is looked at."""
MAX_REMEMBERED = 10_000
REVOKED = 1008
"""WebSocket close code: policy violation (RFC 6455)."""
TICKET = "ticket"
_PROXY_HEADERS = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """What a request carries to say who it comes from."""

    ticket: str | None = None
    key: str | None = None
    session: str | None = None
    cookie: str | None = None
    origin: str = ""
    same_origin: bool = False
    """The browser vouches that a page of ours asks, or the caller can set headers."""
    forwarded: bool = False


class Identity:
    """Belongs to one event loop."""

    def __init__(self, access: Access, origins: Origins) -> None:
        self._access = access
        self._origins = origins
        self._known: dict[str, tuple[float, Principal]] = {}
        self._good: dict[str, tuple[float, bool]] = {}
        self._notes: set[asyncio.Task[None]] = set()

    def forget(self) -> None:
        """What was remembered is looked up again: for after a key was revoked or a browser signed out."""
        self._known.clear()
        self._good.clear()

    async def principal_of(self, scope: Scope) -> Principal:
        """Raises ``unauthorized``, and ``forbidden`` for a cookie that another site's page may have sent along."""
        given = read(scope, self._origins.cookie)
        if given.ticket is not None:
            return await self._by_ticket(given.ticket, scope)
        if given.key is not None:
            return await self._must(given.key, self._key)
        if given.session is not None:
            return await self._must(given.session, self._session)
        foreign = bool(given.origin) and not self._origins.is_own(given.origin, scope)
        if given.cookie and not foreign:
            found = await self._find(given.cookie, self._cookie)
            if found is not None:
                _check_cookie(scope, given)
                return found
        return self._unknown(given, foreign)

    def while_good(self, principal: Principal, scope: Scope, receive: Receive) -> Receive:
        """What a long answer hears of its caller: that it left, also when its key was revoked or has expired."""
        key_id = principal.key_id
        if key_id is None:
            return receive

        async def receive_while_good() -> Message:
            while True:
                try:
                    async with asyncio.timeout(LOOK_AGAIN_S):
                        return await receive()
                except TimeoutError:
                    if not await self._still_opens(key_id):
                        return {"type": f"{scope['type']}.disconnect", "code": REVOKED}

        return receive_while_good

    async def _still_opens(self, key_id: str) -> bool:
        """Asked by every stream, looked up once for all of a key's."""
        now = asyncio.get_running_loop().time()
        until, known = self._good.get(key_id, (0.0, True))
        if now < until:
            return known
        # the others that ask meanwhile are told what was known
        self._good[key_id] = (now + REMEMBERED_S, known)
        found = await asyncio.to_thread(self._access.keys.still_opens, key_id)
        self._good[key_id] = (now + REMEMBERED_S, found)
        return found

    def _unknown(self, given: Given, foreign: bool) -> Principal:
        # behind a proxy everybody comes from loopback
        if self._access.required or given.forwarded:
            raise Refused("unauthorized")
        return replace(LOCAL, is_admin=False) if foreign else LOCAL

    async def _by_ticket(self, ticket: str, scope: Scope) -> Principal:
        reading = scope["type"] == "websocket" or scope["method"] in SAFE_METHODS
        found = await asyncio.to_thread(self._access.tickets.consume, ticket, scope["path"]) if reading else None
        if found is None:
            raise Refused("unauthorized", "The ticket is not valid, was used, or has expired.", "Ask for another.")
        return found

    async def _must(self, secret: str, look: Callable[[str], Awaitable[Principal | None]]) -> Principal:
        found = await self._find(secret, look)
        if found is None:
            raise Refused("unauthorized")
        return found

    async def _find(self, secret: str, look: Callable[[str], Awaitable[Principal | None]]) -> Principal | None:
        now, name = asyncio.get_running_loop().time(), token_hash(secret)
        until, known = self._known.get(name, (0.0, LOCAL))
        if now < until:
            return known
        found = await look(secret)
        if found is not None:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[name] = (now + REMEMBERED_S, found)
        return found

    async def _key(self, secret: str) -> Principal | None:
        return self._noted(await asyncio.to_thread(self._access.keys.recognise, secret))

    async def _cookie(self, token: str) -> Principal | None:
        return self._noted(await asyncio.to_thread(self._access.keys.signed_in, token))

    async def _session(self, token: str) -> Principal | None:
        return await asyncio.to_thread(self._access.sessions.recognise, token)

    def _noted(self, found: Recognised | None) -> Principal | None:
        if found is None:
            return None
        if found.note and found.principal.key_id:
            task = asyncio.get_running_loop().create_task(self._note(found.principal.key_id))
            self._notes.add(task)
            task.add_done_callback(self._notes.discard)
        return found.principal

    async def _note(self, key_id: str) -> None:
        try:
            await asyncio.to_thread(self._access.keys.note_use, key_id)
        except MaquetteError as error:
            _logger.warning("The use of a key could not be noted: %s", error)


def read(scope: Scope, cookie: str) -> Given:
    """What the headers and the address carry; ``cookie`` is the name of the sign-in's cookie."""
    headers: dict[bytes, str] = {name: value.decode("latin-1") for name, value in scope["headers"]}
    scheme, _, bearer = headers.get(b"authorization", "").partition(" ")
    query: bytes = scope.get("query_string", b"")
    tickets = parse_qs(query.decode("latin-1"), keep_blank_values=True).get(TICKET) if b"ticket=" in query else None
    return Given(
        ticket=tickets[0] if tickets else None,
        key=bearer.strip() if scheme.lower() == "bearer" else headers.get(b"x-api-key"),
        session=headers.get(b"x-session-token"),
        cookie=_cookie(headers.get(b"cookie", ""), cookie),
        origin=headers.get(b"origin", ""),
        same_origin=headers.get(b"sec-fetch-site") == "same-origin" or b"x-requested-with" in headers,
        forwarded=not _PROXY_HEADERS.isdisjoint(headers),
    )


def _check_cookie(scope: Scope, given: Given) -> None:
    """A browser adds the cookie to whatever any page sends: the caller must be a page of ours."""
    reading = scope["type"] == "http" and scope["method"] in SAFE_METHODS
    if not (reading or given.origin or given.same_origin):
        hint = "Browsers do so by themselves; other clients send a key, or X-Requested-With."
        raise Refused("forbidden", "A signed-in request that changes something must say where it comes from.", hint)


def _cookie(header: str, wanted: str) -> str | None:
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value
    return None
