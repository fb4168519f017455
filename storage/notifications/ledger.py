"""The tables of deliveries, and their rows: what is to be sent, and to whom nothing is sent."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from contracts.notifications import ChannelName, DeliveryState
from storage.base import created_at, metadata

OPEN: tuple[DeliveryState, ...] = ("pending", "retry", "sending")
"""States in which something is still to be done."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("dedupe_key", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("useful_until", DateTime(timezone=True)),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("unsure", SmallInteger, nullable=False, server_default="0"),
    Column("tried_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("detail", Text, nullable=False, server_default=""),
    Column("reminder_id", Uuid),
    Column("habit_id", Uuid),
    Column("day", Date),
    created_at(),
    UniqueConstraint("channel", "recipient", "dedupe_key", name="uq_deliveries_once"),
    Index("ix_deliveries_user_id_id", "user_id", "id"),
    Index(
        "ix_deliveries_channel_due_at",
        "channel",
        "due_at",
        postgresql_where=text("state IN ('pending', 'retry', 'sending')"),
    ),
    Index("ix_deliveries_channel_tried_at", "channel", "tried_at"),
    Index("ix_deliveries_ended_at", "ended_at"),
    schema="notifications",
)

suppressed = Table(
    "suppressed",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    schema="notifications",
)


class NewDelivery(NamedTuple):
    """Something to be delivered.

    `recipient`: the address for e-mail, the user's id for Apprise. `data` is JSON that fills
    `template`: of a reminder (`reminder`, `at_risk`, `silence`) `habit`, `text`, `name` (the
    person's), `streak`, `silent_days`, `late`, `snoozed`, `test`, as far as they hold; of a digest
    `every`, `first` and `last`, by which it is composed when it is sent.
    """

    user_id: UUID
    channel: ChannelName
    recipient: str
    dedupe_key: str
    template: str
    language: str
    data: str
    due_at: datetime
    useful_until: datetime | None = None
    reminder_id: UUID | None = None
    habit_id: UUID | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as it is stored. `attempts` counts the one that it is claimed for."""

    id: UUID
    user_id: UUID
    channel: ChannelName
    recipient: str
    template: str
    language: str
    data: str
    state: DeliveryState
    due_at: datetime
    useful_until: datetime | None
    attempts: int
    unsure: int
    tried_at: datetime | None
    ended_at: datetime | None
    detail: str
    reminder_id: UUID | None
    habit_id: UUID | None
    day: date | None
    created_at: datetime
