"""Work that somebody else's machine does: how it stands, what can go wrong, what it costs.

Every provider has words of its own for these; an adapter translates them, and nothing above it knows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CallState(StrEnum):
    """How one commission to a provider stands."""

    SUBMITTING = "submitting"
    """Written down, perhaps sent, not answered yet: nobody knows whether it is paid."""
    QUEUED = "queued"
    RUNNING = "running"
    FINALIZING = "finalizing"
    """The provider says that it is nearly done; nothing is to be cancelled now."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    """It was made, and the provider has deleted it since."""
    LOST = "lost"
    """Nobody can know what became of it: a person decides."""


CALL_ENDED = frozenset({CallState.SUCCEEDED, CallState.FAILED, CallState.CANCELED, CallState.EXPIRED, CallState.LOST})


class Billed(StrEnum):
    """Whether what went wrong is paid all the same."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """What can go wrong with a commission, whoever was asked."""

    TRANSPORT = "transport"
    """The provider could not be reached, or the connection broke."""
    RATE_LIMITED = "rate_limited"
    CAPACITY = "capacity"
    """Too many commissions are open there; room comes when one of them ends."""
    TIMEOUT = "timeout"
    PROVIDER = "provider"
    """An error on the provider's side."""
    INVALID_INPUT = "invalid_input"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    """The provider's rules forbid this content."""
    QUOTA = "quota"
    """No credit is left."""
    AUTH = "auth"
    """The key is missing, wrong or not allowed to do this."""
    EXPIRED = "expired"
    """What is asked for is not there, or no longer."""
    BAD_OUTPUT = "bad_output"
    """What came is not what was ordered: no picture, half a file."""
    LOST = "lost"


PASSING = frozenset({Fault.TRANSPORT, Fault.RATE_LIMITED, Fault.CAPACITY, Fault.TIMEOUT, Fault.PROVIDER})
"""Faults after which the same provider may do better later."""
ELSEWHERE = frozenset({*PASSING, Fault.QUOTA, Fault.AUTH, Fault.UNSUPPORTED})
"""Faults after which another provider may be asked, unless this one may have been paid."""


class Trouble(Exception):
    """What went wrong with a commission, in words that are safe to show: no key, no address, no foreign text.

    ``raw`` is the provider's own code (``insufficient_quota``, ``2010``), ``request_id`` what its support asks for.
    ``retry_after`` is in seconds. ``billed`` is ``UNKNOWN`` only where the provider may be at work without our
    knowing its number.
    """

    def __init__(
        self,
        fault: Fault,
        message: str = "",
        *,
        billed: Billed = Billed.NO,
        raw: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        http_status: int | None = None,
    ) -> None:
        super().__init__(message or fault.value)
        self.fault = fault
        self.message = message
        self.billed = billed
        self.raw = raw
        self.request_id = request_id
        self.retry_after = retry_after
        self.http_status = http_status


class Grain(StrEnum):
    """How finely a provider tells how far it is."""

    NONE = "none"
    COARSE = "coarse"
    STEPS = "steps"


class Cancelling(StrEnum):
    """When a provider lets a commission be cancelled."""

    NONE = "none"
    QUEUED = "queued"
    ANY = "any"


class Cancelled(StrEnum):
    """What came of asking for it."""

    ACCEPTED = "accepted"
    TOO_LATE = "too_late"
    UNSUPPORTED = "unsupported"


class Calling(StrEnum):
    """How a provider calls back."""

    NONE = "none"
    UNSIGNED = "unsigned"
    """Only the secret part of the address tells that it is the provider."""
    STANDARD = "standard"
    """Signed as https://www.standardwebhooks.com orders it."""
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long a commission may take, in seconds: until it starts, at work, without any change, and in all."""

    queue_s: float = 1800.0
    run_s: float = 1200.0
    stall_s: float = 600.0
    total_s: float = 3000.0


@dataclass(frozen=True, slots=True)
class Takes:
    """What a provider takes of pictures. Larger ones are scaled down first, and that is written down.

    ``views`` names the sides that it can use, none for a provider that does not know sides. ``max_bytes`` bounds one
    encoded picture, ``max_total_bytes`` all of them together; sides are in pixels.
    """

    media_types: tuple[str, ...] = ("image/png", "image/jpeg")
    max_bytes: int = 20_000_000
    max_total_bytes: int = 50_000_000
    max_side: int = 4096
    min_side: int = 64
    pictures: int = 1
    views: tuple[str, ...] = ()
    alpha: bool = True
    """Whether transparency is understood; if not, pictures come on white."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an adapter can do, and how its provider behaves."""

    takes: Takes = Takes()
    gives: tuple[str, ...] = ()
    """Media types of what it delivers."""
    grain: Grain = Grain.NONE
    cancelling: Cancelling = Cancelling.NONE
    calling: Calling = Calling.NONE
    idempotent: bool = False
    """Submitting twice under one key makes one commission."""
    synchronous: bool = False
    """The answer to the submit is the result: a crash amid it loses both."""
    reconciles: bool = False
    """It can list what was submitted lately, so that a submit without an answer can be found again."""
    finds_by_time: bool = False
    """What it finds is told from other commissions by nothing but its time."""
    result_ttl_s: float | None = None
    """How long the provider keeps a result."""
    max_parallel: int = 4
    cost_unit: str = ""
    """What it charges in (``credit``, ``token``, ``second``); empty for one that charges nothing."""
    clocks: Clocks = Clocks()


@dataclass(frozen=True, slots=True)
class Handle:
    """How to ask for a commission again. It is written down before anything else is done with it.

    ``urls`` are those that the provider gave for asking (``status``, ``result``, ``cancel``); ``more`` is small JSON of
    the adapter's own.
    """

    external_id: str
    urls: Mapping[str, str] = field(default_factory=dict[str, str])
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"external_id": self.external_id, "urls": dict(self.urls), "more": dict(self.more)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Handle":
        """What ``document`` gave."""
        return cls(document["external_id"], document["urls"], document["more"])


@dataclass(frozen=True, slots=True)
class Amount:
    """So many of a provider's own units: credits, tokens, seconds."""

    units: float
    unit: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a commission stands now. ``progress`` is 0 to 100, None where the provider does not tell.

    ``words`` is the provider's own status. ``error`` belongs to a commission that has failed, ``spent`` to one whose
    provider says what it took.
    """

    state: CallState
    words: str = ""
    progress: float | None = None
    queue_position: int | None = None
    eta_s: float | None = None
    spent: Amount | None = None
    error: Trouble | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """What a commission will cost at least and at most, in a provider's units."""

    low: float
    high: float
    unit: str
