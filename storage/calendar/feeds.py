"""Feeds: what each shows, the hash of its secret, and its file as it was written last."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata

feeds = Table(
    "feeds",
    metadata,
    Column("feed_id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("shows", Text, nullable=False),
    Column("habit_id", Uuid),
    Column("tag", Text),
    Column("form", Text, nullable=False),
    Column("timed", Boolean, nullable=False),
    Column("alarms", Boolean, nullable=False),
    created_at(),
    Column("used_at", DateTime(timezone=True)),
    Column("written_at", DateTime(timezone=True)),
    Column("day", Date),
    Column("etag", Text),
    Column("changed_at", DateTime(timezone=True)),
    Column("file", LargeBinary),
    schema="calendar",
)

components = Table(
    "components",
    metadata,
    Column("feed_id", Uuid, ForeignKey(feeds.c.feed_id, ondelete="CASCADE"), primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    schema="calendar",
)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed. `written_at` None: its file is to be written anew."""

    feed_id: UUID
    user_id: UUID
    shows: str
    habit_id: UUID | None
    tag: str | None
    form: str
    timed: bool
    alarms: bool
    created_at: datetime
    used_at: datetime | None
    written_at: datetime | None
    day: date | None
    etag: str | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """What is remembered of a component of a file."""

    uid: str
    digest: bytes
    sequence: int
    changed_at: datetime


_feed = select(*(feeds.c[name] for name in FeedRow.__slots__))


async def add(tx: AsyncConnection, user_id: UUID, values: Mapping[str, object]) -> FeedRow:
    """Add a feed."""
    made = insert(feeds).values(user_id=user_id, **values)
    row = await tx.execute(made.returning(*_feed.selected_columns))
    return FeedRow(**row.one()._mapping)


async def list_of(tx: AsyncConnection, user_id: UUID) -> list[FeedRow]:
    """Return a person's feeds, in the order in which they were made."""
    rows = await tx.execute(_feed.where(feeds.c.user_id == user_id).order_by(feeds.c.feed_id))
    return [FeedRow(**row._mapping) for row in rows]


async def find_by_secret(tx: AsyncConnection, secret_hash: bytes) -> FeedRow | None:
    """Return the feed with this secret."""
    row = (await tx.execute(_feed.where(feeds.c.secret_hash == secret_hash))).first()
    return FeedRow(**row._mapping) if row else None


async def lock(tx: AsyncConnection, user_id: UUID, feed_id: UUID) -> FeedRow | None:
    """Return a person's feed, for oneself until the transaction ends."""
    mine = _feed.where(feeds.c.user_id == user_id, feeds.c.feed_id == feed_id)
    row = (await tx.execute(mine.with_for_update())).first()
    return FeedRow(**row._mapping) if row else None


async def change(
    tx: AsyncConnection, user_id: UUID, feed_id: UUID, values: Mapping[str, object]
) -> None:
    """Change a feed."""
    mine = update(feeds).where(feeds.c.user_id == user_id, feeds.c.feed_id == feed_id)
    await tx.execute(mine.values(**values))


async def remove(tx: AsyncConnection, user_id: UUID, feed_id: UUID) -> bool:
    """Remove a feed; False if there is none."""
    mine = delete(feeds).where(feeds.c.user_id == user_id, feeds.c.feed_id == feed_id)
    return (await tx.execute(mine)).rowcount == 1


async def file_of(tx: AsyncConnection, user_id: UUID, feed_id: UUID) -> bytes:
    """Return the file of a feed, as it was written last."""
    mine = select(feeds.c.file).where(feeds.c.user_id == user_id, feeds.c.feed_id == feed_id)
    return bytes((await tx.execute(mine)).scalar_one())


async def note_use(tx: AsyncConnection, user_id: UUID, feed_id: UUID) -> None:
    """Note that a feed was looked at, at most once an hour."""
    await tx.execute(
        update(feeds)
        .where(feeds.c.user_id == user_id, feeds.c.feed_id == feed_id)
        .values(used_at=func.date_trunc("hour", func.now()))
    )


async def expire(tx: AsyncConnection, user_ids: Sequence[UUID]) -> None:
    """Have the files of people written anew at the next look."""
    mine = update(feeds).where(feeds.c.user_id.in_(user_ids), feeds.c.written_at.is_not(None))
    await tx.execute(mine.values(written_at=None))


async def components_of(tx: AsyncConnection, feed_id: UUID) -> list[ComponentRow]:
    """Return what is remembered of the components of a feed."""
    wanted = select(*(components.c[name] for name in ComponentRow.__slots__))
    rows = await tx.execute(wanted.where(components.c.feed_id == feed_id))
    return [ComponentRow(**row._mapping) for row in rows]


async def save_components(
    tx: AsyncConnection, feed_id: UUID, changed: Sequence[ComponentRow], gone: Collection[str]
) -> None:
    """Remember components that are new, or changed, and forget those that are gone."""
    uids = [*gone, *(row.uid for row in changed)]
    if uids:
        of_feed = delete(components).where(components.c.feed_id == feed_id)
        await tx.execute(
            of_feed.where(components.c.uid == any_(bindparam("uids", type_=ARRAY(Text)))),
            {"uids": uids},
        )
    if changed:
        rows = [{name: getattr(row, name) for name in ComponentRow.__slots__} for row in changed]
        await tx.execute(insert(components), [{"feed_id": feed_id, **row} for row in rows])


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Remove all feeds of a person."""
    await tx.execute(delete(feeds).where(feeds.c.user_id == user_id))
