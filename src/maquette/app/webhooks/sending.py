"""One signed call to one address."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from maquette.domain.errors import MaquetteError, Refused
from maquette.domain.signatures import headers_for
from maquette.domain.webhooks import Outcome, Webhook
from maquette.ports.clock import Clock
from maquette.ports.outbound import PUBLIC, Body, Bounds, Fetcher, Policy

BOUNDS = Bounds(bytes=65_536, seconds=15.0)
"""Whatever a receiver has to say, nobody reads it."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_URL = 2000


class Sender:
    """Signs and sends. With ``loopback`` also to this very machine, on any port; that is for an operator to allow."""

    def __init__(self, fetcher: Fetcher, clock: Clock, *, loopback: bool = False) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._loopback = loopback

    def check(self, url: str) -> None:
        """Raises ``url_refused`` for what is no address of the web. Where a name leads is looked up at each call."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise Refused("url_refused") from None
        fits = parts.scheme in ("http", "https") and host and "@" not in parts.netloc and not parts.fragment
        if not fits or len(url) > LONGEST_URL:
            raise Refused("url_refused")
        if host in LOOPBACK and not self._loopback:
            hint = "The operator of a server can allow this with webhook_loopback (MAQUETTE_WEBHOOK_LOOPBACK)."
            raise Refused("url_refused", "The URL leads to the server's own machine.", hint)

    async def send(self, webhook: Webhook, message_id: str, payload: Mapping[str, Any]) -> Outcome:
        """The same id and payload may be sent any number of times; the time and its signature are those of the try."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        signed = headers_for(webhook.secret, message_id, int(self._clock.now().timestamp()), body)
        headers = {"content-type": "application/json", **signed}
        try:
            answer = await self._fetcher.request(
                "POST",
                webhook.url,
                headers=headers,
                body=Body(content=body),
                policy=self._policy(webhook.url),
                bounds=BOUNDS,
                any_status=True,
            )
        except MaquetteError as error:
            return Outcome(error=error.code)
        return Outcome(answer.status, retry_after=answer.retry_after)

    def _policy(self, url: str) -> Policy:
        parts = urlsplit(url)
        if not self._loopback or parts.hostname not in LOOPBACK:
            return PUBLIC
        return Policy(f"{parts.scheme}://{parts.netloc}")
