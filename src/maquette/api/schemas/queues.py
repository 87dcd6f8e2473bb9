"""Queues as operators see them."""

from maquette.api.schemas.common import Answer, Instant
from maquette.app.queues import QueueView
from maquette.domain.fleet import Queue


class QueueOut(Answer):
    """How a queue stands; `oldest_waiting_since` is null when nothing waits."""

    name: Queue
    paused: bool
    changed_at: Instant | None
    waiting: int
    oldest_waiting_since: Instant | None

    @classmethod
    def of(cls, queue: QueueView) -> "QueueOut":
        """As found."""
        return cls(
            name=queue.name,
            paused=queue.paused,
            changed_at=queue.changed_at,
            waiting=queue.waiting.count,
            oldest_waiting_since=queue.waiting.oldest,
        )


class QueueList(Answer):
    """Every queue."""

    items: list[QueueOut]
