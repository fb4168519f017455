"""What an export of Daylio says: its columns, moods, times and tags. Pure.

The columns of a CSV export have changed over the years, so they are found by name: `full_date` or,
until 2018, `year` with a `date` in words; `time` on a clock of 12 or 24 hours, mixed in one file;
`mood` by the name that its owner gave it; `activities` and `scales`, parted by `|`; `note_title`
and `note`, which may hold HTML.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from actors.journal.daylio_clock import NOON, time_of
from actors.journal.daylio_dates import DateInWords
from actors.journal.daylio_notes import markdown_of
from actors.runtime.dates import DateFault, DateReader, readings_of
from contracts.habit import folded
from contracts.message import Invalid
from contracts.time import FIRST_DAY
from contracts.visible import visible

LONGEST_NOTE, LONGEST_TITLE, LONGEST_TAG = 50_000, 200, 50
MOST_TAGS = 20
EARLIEST = FIRST_DAY + timedelta(days=2)
"""With whatever day start, it lies in the days that Ritmo knows."""

MOST_LABELS = 500
"""Names of moods in a file, at most: more of them are no moods."""

_SHORT_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_LOOSE, _BLANK = re.compile(r"<[^>]*>|&nbsp;|\s+"), re.compile(r"&nbsp;|\s+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_KNOWN = frozenset(
    [
        "full_date",
        "year",
        "date",
        "weekday",
        "time",
        "mood",
        "activities",
        "scales",
        "note_title",
        "note",
    ]
)
"""Columns that are read; what stands in others is counted as left out."""

_FIVE = (
    *((5, "rad"), (5, "great"), (5, "супер"), (5, "отлично"), (5, "радостно")),
    *((4, "good"), (4, "хорошо")),
    *((3, "meh"), (3, "okay"), (3, "ok"), (3, "нормально"), (3, "так себе")),
    *((2, "bad"), (2, "плохо")),
    *((1, "awful"), (1, "terrible"), (1, "ужасно")),
)
USUAL: Mapping[str, int] = {name: mood for mood, name in _FIVE}
"""What moods are called in Daylio and in Ritmo, if their owner has not renamed them."""


class Reason(StrEnum):
    """Why an entry is skipped."""

    COLUMN_COUNT = "column_count"
    DATE_UNREADABLE = "date_unreadable"
    DATE_AMBIGUOUS = "date_ambiguous"
    DAY_OUT_OF_RANGE = "day_out_of_range"
    ENTRY_UNREADABLE = "entry_unreadable"
    ENTRY_EMPTY = "entry_empty"
    MOOD_UNKNOWN = "mood_unknown"
    ALREADY_THERE = "already_there"


class Skip(Exception):
    """An entry is skipped, for this reason."""

    def __init__(self, reason: Reason) -> None:
        """Skip for `reason`."""
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry as Daylio knows it, the `number`th thing in its file: what a clock showed then.

    `mood` is known where the file says more than a `label`; `offset` of the clock from UTC
    likewise. `words` is the note as it came, `text` and `title` are fit to be kept. Not `timed`:
    only the day is known for certain, and `shown` has a likely time, or noon. `cut`: the text was
    too long.
    """

    number: int
    shown: datetime
    label: str
    tags: tuple[str, ...]
    title: str
    text: str
    words: str
    mood: int | None = None
    offset: timedelta | None = None
    favourite: bool = False
    timed: bool = True
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no entry."""

    number: int
    reason: Reason


@dataclass(slots=True)
class Columns:
    """Where a CSV export has its columns; reads its rows."""

    places: Mapping[str, int]
    width: int
    days: DateReader
    left_out: Counter[str] = field(default_factory=Counter)
    _words: DateInWords = field(default_factory=DateInWords)

    @classmethod
    def of(cls, header: Sequence[str], days: DateReader) -> "Columns":
        """Find the columns. Refuses with `Invalid` what is no export of Daylio."""
        names = [cell.strip().lower() for cell in header]
        for needed in ("mood", "time", "full_date"):
            old = needed == "full_date" and {"year", "date"} <= set(names)
            if needed not in names and not old:
                text = "The first row has no column “{column}”: it is not a CSV export of Daylio."
                raise Invalid("import_unreadable", text, column=needed)
        if len(set(filter(None, names))) < len([*filter(None, names)]):
            text = "The first row names a column twice: it is not a CSV export of Daylio."
            raise Invalid("import_unreadable", text)
        return cls({name: place for place, name in enumerate(names)}, len(names), days)

    def read(self, number: int, row: Sequence[str], latest: date) -> Noted | Skipped:
        """Read a row; days after `latest` are not taken."""
        try:
            return self._read(number, row, latest)
        except Skip as skip:
            return Skipped(number, skip.reason)

    def _read(self, number: int, row: Sequence[str], latest: date) -> Noted:
        if any(row[self.width :]):
            raise Skip(Reason.COLUMN_COUNT)
        # A spreadsheet drops empty cells at the end of a row.
        whole = (*row, *("" for _ in range(self.width - len(row))))
        cell = {name: whole[place].strip() for name, place in self.places.items()}
        day = self._day(cell)
        if not EARLIEST <= day <= latest:
            raise Skip(Reason.DAY_OUT_OF_RANGE)
        others = (name for name in cell.keys() - _KNOWN if name and cell[name])
        self.left_out.update(f"column {name[:LONGEST_TAG]}" for name in others)
        clock = time_of(cell["time"])
        return noted(
            number,
            datetime.combine(day, clock or NOON),
            cell["mood"],
            each_once(cell.get("activities", "").split("|")),
            cell.get("note_title", ""),
            cell.get("note", ""),
            each_once(cell.get("scales", "").split("|")),
            timed=clock is not None,
        )

    def _day(self, cell: Mapping[str, str]) -> date:
        if "full_date" not in cell:
            return self._one_of(self._in_words(cell["year"], cell))
        text = cell["full_date"]
        if short := _SHORT_ISO.fullmatch(text):
            text = f"{short[1]}-{short[2]:0>2}-{short[3]:0>2}"
        found = self.days.read(text)
        if found == DateFault.AMBIGUOUS:
            # The words beside it may tell: `5 June`, a Saturday.
            said = self._in_words(text[-4:], cell) & readings_of(text)
            return self._one_of(said or readings_of(text))
        if found == DateFault.UNREADABLE and (year := _YEAR.search(text)):
            rest = text.replace(year[0], "")
            return self._one_of(self._in_words(year[0], {**cell, "date": rest}))
        if isinstance(found, DateFault):
            raise Skip(Reason(found.value))
        return found

    def _in_words(self, year: str, cell: Mapping[str, str]) -> set[date]:
        """Return the days that a year and a date in words may mean."""
        try:
            return self._words.read(int(year), cell.get("date", ""), cell.get("weekday", ""))
        except ValueError:
            return set()

    @staticmethod
    def _one_of(found: set[date]) -> date:
        if len(found) != 1:
            raise Skip(Reason.DATE_AMBIGUOUS if found else Reason.DATE_UNREADABLE)
        return next(iter(found))


def each_once(names: Iterable[str]) -> tuple[str, ...]:
    """Return names, each once, on one line; what shows nothing is none."""
    found: dict[str, str] = {}
    for name in names:
        plain = visible(_CONTROLS.sub(" ", name))
        if plain:
            found.setdefault(folded(plain), plain)
    return tuple(found.values())


def noted(
    number: int,
    shown: datetime,
    label: str,
    activities: Sequence[str],
    title: str,
    note: str,
    scales: Sequence[str] = (),
    *,
    mood: int | None = None,
    offset: timedelta | None = None,
    favourite: bool = False,
    timed: bool = True,
) -> Noted:
    """Make an entry that fits: scales, and tags that do not fit, become a list in the text.

    A title that is too long begins the text; a text that is too long is cut.
    """
    tags = [tag for tag in activities if len(tag) <= LONGEST_TAG][:MOST_TAGS]
    listed = [f"- {one}" for one in (*scales, *(tag for tag in activities if tag not in tags))]
    head = visible(_CONTROLS.sub(" ", title))
    over = [head] if len(head) > LONGEST_TITLE else []
    text = "\n\n".join(filter(None, (*over, markdown_of(note), "\n".join(listed))))
    cut = len(text) > LONGEST_NOTE
    plain = _CONTROLS.sub(" ", label).strip()[:LONGEST_TITLE]
    return Noted(
        number=number,
        shown=shown,
        label=plain,
        tags=tuple(tags),
        title="" if over else head,
        text=f"{text[: LONGEST_NOTE - 1].rstrip()}…" if cut else text,
        words=f"{title}\0{note}",
        mood=mood,
        offset=offset,
        favourite=favourite,
        timed=timed,
        cut=cut,
    )


class Labels:
    """What moods are called: `given` comes first, then the person's own scale, then the usual."""

    def __init__(self, given: Mapping[str, int], own: Mapping[str, int]) -> None:
        """Know these names."""
        self._given = _folded(given)
        self._known = {**_folded(USUAL), **_folded(own), **self._given}
        self._seen: Counter[str] = Counter()
        self._moods: dict[str, int | None] = {}

    def mood_of(self, entry: Noted) -> int | None:
        """Return the mood of an entry, if it is known."""
        known = self._known if entry.mood is None else self._given
        return known.get(entry.label.casefold(), entry.mood)

    def see(self, entry: Noted) -> None:
        """Count the label of an entry. Refuses with `Invalid` if there are far too many."""
        if not entry.label:
            return
        if entry.label not in self._seen and len(self._seen) >= MOST_LABELS:
            text = "There are more than {most} different moods in the file."
            raise Invalid("import_unreadable", text, most=MOST_LABELS)
        self._seen[entry.label] += 1
        self._moods[entry.label] = self.mood_of(entry)

    def found(self) -> Iterator[tuple[str, int, int | None]]:
        """List the labels with how many entries have them and their moods, most used first."""
        for label, count in sorted(self._seen.items(), key=lambda one: (-one[1], one[0])):
            yield label, count, self._moods[label]

    def unknown(self) -> list[str]:
        """List the labels that nobody has said a mood for."""
        return [label for label, _, mood in self.found() if mood is None]


def _folded(names: Mapping[str, int]) -> dict[str, int]:
    return {name.strip().casefold(): mood for name, mood in names.items()}


class EntryKeys:
    """Makes keys by which entries are known again, whichever kind of export they come in.

    A key is what the clock showed, the words without their markup, and the how-manieth of such.
    """

    def __init__(self) -> None:
        """Begin a file."""
        self._seen: Counter[str] = Counter()

    def of(self, entry: Noted) -> str:
        """Make the key of the next entry."""
        head, end, tail = entry.words.rpartition(">")
        # Behind the last > no < begins a tag; to look for its end at each of them would take hours.
        words = (_LOOSE.sub("", head + end) + _BLANK.sub("", tail)).encode("utf-8", "surrogatepass")
        key = f"{entry.shown:%Y%m%d%H%M}:{blake2b(words, digest_size=12).hexdigest()}"
        self._seen[key] += 1
        return f"daylio:{key}:{self._seen[key]}"
