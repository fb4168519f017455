"""What a backup of Daylio says (`backup.daylio`, JSON in base64). Pure.

Only what is named here is taken out of it: not the PIN, which it holds in clear text, and not what
goals, reminders and photos say. Months count from 0; moods are in groups from 1 (best) to 5.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Generator
from datetime import date, datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from actors.journal.daylio import EARLIEST, Noted, Reason, Skip, Skipped, each_once, noted
from contracts.message import Invalid

_BEST, _NAMES = 6, ("rad", "good", "meh", "bad", "awful")
_DAY = 24 * 3600 * 1000


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Read a thing of the backup; what makes no sense harms no other."""
    try:
        return read(value)
    except ValidationError:
        return None


T = TypeVar("T")
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
    hour: int
    minute: int
    offset: int | None = Field(default=None, alias="timeZoneOffset", ge=-_DAY, le=_DAY)
    mood: int | None = None
    note: str | None = Field(default=None, repr=False)
    note_title: str | None = Field(default=None, repr=False)
    tags: tuple[int, ...] = ()
    assets: tuple[Loose[_Counted], ...] = ()
    favourite: bool = Field(default=False, alias="isFavorite")


class _Backup(BaseModel):
    entries: list[Loose[_Entry]] = Field(alias="dayEntries")
    moods: list[Loose[_Mood]] = Field(default_factory=list, alias="customMoods")
    tags: list[Loose[_Tag]] = Field(default_factory=list)
    goals: list[Loose[_Counted]] = Field(default_factory=list)
    reached: list[Loose[_Counted]] = Field(default_factory=list, alias="goalEntries")


class Backup:
    """A backup that was read: entries, and how much else it holds."""

    def __init__(self, content: bytes, latest: date) -> None:
        """Read the member of the zip. Refuses with `Invalid`, and says nothing of what is in it."""
        try:
            plain = content.lstrip(b"\xef\xbb\xbf \r\n\t")
            known = plain if plain[:1] == b"{" else base64.b64decode(plain)
            self._backup = _Backup.model_validate_json(known)
        except (ValidationError, binascii.Error):
            text = "The backup cannot be read: it is damaged, or of a kind not known here."
            raise Invalid("import_unreadable", text) from None
        self._latest = latest
        self._moods = {one.id: one for one in self._backup.moods if one}
        self._tags = {one.id: one.name for one in self._backup.tags if one}
        photos = sum(len(one.assets) for one in self._backup.entries if one)
        goals, reached = len(self._backup.goals), len(self._backup.reached)
        self.left_out = +Counter(photo=photos, goal=goals, goal_reached=reached)

    def entries(self) -> Generator[Noted | Skipped, None, None]:
        """List the entries in the order of the backup."""
        for number, entry in enumerate(self._backup.entries, start=1):
            try:
                yield self._noted(number, entry)
            except Skip as skip:
                yield Skipped(number, skip.reason)

    def _noted(self, number: int, entry: _Entry | None) -> Noted:
        if entry is None:
            raise Skip(Reason.ENTRY_UNREADABLE)
        try:
            shown = datetime(entry.year, entry.month + 1, entry.day, entry.hour, entry.minute)  # noqa: DTZ001 - what a clock showed
        except (ValueError, OverflowError):
            raise Skip(Reason.DATE_UNREADABLE) from None
        if not EARLIEST <= shown.date() <= self._latest:
            raise Skip(Reason.DAY_OUT_OF_RANGE)
        label, mood = self._mood(entry.mood)
        tags = each_once(self._tags[one] for one in entry.tags if one in self._tags)
        return noted(
            number,
            shown,
            label,
            tags,
            entry.note_title or "",
            entry.note or "",
            mood=mood,
            offset=None if entry.offset is None else timedelta(milliseconds=entry.offset),
            favourite=entry.favourite,
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
