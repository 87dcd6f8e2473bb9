"""Workers, queues, API keys, sign-ins, tickets, announced uploads and fair turns, as they were on their day."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

TABLES = ("api_keys", "chores", "sign_ins", "tickets", "uploads", "work_queues", "workers")

ID = sa.String(length=64)
TIME = sa.DateTime(timezone=True)
LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
VIEWS = ("front", "left", "right", "back", "top", "bottom", "detail", "other")
WORKER_STATES = ("running", "draining", "gone")


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    """Text that a CHECK constraint limits to the values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.add_column("jobs", sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("traceparent", sa.String(length=64)))
    replace_trigger("0002")
    keys()
    fleet()
    uploads()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    drop_trigger()
    op.drop_column("jobs", "traceparent")
    op.drop_column("jobs", "turn")
    for statement in triggers("0001")[: 2 if is_postgres() else 1]:
        op.execute(statement)


def is_postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"


def triggers(number: str) -> list[str]:
    """The statements that install the triggers; a line of two semicolons parts them. That of ``jobs`` comes first."""
    path = Path(__file__).parent.parent / "sql" / f"{number}_{op.get_context().dialect.name}.sql"
    return path.read_text(encoding="utf-8").split("\n;;\n")


def drop_trigger() -> None:
    op.execute("DROP TRIGGER jobs_move ON jobs" if is_postgres() else "DROP TRIGGER jobs_move")
    if is_postgres():
        op.execute("DROP FUNCTION jobs_move()")


def replace_trigger(number: str) -> None:
    drop_trigger()
    for statement in triggers(number):
        op.execute(statement)


def keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", ID, nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("last_used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_owner_id"), "api_keys", ["owner_id"])
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", ID, nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_sign_ins_key_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_key_id"), "sign_ins", ["key_id"])
    op.create_table(
        "tickets",
        sa.Column("token_hash", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("key_id", ID),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_tickets_key_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tickets")),
    )
    op.create_index(op.f("ix_tickets_key_id"), "tickets", ["key_id"])
    op.create_index(op.f("ix_tickets_expires_at"), "tickets", ["expires_at"])


def fleet() -> None:
    op.create_table(
        "workers",
        sa.Column("id", ID, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("queues", DOCUMENT, nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("engines", DOCUMENT, nullable=False),
        sa.Column("lease_s", sa.Float(), nullable=False),
        sa.Column("state", choice("state", WORKER_STATES), nullable=False),
        sa.Column("beat", LONG, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "work_queues",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_work_queues")),
    )
    op.create_table(
        "chores",
        sa.Column("name", ID, nullable=False),
        sa.Column("turn", LONG, nullable=False),
        sa.Column("done_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )


def uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("view", choice("view", VIEWS)),
        sa.Column("project_id", ID),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", LONG, nullable=False),
        sa.Column("sha256", ID),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("asset_id", ID),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_uploads_project_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_owner_id"), "uploads", ["owner_id"])
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"])
