"""What the server says of itself."""

from typing import Literal

from maquette.api.schemas.common import Answer
from maquette.api.schemas.costs import PriceOut
from maquette.domain.fleet import Queue
from maquette.domain.hosting import Abilities
from maquette.domain.money import Price
from maquette.domain.states import Status, WaitingFor
from maquette.ports.costs import Record
from maquette.ports.engines import Capability, EngineRecord


class EngineLimitsOut(Answer):
    """What a hosted engine takes at most; larger pictures are scaled down first. Bytes, pixels, seconds."""

    media_types: list[str]
    pictures: int
    views: list[str]
    picture_bytes: int
    order_bytes: int
    side: int
    max_parallel: int
    total_s: float

    @classmethod
    def of(cls, abilities: Abilities | None) -> "EngineLimitsOut | None":
        """None for an engine of this machine."""
        if abilities is None:
            return None
        takes = abilities.takes
        return cls(
            media_types=list(takes.media_types),
            pictures=takes.pictures,
            views=list(takes.views),
            picture_bytes=takes.max_bytes,
            order_bytes=takes.max_total_bytes,
            side=takes.max_side,
            max_parallel=abilities.max_parallel,
            total_s=abilities.clocks.total_s,
        )


class EngineLatelyOut(Answer):
    """How an engine did in the last seven days: the share of its tries that succeeded, and their median seconds."""

    tries: int
    success_rate: float
    median_s: float | None

    @classmethod
    def of(cls, record: Record | None) -> "EngineLatelyOut | None":
        """None for one that did nothing."""
        return cls(tries=record.tries, success_rate=record.rate, median_s=record.median_s) if record else None


class EngineRecordOut(Answer):
    """An engine, installed or hosted elsewhere. One that could not be imported has neither capability nor version.

    `charges`: work costs money; `price` is then what one unit costs, null where nobody configured it.
    """

    name: str
    capability: Capability | None
    title: str
    version: str | None
    licence: str | None
    commercial_use: bool | None
    needs: str | None
    ready: bool
    message: str
    hint: str
    is_test: bool
    hosted: bool
    queue: Queue | None
    charges: bool
    price: PriceOut | None
    limits: EngineLimitsOut | None
    lately: EngineLatelyOut | None

    @classmethod
    def of(cls, record: EngineRecord, price: Price | None = None, lately: Record | None = None) -> "EngineRecordOut":
        """How it stands."""
        info, abilities = record.info, record.abilities
        return cls(
            name=record.name,
            capability=info and info.capability,
            title=info.title if info else record.name,
            version=info and info.version,
            licence=info and info.licence,
            commercial_use=info and info.commercial_use,
            needs=info and info.needs,
            ready=record.readiness.ready,
            message=record.readiness.message,
            hint=record.readiness.hint,
            is_test=info.is_test if info else False,
            hosted=record.hosted,
            queue=info and info.queue,
            charges=bool(abilities and abilities.cost_unit),
            price=PriceOut.of(price) if price and record.hosted else None,
            limits=EngineLimitsOut.of(abilities),
            lately=EngineLatelyOut.of(lately),
        )


class EnginePage(Answer):
    """Every engine, installed or hosted elsewhere."""

    items: list[EngineRecordOut]
    next_cursor: str | None = None


class LimitsOut(Answer):
    """What a request may ask for. Bytes, pixels, seconds."""

    photo_bytes: int
    photo_pixels: int
    photo_side: int
    photos_per_job: dict[str, int]
    upload_seconds: float
    fetch_seconds: float
    body_bytes: int
    batch_rows: int
    queued_jobs: int
    deadline_s: int
    link_seconds: int


class StatusOut(Answer):
    """A status, what it is called, and which statuses may follow."""

    status: Status
    label: str
    icon: str
    moves: list[Status]


class StatusesOut(Answer):
    """The state machine of a job."""

    statuses: list[StatusOut]
    waiting_for: list[WaitingFor]


class HealthOut(Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class ReadyOut(Answer):
    """Whether the server can do its work."""

    ready: bool
    message: str
