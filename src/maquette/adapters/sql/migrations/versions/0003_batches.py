"""Batches and their rows, as they were on their day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

ID = sa.String(length=64)
TIME = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
BATCH_STATUSES = ("checking", "running", "done", "refused", "canceled")
ROW_STATUSES = ("checking", "queued", "started", "refused", "canceled")


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    """Text that a CHECK constraint limits to the values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_index(op.f("ix_jobs_batch_id"), "jobs", ["batch_id"])
    op.create_table(
        "batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("status", choice("status", BATCH_STATUSES), nullable=False),
        sa.Column("on_error", choice("on_error", ("refuse", "skip")), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("request_fingerprint", sa.Text(), nullable=False),
        sa.Column("deleted_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("owner_id", "idempotency_key", name=op.f("uq_batches_owner_id_idempotency_key")),
    )
    op.create_index(op.f("ix_batches_owner_id_created_at_id"), "batches", ["owner_id", "created_at", "id"])
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("status", choice("status", ROW_STATUSES), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("photos", DOCUMENT, nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("problems", DOCUMENT, nullable=False),
        sa.Column("job_id", ID),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_rows_batch_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_rows")),
    )
    op.create_index(op.f("ix_batch_rows_status_batch_id"), "batch_rows", ["status", "batch_id"])


def downgrade() -> None:
    op.drop_table("batch_rows")
    op.drop_table("batches")
    op.drop_index(op.f("ix_jobs_batch_id"), "jobs")
