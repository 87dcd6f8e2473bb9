"""One request to a provider, and what its failure means.

The rules are those of HTTP (RFC 9110) and of caution: what was sent and not answered may have been accepted and may be
paid, so a submit without an answer is never tried again from here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from maquette.domain.errors import MaquetteError
from maquette.domain.hosting import Billed, Fault, Trouble
from maquette.ports.outbound import EMPTY, PUBLIC, Answer, Body, Bounds, Fetcher, Policy

FAULTS: Mapping[int, Fault] = {
    401: Fault.AUTH,
    402: Fault.QUOTA,
    403: Fault.AUTH,
    404: Fault.EXPIRED,
    408: Fault.TIMEOUT,
    410: Fault.EXPIRED,
    429: Fault.RATE_LIMITED,
}
"""What a status means where the provider says nothing better; other 4xx are ``INVALID_INPUT``."""
NOT_ACCEPTED = frozenset({501, 503})
"""Of the 5xx those that say that the request was not taken on."""
BOUNDS = Bounds(bytes=4_000_000, seconds=60.0)

Reading = Callable[[Answer, Trouble], Trouble]
"""Turns the general meaning of a failed answer into the provider's own: it knows the body."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Speaks with one server under one key. ``own_base`` is the provider's public address.

    ``base_url`` is what the operator configured instead, or empty. ``headers`` carry the key and go to this server
    alone.
    """

    fetcher: Fetcher
    own_base: str
    base_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    reading: Reading | None = None

    @property
    def policy(self) -> Policy:
        """What the client may do for this server, its result addresses included."""
        return Policy(self.base_url) if self.base_url else PUBLIC

    def url(self, path: str) -> str:
        """The address of a path here. A whole address is taken if it leads to this very server.

        Raises ``Trouble(PROVIDER)`` for one that leads elsewhere: the key would go along.
        """
        base = self.base_url or self.own_base
        if "://" not in path:
            return base.rstrip("/") + path
        if _origin(path) != _origin(base):
            raise Trouble(Fault.PROVIDER, "The provider sent us to another server.")
        return path

    async def send(
        self,
        method: str,
        path: str,
        body: Body = EMPTY,
        *,
        submits: bool = False,
        headers: Mapping[str, str] | None = None,
        bounds: Bounds = BOUNDS,
    ) -> Answer:
        """The answer, if it is below 400. ``submits``: this request may cost something.

        Raises ``Trouble``.
        """
        sent = {**self.headers, **(headers or {})}
        try:
            answer = await self.fetcher.request(
                method, self.url(path), headers=sent, body=body, policy=self.policy, bounds=bounds, any_status=True
            )
        except MaquetteError as error:
            raise unanswered(error, submits=submits) from error
        if answer.status >= 400:
            trouble = meaning(answer, submits=submits)
            raise self.reading(answer, trouble) if self.reading else trouble
        return answer

    async def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        submits: bool = False,
        headers: Mapping[str, str] | None = None,
        bounds: Bounds = BOUNDS,
    ) -> dict[str, Any]:
        """The same with JSON both ways: an object, or ``Trouble``."""
        body = EMPTY if document is None else Body(json=document)
        answer = await self.send(method, path, body, submits=submits, headers=headers, bounds=bounds)
        return read_object(answer, submits=submits)


def read_object(answer: Answer, *, submits: bool = False) -> dict[str, Any]:
    """The JSON object of an answer. Raises ``Trouble(PROVIDER)`` for anything else."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        billed = Billed.UNKNOWN if submits else Billed.NO
        raise Trouble(Fault.PROVIDER, "The provider's answer cannot be read.", billed=billed, http_status=answer.status)
    return value  # pyright: ignore[reportUnknownVariableType] - the keys of a JSON object are texts


def unanswered(error: MaquetteError, *, submits: bool) -> Trouble:
    """What it means that no whole answer came."""
    if error.code in ("remote_unreachable", "url_refused"):
        return Trouble(Fault.TRANSPORT, "The provider cannot be reached.", raw=error.code)
    billed = Billed.UNKNOWN if submits else Billed.NO
    if error.code == "remote_too_large":
        return Trouble(Fault.BAD_OUTPUT, "The provider's answer is too large.", billed=billed, raw=error.code)
    return Trouble(Fault.TRANSPORT, "The connection to the provider broke.", billed=billed, raw=error.code)


def meaning(answer: Answer, *, submits: bool) -> Trouble:
    """What a status of 400 and above says by itself."""
    status = answer.status
    fault = Fault.PROVIDER if status >= 500 else FAULTS.get(status, Fault.INVALID_INPUT)
    if submits and fault is Fault.EXPIRED:
        # nothing can be gone before it was asked for: the model or the address is wrong
        fault = Fault.UNSUPPORTED
    unsure = submits and ((status >= 500 and status not in NOT_ACCEPTED) or status == 408)
    return Trouble(
        fault,
        f"The provider answered {status}.",
        billed=Billed.UNKNOWN if unsure else Billed.NO,
        retry_after=answer.retry_after,
        http_status=status,
    )


def body_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of a failed answer, empty where there is none: for a ``Reading``."""
    try:
        return read_object(answer)
    except Trouble:
        return {}


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default
