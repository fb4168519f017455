"""Columns whose values are sealed: read and written as they are meant, and never kept in the open.

    Column("url", SealedText("notifications.apprise.url"))

What seals and opens is given once a process by `use`. A sealed value begins with `sealed:`; then
comes what the sealer made of it: 9 bytes that name the version and the key, and the rest. In a
column of text that is base64 (RFC 4648, section 5). What was kept before there were seals is read
as it is, until `seal_all` has sealed it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    Dialect,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    case,
    delete,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

MARK = "sealed:"
HEAD_BYTES = 9
"""Bytes of a sealed value that name the version and the key: 12 characters of base64."""

PAGE = 200
"""Rows that are sealed anew in one go."""


class Unreadable(DontWrapMixin, Exception):
    """A value cannot be opened: its key is not there, or it was changed. Says why."""


class Sealer(Protocol):
    """What seals and opens; `purpose` is what a value is for, and must be the same for both."""

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Seal with the first key. Raises Unreadable if there is none."""
        ...

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Open what was sealed. Raises Unreadable if that cannot be done."""
        ...

    def head(self) -> bytes:
        """Return the first `HEAD_BYTES` of all that is sealed with the first key."""
        ...


class _InUse:
    """The sealer of this process."""

    sealer: Sealer | None = None


def use(sealer: Sealer) -> None:
    """Seal and open with this from now on."""
    _InUse.sealer = sealer


def _sealer() -> Sealer:
    if _InUse.sealer is None:
        raise Unreadable("Nothing was opened yet that seals.")
    return _InUse.sealer


class SealedBytes(TypeDecorator[bytes]):
    """Bytes that are sealed where they are kept."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        """Seal for a purpose: the full name of the column."""
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Seal."""
        if value is None:
            return None
        return MARK.encode() + _sealer().seal(bytes(value), self.purpose)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open."""
        if value is None or not value.startswith(MARK.encode()):
            return value
        return _sealer().open(value[len(MARK) :], self.purpose)


class SealedText(TypeDecorator[str]):
    """Text that is sealed where it is kept."""

    impl = Text
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        """Seal for a purpose: the full name of the column."""
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal."""
        if value is None:
            return None
        return MARK + urlsafe_b64encode(_sealer().seal(value.encode(), self.purpose)).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open."""
        if value is None or not value.startswith(MARK):
            return value
        return _sealer().open(urlsafe_b64decode(value[len(MARK) :]), self.purpose).decode()


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """A column whose values are sealed; its table has a primary key of one column."""

    table: Table
    key: Column[Any]
    column: Column[Any]

    @property
    def raw(self) -> Any:
        """The column as it is kept."""
        return type_coerce(self.column, LargeBinary() if self.is_bytes else Text())

    @property
    def is_bytes(self) -> bool:
        """Tell bytes from text."""
        return isinstance(self.column.type, SealedBytes)

    def kept(self, head: bytes) -> bytes | str:
        """Write down how a value begins that has this head."""
        if self.is_bytes:
            return MARK.encode() + head
        return MARK + urlsafe_b64encode(head).decode()

    def head_of(self, kept: bytes | str) -> bytes:
        """Read the head of how a value begins."""
        rest = kept[len(MARK) :]
        return rest if isinstance(rest, bytes) else urlsafe_b64decode(rest)


@dataclass(frozen=True, slots=True)
class Survey:
    """How much lies in the open, and which heads there are: each of a version and a key."""

    plain: int
    heads: frozenset[bytes]


def places(
    schemas: frozenset[str] | None = None, tables: MetaData = metadata
) -> Iterator[SealedPlace]:
    """List every sealed column of some schemas, or of all, whose module was imported."""
    for table in tables.sorted_tables:
        if schemas is not None and table.schema not in schemas:
            continue
        for column in table.columns:
            if isinstance(column.type, (SealedBytes, SealedText)):
                (key,) = table.primary_key.columns
                yield SealedPlace(table, key, column)


async def survey(tx: AsyncConnection, schemas: frozenset[str] | None = None) -> Survey:
    """Look at every sealed value, without opening it."""
    plain, heads = 0, set[bytes]()
    for place in places(schemas):
        mark, whole = place.kept(b""), place.kept(bytes(HEAD_BYTES))
        sealed = func.substr(place.raw, 1, len(mark)) == mark
        begins = case((sealed, func.substr(place.raw, 1, len(whole))))
        counted = select(type_coerce(begins, place.raw.type).label("begins"), func.count())
        for start, count in await tx.execute(
            counted.where(place.raw.is_not(None)).group_by("begins")
        ):
            if start is None:
                plain += count
            else:
                heads.add(place.head_of(start))
    return Survey(plain, frozenset(heads))


async def seal_some(tx: AsyncConnection, place: SealedPlace, after: object) -> object:
    """Seal some values anew that are not sealed with the first key; return after which row.

    None: none is left. Others may be at it at the same time. Raises Unreadable if one cannot be
    opened.
    """
    head = place.kept(_sealer().head())
    stale = func.substr(place.raw, 1, len(head)) != head
    statement = select(place.key, place.column).where(place.raw.is_not(None), stale)
    if after is not None:
        statement = statement.where(place.key > after)
    rows = (await tx.execute(statement.order_by(place.key).limit(PAGE).with_for_update())).all()
    for key, value in rows:
        anew = update(place.table).where(place.key == key).values({place.column: value})
        await tx.execute(anew)
    return rows[-1][0] if rows else None


async def drop_unreadable(
    tx: AsyncConnection, place: SealedPlace, knows: Callable[[bytes], bool]
) -> list[Any]:
    """Drop the values of a column that no key opens, and say of which rows.

    A row that cannot be without its value goes with it.
    """
    mark, length = place.kept(b""), len(place.kept(bytes(HEAD_BYTES)))
    start = type_coerce(func.substr(place.raw, 1, length), place.raw.type).label("begins")
    is_sealed = func.substr(place.raw, 1, len(mark)) == mark
    rows = await tx.execute(select(place.key, start).where(is_sealed).with_for_update())
    lost = [key for key, begins in rows if not knows(place.head_of(begins))]
    if place.column.nullable:
        dropping = update(place.table).values({place.column: None})
        await tx.execute(dropping.where(place.key.in_(lost)))
    else:
        await tx.execute(delete(place.table).where(place.key.in_(lost)))
    return lost
