"""Digests of a day, a week or a month: analytics composes them, notifications sends them."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from contracts.analytics import MoodReport, Summary
from contracts.auth import Language
from contracts.habit import Line
from contracts.message import Message, Query, Reply
from contracts.time import Day

DigestEvery = Literal["day", "week", "month"]


class Inline(Message):
    """A picture inside a mail: `data` is base64 PNG, `alt` says in words what it shows."""

    name: Line
    data: str = Field(repr=False)
    alt: Line = ""


class NextDay(Message):
    """A coming day, and what it asks for."""

    day: Day
    habits: tuple[Line, ...]


class Digest(Message):
    """What a digest tells: figures, next week, and pictures."""

    every: DigestEvery
    first: Day
    last: Day
    language: Language
    summary: Summary
    moods: MoodReport
    next_days: tuple[NextDay, ...]
    neglected: Line = ""
    pictures: tuple[Inline, ...] = ()


class ComposedDigest(Reply):
    """A digest with its pictures."""

    digest: Digest


class GetDigest(Query[ComposedDigest]):
    """Compose the caller's digest of `first`..`last`, or of the last full day, week or month."""

    address: ClassVar[str] = "analytics.get_digest"
    every: DigestEvery = "week"
    first: Day | None = None
    last: Day | None = None
    language: Language | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        """Refuse half a period."""
        if (self.first is None) != (self.last is None):
            raise ValueError("give `first` and `last`, or neither")
        return self


class LetterShown(Message):
    """A letter as it would be sent: `html` with its pictures inside, and the whole mail."""

    subject: str
    """The subject line."""
    html: str = Field(repr=False)
    """The letter as HTML, its pictures inside."""
    text: str = Field(repr=False)
    """The letter as plain text."""
    eml: str = Field(repr=False)
    """The whole mail (RFC 5322)."""


class DigestShown(LetterShown, Reply):
    """A digest that was not sent."""


class PreviewDigest(Query[DigestShown]):
    """Show the caller's digest as it would be sent now."""

    address: ClassVar[str] = "notifications.preview_digest"
    every: DigestEvery = "week"
    language: Language | None = None
