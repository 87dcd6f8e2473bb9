"""What all tables share."""

from sqlalchemy import Column, ForeignKey, MetaData, String

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

ID = String(64)


def job_of(name: str) -> Column[str]:
    """The job that a row belongs to and vanishes with."""
    return Column(name, ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False)
