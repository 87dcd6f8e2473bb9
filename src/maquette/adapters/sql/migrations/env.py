"""Alembic's entry: runs migrations on the connection, and in the transaction, that ``schema`` hands over."""

from alembic import context

from maquette.adapters.sql.schema import VERSION_TABLE
from maquette.adapters.sql.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite alters a table by copying it
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
