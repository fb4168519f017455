"""What a tracker says of a habit, before it fits in here; and its days, as Loop writes them.

Rows of days are handed on as Loop's CSV export has them: one reader (`loop_rows.py`) is enough.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from actors.habits.domain import check_plan, check_unit
from actors.habits.fit import MAX_DAYS, MAX_TAG, MAX_UNIT, Changed, line
from actors.habits.found import MAX_FOUND, FoundHabit, too_large
from actors.habits.loop import Definition, colour_of, shown, texts_of, unfit
from actors.runtime.dates import DateReader
from contracts.habits import CreateHabit
from contracts.message import Invalid
from contracts.time import FIRST_DAY

MAX_TAGS = 20
"""Tags of a habit, at most."""

YES, NO, SKIP, UNKNOWN, NONSENSE = "YES_MANUAL", "NO", "SKIP", "UNKNOWN", "?"
"""What a row says of a day; `NONSENSE` is counted as not readable."""

Row = list[str]
"""A day, what it says, and a note."""

Words = Mapping[str, object]
"""Fields of `CreateHabit`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A habit as a tracker describes it, in whatever length and shape.

    `plan` tells its measure, schedule, target and the like, or raises `ValueError`; it may add to
    what was changed so that it fits.
    """

    name: str
    plan: Callable[[list[Changed]], Words]
    rows: Callable[[], Iterator[Row]]
    archived: bool = False
    description: str = ""
    question: str = ""
    unit: str = ""
    colour: str = ""
    tags: Sequence[str] = field(default=())

    def found(self, position: int, days: DateReader) -> FoundHabit:
        """Make what is imported of it; or say why it cannot be."""
        changes = list[Changed]()
        create: CreateHabit | None = None
        refused: Invalid | None = None
        try:
            create = self._create(position, changes)
        except Invalid as no:
            refused = no
        name = shown(self.name, position)
        return FoundHabit(
            position, name, self.archived, create, refused, days, self.rows, tuple(changes)
        )

    def _create(self, position: int, changes: list[Changed]) -> CreateHabit:
        cells = {"question": self.question, "description": self.description}
        unit = line(self.unit, MAX_UNIT)
        if len(self.unit.strip()) > MAX_UNIT:
            changes.append(Changed("unit_cut", {"most": MAX_UNIT}))
        tags = [tag for one in self.tags if (tag := line(one, MAX_TAG))]
        if len(tags) > MAX_TAGS:
            changes.append(Changed("tags_dropped", {"most": MAX_TAGS}))
        words: dict[str, object] = {
            **texts_of(Definition(position, self.name, cells), changes),
            "colour": colour_of(self.colour),
            "tags": tags[:MAX_TAGS],
        }
        try:
            words |= self.plan(changes)
            if words.get("measure") == "amount":
                words["unit"] = unit
            made = CreateHabit.model_validate(words)
            check_plan(made.kind, made.measure, made.target, made.schedule, FIRST_DAY)
            check_unit(made.measure, made.unit)
        except Invalid as no:
            raise unfit(position, ValueError(str(no))) from None
        except ValueError as error:
            raise unfit(position, error) from None
        return made


def all_found(drafts: Sequence[Draft], last_day: date) -> tuple[FoundHabit, ...]:
    """Make what is imported of all habits of a file; days after `last_day` are skipped.

    Refuses with `Invalid` a file without habits, or with too many.
    """
    if not drafts:
        raise Invalid("import_empty", "There are no habits in the file.")
    if len(drafts) > MAX_FOUND:
        raise too_large()
    days = DateReader(lambda: None, last_day)
    return tuple(one.found(n, days) for n, one in enumerate(drafts, start=1))


def times_in(times: int, days: int, changes: list[Changed]) -> tuple[int, int]:
    """Return how many times in how many days, of which there are not too many; tell of it."""
    if times < days > MAX_DAYS:
        changes.append(Changed("frequency_changed", {"days": days, "most": MAX_DAYS}))
        return times, MAX_DAYS
    return times, days


def amount(number: float | None) -> str:
    """Write an amount as a row says it: in thousandths."""
    return NONSENSE if number is None else str(round(number * 1000))
