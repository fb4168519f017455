"""Digests of a day, a week or a month: analytics composes them, notifications sends them."""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.analytics import MoodReport, Summary
from contracts.habit import Line
from contracts.language import Language
from contracts.message import Message, Query, Reply
from contracts.pictures import RenderReport
from contracts.time import Day

DigestEvery = Literal["day", "week", "month"]


class Drawing(Message):
    """A picture of a digest: what draws it when it is sent, and `alt`, which says what it shows."""

    name: Line
    alt: Line = ""
    render: RenderReport


class NextDay(Message):
    """A coming day, and what it asks for."""

    day: Day
    habits: tuple[Line, ...]


class Digest(Reply):
    """What a digest tells: figures, next week, and pictures, each to be asked for."""

    every: DigestEvery
    first: Day
    last: Day
    language: Language
    summary: Summary
    moods: MoodReport
    next_days: tuple[NextDay, ...]
    neglected: Line = ""
    pictures: tuple[Drawing, ...] = ()


class GetDigest(Query[Digest]):
    """Compose the caller's digest of `first`..`last`; None: of the last full day, week or month."""

    address: ClassVar[str] = "analytics.get_digest"
    every: DigestEvery = "week"
    first: Day | None = None
    last: Day | None = None
    language: Language | None = None


class DigestShown(Reply):
    """A digest that was not sent: `html` with its pictures inside, and the whole mail."""

    subject: str
    """The subject line."""
    html: str = Field(repr=False)
    """The letter as HTML, its pictures inside."""
    text: str = Field(repr=False)
    """The letter as plain text."""
    eml: str = Field(repr=False)
    """The whole mail (RFC 5322)."""


class PreviewDigest(Query[DigestShown]):
    """Show the caller's digest as it would be sent now."""

    address: ClassVar[str] = "notifications.preview_digest"
    every: DigestEvery = "week"
    language: Language | None = None
