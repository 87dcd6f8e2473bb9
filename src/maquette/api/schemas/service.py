"""What the server says of itself."""

from typing import Literal

from maquette.api.schemas.common import Answer
from maquette.domain.states import Status, WaitingFor
from maquette.ports.engines import Capability, EngineRecord


class EngineRecordOut(Answer):
    """An installed engine. One that could not be imported has neither capability nor version."""

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

    @classmethod
    def of(cls, record: EngineRecord) -> "EngineRecordOut":
        """How it stands on this machine."""
        info = record.info
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
        )


class EnginePage(Answer):
    """Every installed engine."""

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
