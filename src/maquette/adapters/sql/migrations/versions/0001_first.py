"""The first schema, as it was on its day: nothing here follows later changes of the code."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

TABLES = ("projects", "assets", "jobs", "events", "logs", "results", "sessions", "tasks")
TRIGGERS = {"jobs_move": "jobs", "events_append": "events", "events_update": "events", "events_delete": "events"}

ID = sa.String(length=64)
TIME = sa.DateTime(timezone=True)
LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")

PROJECT_KINDS = ("product", "room", "portrait", "generic")
ROLES = (
    "original",
    "working",
    "cutout",
    "mask",
    "model",
    "lod",
    "texture",
    "usdz",
    "thumbnail",
    "preview",
    "edit",
    "audio",
    "report",
    "archive",
)
VIEWS = ("front", "left", "right", "back", "top", "bottom", "detail", "other")
STATUSES = ("draft", "pending", "processing", "waiting", "completed", "failed", "canceled")
STAGES = (
    "uploading",
    "validating",
    "transcribing",
    "selecting",
    "removing_background",
    "approving",
    "analyzing",
    "planning",
    "retrieving",
    "submitting",
    "generating",
    "storing",
    "optimizing",
    "watermarking",
    "complete",
)
REASONS = ("approval", "input", "budget", "quota", "uncertain")
EVENTS = (
    "job.created",
    "job.accepted",
    "stage.started",
    "stage.progress",
    "stage.finished",
    "job.held",
    "job.resumed",
    "job.requeued",
    "job.failed",
    "job.canceled",
    "job.retried",
    "job.completed",
)
TASK_STATUSES = ("running", "finished", "failed", "canceled", "lost")


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    """Text that a CHECK constraint limits to the values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    projects()
    assets()
    jobs()
    events()
    logs()
    results()
    sessions()
    tasks()
    for statement in triggers():
        op.execute(statement)


def downgrade() -> None:
    postgres = op.get_context().dialect.name == "postgresql"
    for name, table in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgres else f"DROP TRIGGER {name}")
        if postgres:
            op.execute(f"DROP FUNCTION {name}()")
    for table in reversed(TABLES):
        op.drop_table(table)


def triggers() -> list[str]:
    """The statements that install the triggers; a line of two semicolons parts them."""
    path = Path(__file__).parent.parent / "sql" / f"0001_{op.get_context().dialect.name}.sql"
    return path.read_text(encoding="utf-8").split("\n;;\n")


def projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("kind", choice("kind", PROJECT_KINDS), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("sku", sa.Text()),
        sa.Column("dimensions", DOCUMENT),
        sa.Column("room_type", sa.Text()),
        sa.Column("tags", DOCUMENT, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("deleted_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    op.create_index(op.f("ix_projects_owner_id_created_at_id"), "projects", ["owner_id", "created_at", "id"])


def assets() -> None:
    op.create_table(
        "assets",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("role", choice("role", ROLES), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", ID, nullable=False),
        sa.Column("bytes", LONG, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("view", choice("view", VIEWS)),
        sa.Column("project_id", ID),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("stats", DOCUMENT, nullable=False),
        sa.Column("quality", DOCUMENT),
        sa.Column("derived_from", DOCUMENT, nullable=False),
        sa.Column("produced_by", ID),
        sa.Column("engine", sa.Text()),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", TIME),
        sa.CheckConstraint("bytes >= 0", name=op.f("ck_assets_bytes")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_assets_sha256")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_assets_project_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
    )
    op.create_index(op.f("ix_assets_owner_id_created_at_id"), "assets", ["owner_id", "created_at", "id"])
    op.create_index(op.f("ix_assets_owner_id_sha256_role"), "assets", ["owner_id", "sha256", "role"])
    op.create_index(op.f("ix_assets_project_id"), "assets", ["project_id"])


def jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("status", choice("status", STATUSES), nullable=False),
        sa.Column("stage", choice("stage", STAGES)),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("failed_stage", choice("failed_stage", STAGES)),
        sa.Column("error", DOCUMENT),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("from_stage", choice("from_stage", STAGES)),
        sa.Column("waiting_for", choice("waiting_for", REASONS)),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("inputs", DOCUMENT, nullable=False),
        sa.Column("hold_after", DOCUMENT, nullable=False),
        sa.Column("project_id", ID),
        sa.Column("parent_job_id", ID),
        sa.Column("batch_id", ID),
        sa.Column("result_id", ID),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("request_fingerprint", sa.Text()),
        sa.Column("deadline_s", sa.Integer(), nullable=False),
        sa.Column("estimate_usd", sa.Float()),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("budget_usd", sa.Float()),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("deleted_at", TIME),
        sa.CheckConstraint("status <> 'completed' OR result_id IS NOT NULL", name=op.f("ck_jobs_completed")),
        sa.CheckConstraint("attempt >= 1 AND leg >= 0 AND seq >= 1", name=op.f("ck_jobs_counters")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_jobs_progress")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_jobs_project_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("owner_id", "idempotency_key", name=op.f("uq_jobs_owner_id_idempotency_key")),
    )
    op.create_index(op.f("ix_jobs_owner_id_created_at_id"), "jobs", ["owner_id", "created_at", "id"])
    op.create_index(op.f("ix_jobs_project_id"), "jobs", ["project_id"])
    op.create_index(op.f("ix_jobs_status_priority_created_at_id"), "jobs", ["status", "priority", "created_at", "id"])


def events() -> None:
    op.create_table(
        "events",
        sa.Column("job_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("type", choice("type", EVENTS), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_events_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "seq", name=op.f("pk_events")),
    )


def logs() -> None:
    op.create_table(
        "logs",
        sa.Column("id", LONG, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("stage", choice("stage", STAGES)),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_logs_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logs")),
    )
    op.create_index(op.f("ix_logs_job_id_id"), "logs", ["job_id", "id"])


def results() -> None:
    op.create_table(
        "results",
        sa.Column("id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("assets", DOCUMENT, nullable=False),
        sa.Column("report", DOCUMENT, nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_results_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
    )
    op.create_index(op.f("ix_results_job_id"), "results", ["job_id"])


def sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_sessions_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_job_id"), "sessions", ["job_id"])


def tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("stage", choice("stage", STAGES), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("status", choice("status", TASK_STATUSES), nullable=False),
        sa.Column("engine", sa.Text()),
        sa.Column("engine_version", sa.Text()),
        sa.Column("external_task_id", sa.Text()),
        sa.Column("params", DOCUMENT, nullable=False),
        sa.Column("input_assets", DOCUMENT, nullable=False),
        sa.Column("output_assets", DOCUMENT, nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("cache_key", sa.Text(), nullable=False),
        sa.Column("reused", sa.Boolean(), nullable=False),
        sa.Column("saved_ms", LONG, nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("duration_ms", LONG, nullable=False),
        sa.Column("cpu_ms", LONG, nullable=False),
        sa.Column("peak_bytes", LONG, nullable=False),
        sa.Column("error", DOCUMENT),
        sa.Column("ended_at", TIME),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_tasks_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_job_id"), "tasks", ["job_id"])
    op.create_index(op.f("ix_tasks_owner_id_cache_key"), "tasks", ["owner_id", "cache_key"])
