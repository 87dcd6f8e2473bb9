"""Commissions to providers as their job's owner sees them: no key, no address, no text of the provider's."""

from typing import Annotated, Any

from pydantic import Field

from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.domain.calls import ProviderCall
from maquette.domain.hosting import Billed, CallState
from maquette.domain.states import Stage


class CallErrorOut(Answer):
    """Why a commission came to nothing."""

    code: str
    message: str
    hint: str
    retryable: bool


class CallOut(Answer):
    """One commission to one provider. `external_id` is the provider's own number for it.

    `cost_usd` is null where nobody can say what it cost. `undecided`: nobody knows whether the provider was given the
    work; adopt it by the provider's number, retry it (and perhaps pay twice), or forget it.
    """

    id: str
    job_id: str
    task_id: str | None
    stage: Stage
    attempt: int
    number: int
    engine: str
    capability: str
    state: CallState
    void: bool
    undecided: bool
    external_id: str | None
    billed: Billed
    reserved_usd: float | None
    cost_usd: float | None
    units: float | None
    unit: str
    price_at: str | None
    http_status: int | None
    latency_ms: int | None
    polls: int
    response: dict[str, Any]
    error: CallErrorOut | None
    is_test: bool
    created_at: Instant
    updated_at: Instant
    submitted_at: Instant | None
    ended_at: Instant | None

    @classmethod
    def of(cls, call: ProviderCall) -> "CallOut":
        """As stored, without what is secret."""
        told: dict[str, Any] = {name: getattr(call, name) for name in cls.model_fields if name != "undecided"}
        error = call.error
        told["error"] = error and CallErrorOut(
            code=error.code, message=error.message, hint=error.hint, retryable=error.retryable
        )
        return cls.model_validate(told | {"undecided": call.is_undecided, "response": dict(call.response)})


class CallPage(Answer):
    """All commissions of a job, in the order in which they were made."""

    items: list[CallOut]
    next_cursor: str | None = None


class AdoptIn(Asked):
    """The provider's own number for what it was given."""

    external_id: Annotated[str, Field(min_length=1, max_length=200)]
