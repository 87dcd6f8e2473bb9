"""Tickets: the one kind of secret that may stand in an address."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from maquette.domain.access import How, Principal, Ticket, is_token
from maquette.domain.errors import Refused
from maquette.domain.ids import new_token, token_hash
from maquette.ports.clock import Clock
from maquette.ports.stores import Database

TICKET_S = 30
_ID = r"[A-Za-z0-9_-]{1,100}"
PATHS = re.compile(
    rf"/api/v1/(events|jobs/{_ID}/events|assets/{_ID}/content|results/{_ID}/download|batches/{_ID}/(download|results\.csv))"
)
"""What a ticket may open: streams and downloads, where browsers cannot send headers."""


@dataclass(frozen=True, slots=True)
class NewTicket:
    """The secret and when it is over."""

    secret: str
    expires_at: datetime


class Tickets:
    """Issues and takes tickets. All methods block."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def issue(self, asker: Principal, path: str) -> NewTicket:
        """Raises ``invalid_request`` for a path that no ticket opens. Whether the path leads anywhere is not told."""
        if not PATHS.fullmatch(path):
            hint = (
                "/api/v1/events, /api/v1/jobs/{id}/events, /api/v1/assets/{id}/content, /api/v1/results/{id}/download, "
                "/api/v1/batches/{id}/download, /api/v1/batches/{id}/results.csv"
            )
            raise Refused("invalid_request", "No ticket opens this path.", hint)
        secret, now = new_token(), self._clock.now()
        until = now + timedelta(seconds=TICKET_S)
        with self._db.write(durable=False) as tx:
            tx.tickets.sweep(now)
            tx.tickets.add(Ticket(token_hash(secret), asker.owner_id, path, now, until, asker.key_id))
        return NewTicket(secret, until)

    def consume(self, secret: str, path: str) -> Principal | None:
        """Whom the ticket belongs to, once; None for one that is unknown, used, expired or for another path."""
        if not is_token(secret):
            return None
        with self._db.write(durable=False) as tx:
            ticket = tx.tickets.take(token_hash(secret), path)
        if ticket is None or self._clock.now() >= ticket.expires_at:
            return None
        return Principal(ticket.owner_id, False, How.TICKET, key_id=ticket.key_id)
