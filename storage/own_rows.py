"""What a room holds of a person, section by section, as its owner may take it away.

Rows are written as JSON by PostgreSQL, in the order of their keys, page by page. Secrets are left
out by the types of their columns: whatever is bytes or sealed is nobody's to take.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import Column, Dialect, LargeBinary, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.sealed import SealedBytes, SealedText

PAGE = 2_000
"""Rows on a page, at most."""

PAGE_CHARACTERS = 1 << 20
"""Characters of the rows of a page, at most, unless one row is longer."""

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_SECRET = (LargeBinary, SealedBytes, SealedText, TSVECTOR)


def readable(column: Column[object]) -> bool:
    """Tell whether a column holds what people may read."""
    return not isinstance(column.type, _SECRET)


@dataclass(frozen=True)
class Section:
    """Rows of one kind: all of a person's in a table, without some columns.

    `without`: names of columns, with spaces between. A table without `user_id` has a `parent`: the
    column that names a row of another table, and that table. `page`: fewer rows at once, where they
    may be long.
    """

    name: str
    table: Table
    without: str = ""
    parent: tuple[str, Table] | None = None
    page: int = PAGE

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the names of what is written of a row."""
        hidden = {"user_id", *self.without.split()}
        return tuple(
            column.name
            for column in self.table.columns
            if column.name not in hidden and readable(column)
        )

    @cached_property
    def _owned(self) -> str:
        if self.parent is None:
            return "t.user_id = :user_id"
        column, table = self.parent
        (key,) = table.primary_key.columns
        return f"t.{column} IN (SELECT {key.name} FROM {table.fullname} WHERE user_id = :user_id)"

    @cached_property
    def _keys(self) -> list[Column[object]]:
        return [one for one in self.table.primary_key.columns if one.name != "user_id"]

    @cached_property
    def _reads(self) -> tuple[str, str]:
        """Write the statements for the first page, and for one that follows."""
        keys = [f"t.{key.name}" for key in self._keys]
        row = ", ".join(f"t.{name}" for name in self.columns)
        read = (
            f"SELECT row_to_json((SELECT r FROM (SELECT {row}) r))::text,"
            f" json_build_array({', '.join(f'{key}::text' for key in keys)})::text"
            f" FROM {self.table.fullname} t WHERE {self._owned}"
        )
        types = [key.type.compile(_DIALECT) for key in self._keys]
        given = [f"CAST(CAST(:k{n} AS text) AS {type_})" for n, type_ in enumerate(types)]
        after = f" AND ({', '.join(keys)}) > ({', '.join(given)})" if keys else " AND false"
        order = f" ORDER BY {', '.join(keys)}" if keys else ""
        return f"{read}{order} LIMIT :size", f"{read}{after}{order} LIMIT :size"

    async def rows(
        self, tx: AsyncConnection, user_id: UUID, cursor: str | None
    ) -> tuple[list[str], str | None]:
        """Return a page of rows as JSON, and the cursor of the next one. Raises `ValueError`."""
        first, following = self._reads
        values: dict[str, object] = {"user_id": user_id, "size": self.page + 1}
        if cursor is not None:
            keys = json.loads(cursor)
            if not isinstance(keys, list) or len(keys) != len(self._keys):
                raise ValueError("this is no cursor of the section")
            values |= {f"k{n}": key for n, key in enumerate(keys)}
        statement = text(first if cursor is None else following)
        found = (await tx.execute(statement, values)).all()
        size, characters = 0, 0
        for body, _ in found[: self.page]:
            characters += len(body)
            if size and characters > PAGE_CHARACTERS:
                break
            size += 1
        more = len(found) > size and size > 0
        return [body for body, _ in found[:size]], found[size - 1][1] if more else None

    async def count(self, tx: AsyncConnection, user_id: UUID) -> int:
        """Count a person's rows."""
        statement = text(f"SELECT count(*) FROM {self.table.fullname} t WHERE {self._owned}")
        return int((await tx.execute(statement, {"user_id": user_id})).scalar_one())
