"""What the analytics room says about pictures and tables of its reports."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.analytics import GetAssociations, GetHabitInsight, GetMoodReport, GetSummary
from contracts.message import Query, Reply
from contracts.time import Day

AnyReport = Annotated[
    GetSummary | GetHabitInsight | GetAssociations | GetMoodReport, Field(discriminator="report")
]
"""Any question that is answered with a report."""

Picture = Literal[
    "overview",
    "score",
    "trend",
    "heat_map",
    "weekdays",
    "hours",
    "streaks",
    "months",
    "tags",
    "days",
]
"""Which picture of a report: each report has an `overview`, and some of the others."""


class Rendered(Reply):
    """A report as a file: `data` is base64, `etag` is the same for the same content."""

    media_type: str
    file_name: str
    data: str = Field(repr=False)
    etag: str
    today: Day
    stamp: int


class RenderReport(Query[Rendered]):
    """Draw a report, or write it as CSV. Refuses as the report does, or with `Invalid`
    (`no_such_picture`) if the report has no such picture.

    PNG is for chats and mails, `scale` 2 for sharp screens; SVG is for the web.
    """

    address: ClassVar[str] = "analytics.render_report"
    of: AnyReport
    format: Literal["png", "svg", "csv"] = "png"
    picture: Picture = "overview"
    theme: Literal["light", "dark"] = "light"
    scale: Annotated[int, Field(ge=1, le=3)] = 2
