"""Entries of the diary, and the versions that they had before.

A deleted entry stays for `KEEP_DELETED` days and can be brought back; after that it is as if it
were gone, and `purge` removes it. A revision is what an entry said until its words changed, under
the last version in which it said so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    any_,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.journal import KEEP_DELETED
from storage.base import metadata
from storage.journal.words import words_of

# The Russian configuration stems Latin words as English ones: one vector serves both languages,
# and "-word" leaves out every form of it, which two vectors side by side would not. Ours is like
# it, without its list of words that are too common to be searched.
WORDS = (
    "setweight(to_tsvector('journal.words'::regconfig, title_words), 'A') ||"
    " setweight(to_tsvector('journal.words'::regconfig, tag_words), 'B') ||"
    " setweight(to_tsvector('journal.words'::regconfig, text_words), 'D')"
)

entries = Table(
    "entries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("zone", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("mood", SmallInteger),
    Column("energy", SmallInteger),
    Column("tags", ARRAY(Text), nullable=False),
    Column("habit_ids", ARRAY(Uuid), nullable=False),
    Column("prompt_id", Text),
    Column("question", Text, nullable=False),
    Column("favourite", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("import_key", Text),
    Column("import_id", Uuid),
    Column("title_words", Text, nullable=False),
    Column("text_words", Text, nullable=False),
    Column("tag_words", Text, nullable=False),
    Column("words", TSVECTOR, Computed(WORDS, persisted=True)),
    Index("ix_entries_user_id_day", "user_id", "day", "at", "id"),
    Index("ix_entries_words", "words", postgresql_using="gin"),
    Index("ix_entries_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    Index(
        "uq_entries_user_id_import_key",
        "user_id",
        "import_key",
        unique=True,
        postgresql_where=text("import_key IS NOT NULL"),
    ),
    Index("ix_entries_import_id", "import_id", postgresql_where=text("import_id IS NOT NULL")),
    schema="journal",
)

revisions = Table(
    "revisions",
    metadata,
    Column("entry_id", Uuid, ForeignKey(entries.c.id, ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("zone", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("mood", SmallInteger),
    Column("energy", SmallInteger),
    Column("tags", ARRAY(Text), nullable=False),
    Column("habit_ids", ARRAY(Uuid), nullable=False),
    Column("prompt_id", Text),
    Column("question", Text, nullable=False),
    Column("favourite", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    schema="journal",
)


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """What an entry said in a version, since `changed_at`."""

    version: int
    day: date
    at: datetime
    zone: str
    title: str
    text: str
    mood: int | None
    energy: int | None
    tags: Sequence[str]
    habit_ids: Sequence[UUID]
    prompt_id: str | None
    question: str
    favourite: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class EntryRow(RevisionRow):
    """An entry as it is stored. `import_key` is what an import knows it by again."""

    id: UUID
    user_id: UUID
    created_at: datetime
    deleted_at: datetime | None = None
    import_key: str | None = None


COLUMNS = tuple(entries.c[field.name] for field in fields(EntryRow))
"""The columns of `EntryRow`, in its order."""

_REVISION = tuple(revisions.c[field.name] for field in fields(RevisionRow))


def oldest_kept() -> datetime:
    """Return the instant since which deleted entries are kept."""
    return datetime.now(UTC) - timedelta(days=KEEP_DELETED)


def there() -> ColumnElement[bool]:
    """Hold for entries that are there, or can be brought back."""
    return or_(entries.c.deleted_at.is_(None), entries.c.deleted_at > oldest_kept())


def _listed(values: Mapping[str, object]) -> dict[str, object]:
    """Turn tuples into lists, as the driver wants arrays."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    """Lay values out for the table, with what is searched of them."""
    given = _listed(values)
    tags = given.get("tags")
    if isinstance(tags, list):
        given["tag_words"] = words_of(", ".join(tags))
    for name in ("title", "text"):
        if isinstance(said := given.get(name), str):
            given[f"{name}_words"] = words_of(said)
    return given


def values_of(row: EntryRow) -> dict[str, object]:
    """Lay an entry out for the table."""
    return _stored({field.name: getattr(row, field.name) for field in fields(EntryRow)})


async def add(tx: AsyncConnection, user_id: UUID, row: EntryRow) -> None:
    """Keep a new entry."""
    await tx.execute(entries.insert(), values_of(row) | {"user_id": user_id})


async def find(
    tx: AsyncConnection, user_id: UUID, entry_id: UUID, *, lock: bool = False
) -> EntryRow | None:
    """Return an entry of this user's, deleted or not; `lock` keeps others from changing it."""
    statement = select(*COLUMNS).where(
        entries.c.user_id == user_id, entries.c.id == entry_id, there()
    )
    row = (await tx.execute(statement.with_for_update() if lock else statement)).first()
    return EntryRow(*row) if row else None


async def change(
    tx: AsyncConnection, user_id: UUID, entry_id: UUID, values: Mapping[str, object]
) -> EntryRow:
    """Change an entry that was found and locked, and count its version up."""
    statement = (
        entries.update()
        .where(entries.c.user_id == user_id, entries.c.id == entry_id)
        .values(version=entries.c.version + 1, **_stored(values))
        .returning(*COLUMNS)
    )
    return EntryRow(*(await tx.execute(statement)).one())


async def remove(tx: AsyncConnection, user_id: UUID, entry_id: UUID) -> None:
    """Forget an entry and all its versions."""
    await tx.execute(entries.delete().where(entries.c.user_id == user_id, entries.c.id == entry_id))


async def keep_revision(tx: AsyncConnection, user_id: UUID, row: EntryRow) -> None:
    """Keep what an entry of this user's says, before its words change."""
    given = {field.name: getattr(row, field.name) for field in fields(RevisionRow)}
    await tx.execute(revisions.insert(), _listed(given) | {"entry_id": row.id})


def _revisions_of(user_id: UUID, entry_id: UUID) -> ColumnElement[bool]:
    mine = select(entries.c.id).where(entries.c.user_id == user_id, entries.c.id == entry_id)
    return revisions.c.entry_id.in_(mine)


async def find_revision(
    tx: AsyncConnection, user_id: UUID, entry_id: UUID, version: int
) -> RevisionRow | None:
    """Return what an entry said in a version; None: what it says now."""
    statement = (
        select(*_REVISION)
        .where(_revisions_of(user_id, entry_id), revisions.c.version >= version)
        .order_by(revisions.c.version)
        .limit(1)
    )
    row = (await tx.execute(statement)).first()
    return RevisionRow(*row) if row else None


async def revisions_before(
    tx: AsyncConnection, user_id: UUID, entry_id: UUID, version: int, size: int
) -> list[RevisionRow]:
    """Return the versions of an entry that came before one, newest first."""
    statement = (
        select(*_REVISION)
        .where(_revisions_of(user_id, entry_id), revisions.c.version < version)
        .order_by(revisions.c.version.desc())
        .limit(size)
    )
    return [RevisionRow(*row) for row in await tx.execute(statement)]


async def unlink(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> None:
    """Drop the links to a habit that is gone; its room has told of it, so versions stay."""
    without = func.array_remove(entries.c.habit_ids, habit_id)
    mine = entries.c.user_id == user_id
    await tx.execute(
        entries.update()
        .where(mine, literal(habit_id, Uuid) == any_(entries.c.habit_ids))
        .values(habit_ids=without)
    )


async def purge(tx: AsyncConnection, size: int) -> int:
    """Remove entries, of whomever, that were deleted too long ago to be brought back; count them.

    At most `size` at a time; what somebody is at work on waits for the next time.
    """
    old = select(entries.c.id).where(entries.c.deleted_at <= oldest_kept())
    some = old.limit(size).with_for_update(skip_locked=True)
    return (await tx.execute(entries.delete().where(entries.c.id.in_(some)))).rowcount


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user's entries."""
    await tx.execute(entries.delete().where(entries.c.user_id == user_id))
