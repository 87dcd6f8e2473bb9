"""Where state lives: one database, transactions, and a small repository per entity.

A transaction is entered by ``Database.write`` or ``Database.read`` and is used by one thread. Repositories take
``owner_id`` wherever a person asks, and put it into the WHERE clause: somebody else's row is a missing row.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from maquette.domain.assets import Asset
from maquette.domain.fleet import QueueState, Worker
from maquette.domain.jobs import Event, Job, Move, Result, Task
from maquette.domain.projects import Project
from maquette.domain.states import Stage, Status
from maquette.domain.uploads import Upload
from maquette.ports.access import KeyRows, SignInRows, TicketRows
from maquette.ports.batches import BatchRows
from maquette.ports.calls import CallRows
from maquette.ports.care import ChoreRows, DeletedRows, ImportRows, StaleRows
from maquette.ports.pages import Page as Page
from maquette.ports.webhooks import DeliveryRows, WebhookRows


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a job's log. ``detail`` may hold a traceback; it is shown to the owner only."""

    job_id: str
    at: datetime
    level: str
    message: str
    stage: Stage | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """What a session token opens: one job of one owner."""

    owner_id: str
    job_id: str


@dataclass(frozen=True, slots=True)
class Head:
    """The number of a job's newest event, and whether the job has ended with it."""

    seq: int
    ended: bool


class JobRows(Protocol):
    def add(self, job: Job) -> None:
        """Inserts the job and its first event. Raises ``Refused("conflict")`` on a taken idempotency key."""
        ...

    def get(self, job_id: str, owner_id: str | None = None) -> Job | None:
        """With ``owner_id`` None only for the server's own work, never for a person."""
        ...

    def apply(self, move: Move) -> Job:
        """Writes a move and its event, by compare-and-set on ``seq`` and guarded by the tables of ``states``.

        Raises ``Refused("conflict")`` when the row has moved meanwhile, and ``Refused("illegal_move")`` when the
        database itself finds the move illegal.
        """
        ...

    def amend(self, before: Job, after: Job) -> None:
        """Changes what a pending job or a draft works from or where it will be held; ``after`` is later updated.

        It is no move: neither ``seq`` nor the events know of it. Raises ``Refused("conflict")`` when the row was moved
        or amended meanwhile.
        """
        ...

    def by_key(self, owner_id: str, idempotency_key: str) -> tuple[Job, str] | None:
        """The job accepted under a key and the fingerprint of its request."""
        ...

    def remember_request(self, job_id: str, fingerprint: str) -> None: ...

    def list(
        self,
        owner_id: str,
        *,
        statuses: Sequence[Status] = (),
        project_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]: ...

    def queue_position(self, job: Job) -> int | None:
        """How many pending jobs go first, plus one; None unless the job is pending."""
        ...

    def turn_for(self, owner_id: str) -> int:
        """The turn that the owner's next job gets: behind the owner's own pending jobs, level with what goes next."""
        ...

    def open_count(self, owner_id: str) -> int:
        """How many of the owner's jobs are pending or processing."""
        ...

    def prioritise(self, job_id: str, priority: int) -> None:
        """Changes a pending job's place in the queue. It is no move: neither ``seq`` nor the events know of it."""
        ...

    def unfinished(self) -> tuple[Job, ...]:
        """Every job that should be in the engine's hands: pending or processing."""
        ...

    def newest_from(self, asset: Asset) -> Job | None:
        """The owner's newest job that starts from this asset, ended or not."""
        ...

    def starting_from(self, owner_id: str, asset_id: str) -> tuple[Job, ...]:
        """The jobs that have not ended and start from this asset."""
        ...

    def delete(self, job_id: str, owner_id: str, at: datetime | None) -> bool:
        """Marks as deleted (or, with None, brings back). True if there was such a row."""
        ...


class TaskRows(Protocol):
    def add(self, task: Task) -> None: ...

    def save(self, task: Task) -> None: ...

    def end(self, task: Task) -> bool:
        """Saves a task if it still is running; False when somebody else has ended it or given it up as lost."""
        ...

    def is_running(self, task_id: str) -> bool: ...

    def of_job(self, job_id: str) -> tuple[Task, ...]:
        """In the order in which they started."""
        ...

    def cached(self, owner_id: str, cache_key: str) -> Task | None:
        """The newest finished task with this key whose outputs all still exist."""
        ...


class EventRows(Protocol):
    def after(self, job_id: str, seq: int, limit: int = 500) -> tuple[Event, ...]: ...

    def news(self, cursors: Mapping[str, int], limit: int = 1000) -> tuple[Event, ...]:
        """The events of many jobs, each after its own number, the events of one job together and in their order.

        One query. What ``limit`` cuts off comes when asked again from where this ended.
        """
        ...

    def heads(self, job_ids: Collection[str], owner_id: str | None = None) -> dict[str, Head]:
        """How far each job has come; one that is missing, deleted or another owner's is left out.

        With ``owner_id`` None only for the server's own work, never for a person.
        """
        ...


class LogRows(Protocol):
    def add(self, line: LogLine) -> None: ...

    def of_job(self, job_id: str) -> tuple[LogLine, ...]: ...


class AssetRows(Protocol):
    def add(self, asset: Asset) -> None:
        """Inserts the row. From here to the transaction's end nobody removes these bytes.

        They may have been removed just before, as nobody's: ``pipelines.keeping.add_kept`` looks.
        """
        ...

    def get(self, asset_id: str, owner_id: str | None = None) -> Asset | None: ...

    def many(self, asset_ids: Sequence[str]) -> tuple[Asset, ...]:
        """In the order asked for; missing ones are left out."""
        ...

    def by_hash(self, owner_id: str, sha256: str, role: str) -> Asset | None: ...

    def list(
        self, owner_id: str, *, project_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Asset]: ...

    def delete(self, asset_id: str, owner_id: str, at: datetime | None) -> bool: ...


class UploadRows(Protocol):
    def add(self, upload: Upload) -> None: ...

    def get(self, upload_id: str, owner_id: str | None = None) -> Upload | None:
        """With ``owner_id`` None only for the bearer of a signed link."""
        ...

    def settle(self, upload_id: str, owner_id: str, asset_id: str) -> bool:
        """Says which asset it became. False when it is gone or was settled before."""
        ...

    def delete(self, upload_id: str, owner_id: str) -> bool: ...

    def pending(self, owner_id: str) -> int:
        """How many of the owner's are not complete."""
        ...

    def expired(self, before: datetime, limit: int = 100) -> tuple[Upload, ...]:
        """Those past their time, complete or not, the oldest first."""
        ...


class ProjectRows(Protocol):
    def add(self, project: Project) -> None: ...

    def save(self, project: Project) -> None: ...

    def get(self, project_id: str, owner_id: str) -> Project | None: ...

    def by_sku(self, owner_id: str, sku: str) -> Project | None:
        """The oldest with that SKU."""
        ...

    def list(self, owner_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Project]: ...

    def delete(self, project_id: str, owner_id: str, at: datetime | None) -> bool: ...


class ResultRows(Protocol):
    def add(self, result: Result) -> None: ...

    def get(self, result_id: str, owner_id: str | None = None) -> Result | None: ...


class SessionRows(Protocol):
    def add(self, token_hash: str, session: Session, at: datetime) -> None: ...

    def find(self, token_hash: str) -> Session | None: ...


class QueueRows(Protocol):
    def all(self) -> tuple[QueueState, ...]:
        """The queues about which somebody has decided something."""
        ...

    def save(self, state: QueueState) -> None: ...


class WorkerRows(Protocol):
    def join(self, worker: Worker) -> None:
        """Adds the worker. One that comes back under its own name goes on counting its beats."""
        ...

    def beat(self, worker_id: str, at: datetime) -> bool:
        """Raises the counter; False when the worker is gone."""
        ...

    def holds(self, worker_id: str) -> bool:
        """Whether the worker is not gone, and will not be before this transaction ends."""
        ...

    def drain(self, worker_id: str) -> None: ...

    def bury(self, worker_id: str, beat: int | None = None) -> bool:
        """Marks as gone; with ``beat`` only if the counter still stands there. False when nothing was changed."""
        ...

    def all(self) -> tuple[Worker, ...]:
        """Those that are gone included, by id."""
        ...

    def living(self) -> tuple[Worker, ...]:
        """All but those that are gone, by id."""
        ...

    def forget(self, before: datetime) -> None:
        """Removes the rows of workers that are gone and were last seen before that."""
        ...


class Transaction(Protocol):
    """All repositories on one connection; what they write becomes visible together or not at all."""

    @property
    def jobs(self) -> JobRows: ...
    @property
    def tasks(self) -> TaskRows: ...
    @property
    def events(self) -> EventRows: ...
    @property
    def logs(self) -> LogRows: ...
    @property
    def assets(self) -> AssetRows: ...
    @property
    def uploads(self) -> UploadRows: ...
    @property
    def projects(self) -> ProjectRows: ...
    @property
    def results(self) -> ResultRows: ...
    @property
    def sessions(self) -> SessionRows: ...
    @property
    def deleted(self) -> DeletedRows: ...
    @property
    def stale(self) -> StaleRows: ...
    @property
    def chores(self) -> ChoreRows: ...
    @property
    def imports(self) -> ImportRows: ...
    @property
    def queues(self) -> QueueRows: ...
    @property
    def workers(self) -> WorkerRows: ...
    @property
    def keys(self) -> KeyRows: ...
    @property
    def sign_ins(self) -> SignInRows: ...
    @property
    def tickets(self) -> TicketRows: ...
    @property
    def batches(self) -> BatchRows: ...
    @property
    def calls(self) -> CallRows: ...
    @property
    def webhooks(self) -> WebhookRows: ...
    @property
    def deliveries(self) -> DeliveryRows: ...
    @property
    def connection(self) -> Any:
        """The database connection itself, for a job engine that must enqueue in this very transaction."""
        ...


class Database(Protocol):
    def write(self, *, durable: bool = True) -> AbstractContextManager[Transaction]:
        """Commits on leaving, rolls back on an exception.

        A durable commit survives a power loss; progress may do without. Raises ``Unavailable("storage_full")``.
        """
        ...

    def read(self) -> AbstractContextManager[Transaction]: ...
