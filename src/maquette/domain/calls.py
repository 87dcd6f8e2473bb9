"""The ledger of what providers were asked to do: one row for each commission, from before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maquette.domain.errors import Problem
from maquette.domain.hosting import CALL_ENDED, Billed, CallState
from maquette.domain.states import Stage


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """One commission to one provider.

    ``order_key`` names the work. Of one owner's commissions under one key at most one is not ``void``: a void one
    failed, was canceled or was forgotten, so that another may be made. ``number`` counts them from 1. ``reserved_usd``
    is what it may cost while it is open, ``cost_usd`` what it did cost; None where nobody can say. ``price_at`` is the
    day of the price that was reckoned with. ``response`` and ``handle`` hold no key; only ``response`` is ever shown.
    ``wake_hash`` is the SHA-256 of the secret part of the address that the provider may call, ``wakes`` counts those
    calls. ``parcels`` lists what came: role, media type, asset, bytes.
    """

    id: str
    owner_id: str
    job_id: str
    stage: Stage
    attempt: int
    engine: str
    capability: str
    order_key: str
    created_at: datetime
    updated_at: datetime
    batch_id: str | None = None
    task_id: str | None = None
    number: int = 1
    void: bool = False
    state: CallState = CallState.SUBMITTING
    external_id: str | None = None
    handle: Mapping[str, Any] | None = None
    request_digest: str = ""
    reserved_usd: float | None = None
    cost_usd: float | None = None
    units: float | None = None
    unit: str = ""
    billed: Billed = Billed.NO
    price_at: str | None = None
    http_status: int | None = None
    latency_ms: int | None = None
    response: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: Problem | None = None
    parcels: tuple[Mapping[str, Any], ...] = ()
    wake_hash: str | None = None
    wakes: int = 0
    polls: int = 0
    submitted_at: datetime | None = None
    ended_at: datetime | None = None
    is_test: bool = False

    @property
    def is_undecided(self) -> bool:
        """Whether nobody knows if the provider was given the work, and a person has to say."""
        return self.state is CallState.LOST and not self.void and self.handle is None

    @property
    def is_open(self) -> bool:
        """Whether the provider may be at work."""
        return self.state not in CALL_ENDED


@dataclass(frozen=True, slots=True)
class Outlay:
    """What some commissions cost, in US dollars: known costs, what is reserved for open ones and for those that may
    have been paid, and how many ended ones have a cost that nobody knows."""

    cost_usd: float = 0.0
    reserved_usd: float = 0.0
    unknown: int = 0
