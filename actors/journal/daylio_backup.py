"""What a backup of Daylio says (`backup.daylio`, JSON in base64). Pure.

Only what is named here is taken out of it: not the PIN, which it holds in clear text, and not what
goals, reminders, writing templates and photos say. Months count from 0; moods are in groups from 1
(best) to 5. An hour and minute of -1 mean that no time was noted.
"""

import base64
import re
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from json import JSONDecoder
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, ValidationError, WrapValidator

from actors.journal.daylio import EARLIEST, Noted, Reason, Skip, Skipped, each_once, noted
from actors.journal.daylio_clock import NOON
from contracts.message import Invalid

T = TypeVar("T")

_BLANK = re.compile(r"[ \t\r\n]*")


class Text:
    """A JSON text, and how far it is read. Raises ValueError where it is broken."""

    def __init__(self, text: str) -> None:
        """Begin to read."""
        self._text, self._place, self._decode = text, 0, JSONDecoder().raw_decode

    def sign(self, signs: str) -> str | None:
        """Read the next sign if it is one of these."""
        blank = _BLANK.match(self._text, self._place)
        self._place = blank.end() if blank else self._place
        sign = self._text[self._place : self._place + 1]
        if not sign or sign not in signs:
            return None
        self._place += 1
        return sign

    def expect(self, signs: str) -> str:
        """Read the next sign, which must be one of these."""
        sign = self.sign(signs)
        if sign is None:
            raise ValueError(f"not JSON at {self._place}")
        return sign

    def value(self) -> object:
        """Read a whole value."""
        self.sign("")
        value, self._place = self._decode(self._text, self._place)
        return value


def lists_of(text: str, kinds: Mapping[str, Callable[[object], T]]) -> dict[str, list[T]]:
    """Return the lists of an object that are named in `kinds`, each element read by its function.

    Other members are passed over. Raises ValueError for what is no object, or broken, and
    RecursionError for what is nested too deep.
    """
    json, found = Text(text), dict[str, list[T]]()
    ended = json.expect("{") == "{" and json.sign("}") == "}"
    while not ended:
        name = json.value()
        json.expect(":")
        read = kinds.get(name) if isinstance(name, str) else None
        if json.sign("["):
            elements, closed = list[T](), json.sign("]") == "]"
            while not closed:
                element = json.value()
                elements += [] if read is None else [read(element)]
                closed = json.expect(",]") == "]"
            if read is not None:
                found[str(name)] = elements
        else:
            json.value()
        ended = json.expect(",}") == "}"
    return found


_BEST, _NAMES = 6, ("rad", "good", "meh", "bad", "awful")
_DAY = 24 * 3600 * 1000
_FAR = 100_000 * _DAY
_PIECE = 4 << 18
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a clock's, once its offset is added


def _or_none(value: object, read: Callable[[object], object]) -> object:
    """Read a thing of the backup; what makes no sense harms no other."""
    try:
        return read(value)
    except ValidationError:
        return None


Loose = Annotated[T | None, WrapValidator(_or_none)]


class _Mood(BaseModel):
    id: int
    custom_name: str = ""
    mood_group_id: int | None = Field(default=None, ge=1, le=5)
    predefined_name_id: int | None = None


class _Tag(BaseModel):
    id: int
    name: str


class _Counted(BaseModel):
    """A thing of which only the number matters."""


class _Entry(BaseModel):
    year: int
    month: int
    day: int
    hour: int = -1
    minute: int = -1
    instant: Loose[int] = Field(default=None, alias="datetime", ge=-_FAR, le=_FAR)
    offset: Loose[int] = Field(default=None, alias="timeZoneOffset", ge=-_DAY, le=_DAY)
    mood: int | None = None
    note: str | None = Field(default=None, repr=False)
    note_title: str | None = Field(default=None, repr=False)
    tags: tuple[int, ...] = ()
    assets: tuple[Loose[_Counted], ...] = ()
    favourite: bool = Field(default=False, alias="isFavorite")


class _Backup(BaseModel):
    entries: list[_Entry | None] = Field(alias="dayEntries")
    moods: list[_Mood | None] = Field(default_factory=list, alias="customMoods")
    tags: list[_Tag | None] = Field(default_factory=list)
    goals: list[_Counted | None] = Field(default_factory=list)
    reached: list[_Counted | None] = Field(default_factory=list, alias="goalEntries")
    reminders: list[_Counted | None] = Field(default_factory=list)
    templates: list[_Counted | None] = Field(default_factory=list, alias="writingTemplates")


_LISTS: Mapping[str, type[BaseModel]] = {
    "dayEntries": _Entry,
    "customMoods": _Mood,
    "tags": _Tag,
    **dict.fromkeys(("goals", "goalEntries", "reminders", "writingTemplates"), _Counted),
}


class Backup:
    """A backup that was read: entries, and how much else it holds."""

    def __init__(self, content: bytes, latest: date) -> None:
        """Read the member of the zip. Refuses with `Invalid`, and says nothing of what is in it."""
        kinds = {name: partial(_or_none, read=kind.model_validate) for name, kind in _LISTS.items()}
        try:
            self._backup = _Backup.model_validate(lists_of(_plain(content), kinds))
        except (ValueError, RecursionError):
            text = "The backup cannot be read: it is damaged, or of a kind not known here."
            raise Invalid("import_unreadable", text) from None
        self._latest = latest
        self._moods = {one.id: one for one in self._backup.moods if one}
        self._tags = {one.id: one.name for one in self._backup.tags if one}
        self.left_out = +Counter(
            photo=sum(len(one.assets) for one in self._backup.entries if one),
            goal=len(self._backup.goals),
            goal_reached=len(self._backup.reached),
            reminder=len(self._backup.reminders),
            writing_template=len(self._backup.templates),
        )

    def entries(self) -> Generator[Noted | Skipped, None, None]:
        """List the entries in the order of the backup. Refuses with `Invalid` if there is none."""
        if not self._backup.entries:
            raise Invalid("import_empty", "There are no entries in the file.")
        for number, entry in enumerate(self._backup.entries, start=1):
            try:
                yield self._noted(number, entry)
            except Skip as skip:
                yield Skipped(number, skip.reason)

    def _noted(self, number: int, entry: _Entry | None) -> Noted:
        if entry is None:
            raise Skip(Reason.ENTRY_UNREADABLE)
        try:
            day = date(entry.year, entry.month + 1, entry.day)
        except (ValueError, OverflowError):
            raise Skip(Reason.DATE_UNREADABLE) from None
        if not EARLIEST <= day <= self._latest:
            raise Skip(Reason.DAY_OUT_OF_RANGE)
        clock = _clock(entry)
        label, mood = self._mood(entry.mood)
        tags = each_once(self._tags[one] for one in entry.tags if one in self._tags)
        return noted(
            number,
            datetime.combine(day, clock or _instant_clock(entry, day) or NOON),
            label,
            tags,
            entry.note_title or "",
            entry.note or "",
            mood=mood,
            offset=None if entry.offset is None else timedelta(milliseconds=entry.offset),
            favourite=entry.favourite,
            timed=clock is not None,
        )

    def _mood(self, mood_id: int | None) -> tuple[str, int | None]:
        """Return what a mood is called, and its step: its group counts from the best."""
        if mood_id is None:
            return "", None
        known = self._moods.get(mood_id)
        usual = known.predefined_name_id if known else None if self._moods else mood_id
        name = _NAMES[usual - 1] if usual is not None and 1 <= usual <= len(_NAMES) else ""
        label = (known.custom_name if known else "") or name or f"#{mood_id}"
        group = known.mood_group_id if known else None
        if group is None and name:
            group = _NAMES.index(name) + 1
        return label, None if group is None else _BEST - group


def _plain(content: bytes) -> str:
    """Return the JSON of a backup, piece by piece where it is encoded. Raises ValueError."""
    plain = content.lstrip(b"\xef\xbb\xbf \r\n\t")
    if plain[:1] == b"{":
        return plain.decode()
    plain = plain.translate(None, b" \r\n\t")
    pieces = (plain[at : at + _PIECE] for at in range(0, len(plain), _PIECE))
    return b"".join(map(base64.b64decode, pieces)).decode()


def _clock(entry: _Entry) -> time | None:
    """Return the time that was noted for an entry, if any."""
    try:
        return time(entry.hour, entry.minute)
    except ValueError:
        return None


def _instant_clock(entry: _Entry, day: date) -> time | None:
    """Return what a clock showed at the instant of an entry, if that was on its day."""
    if entry.instant is None or entry.offset is None:
        return None
    shown = _EPOCH + timedelta(milliseconds=entry.instant + entry.offset)
    return shown.time().replace(second=0, microsecond=0) if shown.date() == day else None
