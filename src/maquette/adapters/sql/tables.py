"""The tables, one per entity. Columns bear the names of the dataclasses' fields.

``owner_id`` is on every one but the three of the fleet (``WORKERS``, ``WORK_QUEUES``, ``CHORES``), which nobody owns.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from maquette.adapters.sql import documents
from maquette.adapters.sql.columns import ID, LONG, METADATA, UtcTime, choice, job_of
from maquette.adapters.sql.elsewhere import DELIVERIES, PROVIDER_CALLS, WEBHOOKS
from maquette.domain.assets import Role, View
from maquette.domain.batches import BatchStatus, OnError, RowStatus
from maquette.domain.fleet import WorkerState
from maquette.domain.jobs import EventType, TaskStatus
from maquette.domain.projects import ProjectKind
from maquette.domain.states import Stage, Status, WaitingFor

__all__ = [
    "API_KEYS",
    "ASSETS",
    "BATCHES",
    "BATCH_ROWS",
    "CHORES",
    "DELIVERIES",
    "EVENTS",
    "JOBS",
    "LOGS",
    "METADATA",
    "PROJECTS",
    "PROVIDER_CALLS",
    "RESULTS",
    "SESSIONS",
    "SIGN_INS",
    "TASKS",
    "TICKETS",
    "UPLOADS",
    "WEBHOOKS",
    "WORKERS",
    "WORK_QUEUES",
]


def _project_of() -> Column[str]:
    return Column("project_id", ID, ForeignKey("projects.id", ondelete="SET NULL"))


PROJECTS = Table(
    "projects",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False),
    Column("kind", choice(ProjectKind, "kind"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("sku", Text),
    Column("dimensions", documents.facts()),
    Column("room_type", Text),
    Column("tags", documents.names(), nullable=False),
    Column("expires_at", UtcTime),
    Column("deleted_at", UtcTime),
    Index(None, "owner_id", "created_at", "id"),
)

ASSETS = Table(
    "assets",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False),
    Column("role", choice(Role, "role"), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", LONG, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("name", Text, nullable=False),
    Column("view", choice(View, "view")),
    _project_of(),
    Column("width", Integer),
    Column("height", Integer),
    Column("stats", documents.facts(), nullable=False),
    Column("quality", documents.quality()),
    Column("derived_from", documents.names(), nullable=False),
    Column("produced_by", ID),
    Column("engine", Text),
    Column("is_test", Boolean, nullable=False),
    Column("deleted_at", UtcTime),
    CheckConstraint("length(sha256) = 64", "sha256"),
    CheckConstraint("bytes >= 0", "bytes"),
    Index(None, "owner_id", "created_at", "id"),
    Index(None, "owner_id", "sha256", "role"),
    Index(None, "project_id"),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False),
    Column("pipeline", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("status", choice(Status, "status"), nullable=False),
    Column("stage", choice(Stage, "stage")),
    Column("progress", Integer, nullable=False),
    Column("failed_stage", choice(Stage, "failed_stage")),
    Column("error", documents.problem()),
    Column("attempt", Integer, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("from_stage", choice(Stage, "from_stage")),
    Column("waiting_for", choice(WaitingFor, "waiting_for")),
    Column("priority", Integer, nullable=False),
    Column("settings", documents.facts(), nullable=False),
    Column("inputs", documents.inputs(), nullable=False),
    Column("hold_after", documents.stages(), nullable=False),
    _project_of(),
    Column("parent_job_id", ID),
    Column("batch_id", ID),
    Column("result_id", ID),
    Column("idempotency_key", Text),
    Column("request_fingerprint", Text),
    Column("deadline_s", Integer, nullable=False),
    Column("estimate_usd", Float),
    Column("cost_usd", Float, nullable=False),
    Column("budget_usd", Float),
    Column("is_test", Boolean, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("deleted_at", UtcTime),
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("traceparent", String(64)),
    CheckConstraint("progress BETWEEN 0 AND 100", "progress"),
    CheckConstraint("attempt >= 1 AND leg >= 0 AND seq >= 1", "counters"),
    CheckConstraint("status <> 'completed' OR result_id IS NOT NULL", "completed"),
    UniqueConstraint("owner_id", "idempotency_key"),
    Index(None, "owner_id", "created_at", "id"),
    Index(None, "status", "priority", "created_at", "id"),
    Index(None, "project_id"),
    Index(None, "batch_id"),
)

BATCHES = Table(
    "batches",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False),
    Column("pipeline", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("size", Integer, nullable=False),
    Column("status", choice(BatchStatus, "status"), nullable=False),
    Column("on_error", choice(OnError, "on_error"), nullable=False),
    Column("name", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("idempotency_key", Text),
    Column("request_fingerprint", Text, nullable=False),
    Column("deleted_at", UtcTime),
    UniqueConstraint("owner_id", "idempotency_key"),
    Index(None, "owner_id", "created_at", "id"),
)

BATCH_ROWS = Table(
    "batch_rows",
    METADATA,
    Column("batch_id", ID, ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("owner_id", ID, nullable=False),
    Column("sku", Text, nullable=False),
    Column("status", choice(RowStatus, "status"), nullable=False),
    Column("name", Text, nullable=False),
    Column("photos", documents.photos(), nullable=False),
    Column("settings", documents.facts(), nullable=False),
    Column("problems", documents.row_problems(), nullable=False),
    Column("job_id", ID),
    Index(None, "status", "batch_id"),
)

TASKS = Table(
    "tasks",
    METADATA,
    Column("id", ID, primary_key=True),
    job_of("job_id"),
    Column("owner_id", ID, nullable=False),
    Column("stage", choice(Stage, "stage"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("status", choice(TaskStatus, "status"), nullable=False),
    Column("engine", Text),
    Column("engine_version", Text),
    Column("external_task_id", Text),
    Column("params", documents.facts(), nullable=False),
    Column("input_assets", documents.names(), nullable=False),
    Column("output_assets", documents.names(), nullable=False),
    Column("data", documents.facts(), nullable=False),
    Column("cache_key", Text, nullable=False),
    Column("reused", Boolean, nullable=False),
    Column("saved_ms", LONG, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("duration_ms", LONG, nullable=False),
    Column("cpu_ms", LONG, nullable=False),
    Column("peak_bytes", LONG, nullable=False),
    Column("error", documents.problem()),
    Column("ended_at", UtcTime),
    Index(None, "job_id"),
    Index(None, "owner_id", "cache_key"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("job_id", ID, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("owner_id", ID, nullable=False),
    Column("type", choice(EventType, "type"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("data", documents.facts(), nullable=False),
)

LOGS = Table(
    "logs",
    METADATA,
    Column("id", LONG, primary_key=True),
    job_of("job_id"),
    Column("owner_id", ID, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("stage", choice(Stage, "stage")),
    Column("detail", Text, nullable=False),
    Index(None, "job_id", "id"),
)

RESULTS = Table(
    "results",
    METADATA,
    Column("id", ID, primary_key=True),
    job_of("job_id"),
    Column("owner_id", ID, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("assets", documents.grouped_names(), nullable=False),
    Column("report", documents.facts(), nullable=False),
    Column("is_test", Boolean, nullable=False),
    Index(None, "job_id"),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    job_of("job_id"),
    Column("owner_id", ID, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "job_id"),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False),
    Column("name", Text, nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("last_used_at", UtcTime),
    Column("revoked_at", UtcTime),
    UniqueConstraint("key_hash"),
    Index(None, "owner_id"),
)

SIGN_INS = Table(
    "sign_ins",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("key_id", ID, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False),
    Column("owner_id", ID, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index(None, "key_id"),
)

TICKETS = Table(
    "tickets",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("owner_id", ID, nullable=False),
    Column("path", Text, nullable=False),
    Column("key_id", ID, ForeignKey("api_keys.id", ondelete="CASCADE")),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index(None, "expires_at"),
    Index(None, "key_id"),
)

UPLOADS = Table(
    "uploads",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False),
    Column("name", Text, nullable=False),
    Column("view", choice(View, "view")),
    _project_of(),
    Column("media_type", Text, nullable=False),
    Column("bytes", LONG, nullable=False),
    Column("sha256", String(64)),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("asset_id", ID),
    Index(None, "owner_id"),
    Index(None, "expires_at"),
)

WORKERS = Table(
    "workers",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("queues", documents.names(), nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("engines", documents.facts(), nullable=False),
    Column("lease_s", Float, nullable=False),
    Column("state", choice(WorkerState, "state"), nullable=False),
    Column("beat", LONG, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

WORK_QUEUES = Table(
    "work_queues",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

CHORES = Table(
    "chores",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("turn", LONG, nullable=False),
    Column("done_at", UtcTime, nullable=False),
)
