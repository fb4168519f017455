"""What all tables share: one metadata, one naming convention, the usual columns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Uuid, func

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of Ritmo; alembic compares it with the database."""


def id_column() -> Column[UUID]:
    """Identify a row by a UUID that its writer makes."""
    return Column("id", Uuid, primary_key=True)


def created_at() -> Column[datetime]:
    """Say when the row was written, by the database's clock."""
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())
