"""What goes over a WebSocket: one JSON object per message."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from maquette.api.bounds import SOCKET_JOBS
from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.domain.jobs import EventType

JobId = Annotated[str, Field(min_length=1, max_length=100)]
Seq = Annotated[int, Field(ge=0, le=10**18)]


class SocketAsked(Asked):
    """What a client may say. `since` names the last event that it has of a job; without it, it has none."""

    subscribe: tuple[JobId, ...] = Field(default=(), max_length=SOCKET_JOBS)
    since: dict[JobId, Seq] = Field(default_factory=dict[str, int], max_length=SOCKET_JOBS)
    unsubscribe: tuple[JobId, ...] = Field(default=(), max_length=SOCKET_JOBS)
    ping: Annotated[int, Field(ge=0, le=2**53)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.subscribe or self.unsubscribe or self.ping is not None):
            raise ValueError("say subscribe, unsubscribe or ping")
        return self


class SocketEvent(Answer):
    """An event of a job. Nothing is missing where `seq` is the number before plus one plus `skipped`."""

    job_id: str
    seq: int
    type: EventType
    at: Instant
    data: dict[str, Any]
    skipped: int | None = None
    """So many older reports of the same stage's progress were left out, for this one says all that they said."""


class SocketNote(Answer):
    """`subscribed`: the events after `seq` follow. `ended`: they were all, and the job is followed no longer.

    `unsubscribed`: none will follow.
    """

    type: Literal["subscribed", "unsubscribed", "ended"]
    job_id: str
    seq: int | None = None


class SocketPong(Answer):
    """The answer to a `ping`."""

    pong: int


class SocketError(Answer):
    """What was asked cannot be. `job_id` says for which job, where it is about one."""

    type: Literal["error"] = "error"
    code: str
    message: str
    hint: str
    job_id: str | None = None
