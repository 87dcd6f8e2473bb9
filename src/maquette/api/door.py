"""Lets requests in: in front of every route stands who is asking, and how far a session token reaches.

New routes are behind it without saying so. Open are only the paths in ``OPEN``.
"""

import asyncio
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from maquette.api.identity import Identity
from maquette.api.problems import refuse
from maquette.api.services import Access
from maquette.domain.access import How, Principal
from maquette.domain.errors import MaquetteError, Refused

PRINCIPAL = "maquette.principal"
"""Where the scope of a request carries whoever makes it; None on an open path."""
OPEN = frozenset({"/healthz", "/openapi.json", "/api/v1/sign-in"})
OPEN_PREFIXES = ("/files/", "/api/v1/hooks/")
"""Signed links, and the addresses that providers may call, carry their own permission."""
READINESS = "/readyz"
"""Open, and says more to those it knows."""

STREAMS = "/events"
"""How the paths of long answers end."""

_READ = ("GET", "HEAD")
_ID = "([^/]+)"
_REACH: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("", _READ, re.compile("/api/v1/(?:me|limits|statuses|pipelines(?:/[^/]+)?)")),
    ("", ("POST",), re.compile("/api/v1/tickets")),
    # these name their job in the body, and look themselves whether it is the session's
    ("", ("POST",), re.compile("/api/(?:upload-photo|remove-background|generate-model|generate)")),
    ("job", _READ, re.compile(f"/api/v1/jobs/{_ID}(?:/events|/tasks|/logs|/approval)?")),
    ("job", ("POST",), re.compile(f"/api/v1/jobs/{_ID}/(?:cancel|retry|resume|approve)")),
    ("result", _READ, re.compile(f"/api/v1/results/{_ID}(?:/download|/report)?")),
    ("asset", _READ, re.compile(f"/api/v1/assets/{_ID}(?:/content|/link)?")),
)
"""What a session token opens; the group is the id that must belong to its job."""


class Door:
    """In front of the framework and of the raw routes."""

    def __init__(self, app: ASGIApp, identity: Identity, access: Access) -> None:
        self._app = app
        self._identity = identity
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if is_open(path):
            await self._app({**scope, PRINCIPAL: None}, receive, send)
            return
        try:
            principal = await self._let_in(scope)
        except MaquetteError as refusal:
            if path != READINESS:
                await refuse(refusal, scope, receive, send)
                return
            principal = None
        if principal is not None and (scope["type"] == "websocket" or path.endswith(STREAMS)):
            receive = self._identity.while_good(principal, scope, receive)
        await self._app({**scope, PRINCIPAL: principal}, receive, send)

    async def _let_in(self, scope: Scope) -> Principal:
        principal = await self._identity.principal_of(scope)
        if principal.how is How.SESSION:
            await asyncio.to_thread(check_reach, self._access, principal, scope.get("method", "GET"), scope["path"])
        return principal


def is_open(path: str) -> bool:
    """Whether nobody is asked who they are."""
    return path in OPEN or path.startswith(OPEN_PREFIXES)


def reaches(method: str, path: str) -> bool:
    """Whether some session token opens it."""
    return any(method in methods and pattern.fullmatch(path) for _, methods, pattern in _REACH)


def check_reach(access: Access, principal: Principal, method: str, path: str) -> None:
    """Raises ``forbidden`` for what no session token opens, ``not_found`` for what is not its job's. Blocks."""
    kind, wanted = _place(method, path)
    owner, job = principal.owner_id, principal.job_id or ""
    reached = {
        "": lambda: True,
        "job": lambda: wanted == job,
        "result": lambda: access.sessions.has_result(owner, job, wanted),
        "asset": lambda: access.sessions.has_asset(owner, job, wanted),
    }
    if not reached[kind]():
        raise Refused("not_found")


def _place(method: str, path: str) -> tuple[str, str]:
    for kind, methods, pattern in _REACH:
        match = pattern.fullmatch(path) if method in methods else None
        if match:
            return kind, match[1] if kind else ""
    raise Refused("forbidden", "A session token opens its own job only.", "Send a key: Authorization: Bearer mq_…")
