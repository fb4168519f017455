"""The nouns that a room may follow, and what may be kept of each.

A row carries the version that made it: a higher one wins, so what is told may come in any order,
and twice; of the same version a row that says something else wins, so that whatever is told anew
mends. Some columns of a row have a version of their own (`ColumnGroup`). What is gone leaves a row
without content (a day without state, a break or an entry without day, a habit marked `deleted`, a
person marked `gone`), so that what comes late brings nothing back. Values are thousandths; `state`
is 1 + the place in `STATES`; `day_start` is minutes after midnight; `versions` is JSON.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from contracts.habit import CheckInState

STATES: tuple[CheckInState, ...] = ("done", "partial", "skipped", "failed")
"""What a day can be; counted from 1 in the tables."""

Row = tuple[object, ...]
"""What a row says, in the order of `Noun.names`."""

Values = Mapping[str, object]
"""What a row says, by column; what is missing is not said."""


class ColumnGroup(NamedTuple):
    """Columns of a row that change together, and the one that holds their version."""

    version: str
    columns: tuple[str, ...]


class Noun:
    """What a room keeps of a noun: some `fields` of it, by name; all, if none are named.

    `since`: only of the last so many days.
    """

    table: ClassVar[str]
    owner: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ()
    """The columns, beside `user_id`, that say which one it is."""
    types: ClassVar[Mapping[str, str]]
    """Every column that may be kept, and its type."""
    parts: ClassVar[tuple[ColumnGroup, ...]] = ()
    """The parts with a version of their own."""
    lasting: ClassVar[frozenset[str]] = frozenset()
    """Columns that stay as they are where it is not said what they are."""
    ends: ClassVar[tuple[str, ...]] = ()
    """The column, if there is one, that says that it is gone for good."""
    indexed: ClassVar[tuple[str, ...]] = ()
    """Columns by which rows are looked for, beside the key."""
    by_day: ClassVar[bool] = False
    """Whether each is of a day, so that `since` makes sense."""

    def __init__(self, fields: str = "", *, since: int | None = None) -> None:
        """Keep these fields, separated by spaces."""
        apart = {name for part in self.parts for name in part.columns}
        whole = [name for name in self.types if name not in {*self.key, *apart}]
        named = fields.split() or [*whole, *apart]
        strange = {*named} - {*whole, *apart}
        if strange or (since is not None and not self.by_day):
            raise TypeError(f"{self.table} have no {', '.join(sorted(strange)) or 'since'}")
        self.since = since
        kept = tuple(part for part in self.parts if {*part.columns} & {*named})
        main = ColumnGroup("version", tuple(name for name in whole if name in named))
        self.kept: tuple[ColumnGroup, ...] = (main, *kept)
        said = [name for part in self.kept for name in (*part.columns, part.version)]
        self.names = ("user_id", *self.key, *said, *self.ends)

    @property
    def declared(self) -> str:
        """Write down what is kept."""
        fields = " ".join(name for part in self.kept for name in part.columns)
        return fields if self.since is None else f"{fields} of {self.since} days"

    def type_of(self, name: str) -> str:
        """Return the type of a column."""
        if name in ("user_id", "habit_id"):
            return "uuid"
        if name in self.ends:
            return "boolean"
        return "integer" if name.endswith("version") else self.types[name]

    def row(self, values: Values) -> Row:
        """Lay values out as a row; a part of which nothing is said has version 0."""
        return tuple([values.get(name, self.unsaid(name)) for name in self.names])

    def unsaid(self, name: str) -> object:
        """Return what a column holds as long as nothing was said."""
        kind = self.type_of(name)
        if kind == "boolean":
            return False
        return 0 if name.endswith("version") else None

    def merge(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Make one row of all that speak of the same: of each part, the newest."""
        width = 1 + len(self.key)
        if len({row[:width] for row in rows}) == len(rows):
            return rows
        merged: dict[Row, Row] = {}
        for row in rows:
            known = merged.get(row[:width])
            merged[row[:width]] = row if known is None else self._newest(known, row, width)
        return list(merged.values())

    def _newest(self, known: Row, row: Row, place: int) -> Row:
        if self.ends and (known[-1] or row[-1]):
            return known if known[-1] else row
        newest = list(known[:place])
        for part in self.kept:
            end = place + len(part.columns) + 1
            newer: bool = row[end - 1] > known[end - 1]  # type: ignore[operator] # versions
            first, other = (row, known) if newer else (known, row)
            for at in range(place, end):
                lasts = first[at] is None and self.names[at] in self.lasting
                newest.append(other[at] if lasts else first[at])
            place = end
        return (*newest, *row[place:])


class People(Noun):
    """How people live: everybody who has a profile."""

    table = "people"
    owner = "users"
    types: ClassVar[Mapping[str, str]] = {
        "email": "text",
        "name": "text",
        "language": "text",
        "zone": "text",
        "day_start": "integer",
        "week_start": "text",
        "disabled": "boolean",
    }
    parts = (ColumnGroup("disabled_version", ("disabled",)),)
    lasting = frozenset({"email"})


class Habits(Noun):
    """Habits as every room may know them; also those in the bin, and those that are laid aside."""

    table = "habits"
    owner = "habits"
    key = ("habit_id",)
    types: ClassVar[Mapping[str, str]] = {
        "name": "text",
        "kind": "text",
        "measure": "text",
        "unit": "text",
        "colour": "text",
        "tags": "text[]",
        "start_day": "date",
        "versions": "text",
        "position": "integer",
        "archived": "boolean",
        "archived_at": "timestamptz",
        "binned": "boolean",
    }
    parts = (
        ColumnGroup("archived_version", ("archived", "archived_at")),
        ColumnGroup("binned_version", ("binned",)),
    )
    lasting = frozenset({"position"})
    ends = ("deleted",)

    def __init__(self, fields: str = "") -> None:
        """Keep these fields; and in any case, whether it is in the bin, or gone."""
        super().__init__(f"{fields} binned" if fields else "")


class Days(Noun):
    """What is logged on days of habits."""

    table = "days"
    owner = "habits"
    key = ("habit_id", "day")
    types: ClassVar[Mapping[str, str]] = {
        "day": "date",
        "value": "bigint",
        "state": "smallint",
        "at": "timestamptz",
        "zone": "text",
    }
    by_day = True


class Breaks(Noun):
    """Breaks of a habit, of a tag, or (neither) of everything."""

    table = "breaks"
    owner = "habits"
    key = ("break_id",)
    types: ClassVar[Mapping[str, str]] = {
        "break_id": "uuid",
        "first_day": "date",
        "last_day": "date",
        "habit_id": "uuid",
        "tag": "text",
    }


class Entries(Noun):
    """Entries of diaries, without their words."""

    table = "entries"
    owner = "journal"
    key = ("entry_id",)
    types: ClassVar[Mapping[str, str]] = {
        "entry_id": "uuid",
        "day": "date",
        "at": "timestamptz",
        "zone": "text",
        "mood": "smallint",
        "energy": "smallint",
        "tags": "text[]",
        "habit_ids": "uuid[]",
    }
    indexed = ("user_id", "day")
    by_day = True
