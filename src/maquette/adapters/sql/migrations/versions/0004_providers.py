"""Commissions to providers, webhooks and their deliveries, as they were on their day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

ID = sa.String(length=64)
TIME = sa.DateTime(timezone=True)
LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
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
STATES = ("submitting", "queued", "running", "finalizing", "succeeded", "failed", "canceled", "expired", "lost")


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    """Text that a CHECK constraint limits to the values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    calls()
    webhooks()
    deliveries()


def downgrade() -> None:
    for table in ("deliveries", "webhooks", "provider_calls"):
        op.drop_table(table)


def calls() -> None:
    op.create_table(
        "provider_calls",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("batch_id", ID),
        sa.Column("task_id", ID),
        sa.Column("stage", choice("stage", STAGES), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("capability", sa.String(length=32), nullable=False),
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("state", choice("state", STATES), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("handle", DOCUMENT),
        sa.Column("request_digest", ID, nullable=False),
        sa.Column("reserved_usd", sa.Float()),
        sa.Column("cost_usd", sa.Float()),
        sa.Column("units", sa.Float()),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("billed", choice("billed", ("yes", "no", "unknown")), nullable=False),
        sa.Column("price_at", sa.Text()),
        sa.Column("http_status", sa.Integer()),
        sa.Column("latency_ms", LONG),
        sa.Column("response", DOCUMENT, nullable=False),
        sa.Column("error", DOCUMENT),
        sa.Column("parcels", DOCUMENT, nullable=False),
        sa.Column("wake_hash", ID),
        sa.Column("wakes", sa.Integer(), nullable=False),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("submitted_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.CheckConstraint("reserved_usd >= 0", name=op.f("ck_provider_calls_reserved_usd")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_calls")),
    )
    standing = sa.text("NOT void")
    op.create_index(
        "uq_provider_calls_owner_id_order_key",
        "provider_calls",
        ["owner_id", "order_key"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    for columns in (["job_id"], ["owner_id", "created_at", "id"], ["engine", "state"], ["wake_hash"]):
        op.create_index(op.f(f"ix_provider_calls_{'_'.join(columns)}"), "provider_calls", columns)


def webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", DOCUMENT, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_owner_id_created_at_id"), "webhooks", ["owner_id", "created_at", "id"])


def deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("status", choice("status", ("pending", "delivered", "dead")), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("delivered_at", TIME),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_deliveries_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook_id", "job_id", "seq", name=op.f("uq_deliveries_webhook_id_job_id_seq")),
    )
    for columns in (["status", "next_at"], ["owner_id", "created_at", "id"], ["job_id"]):
        op.create_index(op.f(f"ix_deliveries_{'_'.join(columns)}"), "deliveries", columns)
