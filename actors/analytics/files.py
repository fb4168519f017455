"""Reports as files: drawn or written in one thread of their own, and kept by what they say.

matplotlib cannot be used by two threads at once, so there is one. What was drawn is known by the
content of the report: the same figures are not drawn twice, whoever asks and whatever changed
elsewhere.
"""

import asyncio
import base64
import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from actors.analytics.reports import AnyAnswer, report
from actors.analytics.room import room
from actors.runtime.room import Transaction, Who
from contracts.language import Language
from contracts.message import Invalid, Wrong
from contracts.pictures import AnyReport, Picture, Rendered, RenderReport
from storage.analytics import histories

PICTURES: dict[str, tuple[Picture, ...]] = {
    "summary": ("overview",),
    "habit": ("overview", "score", "trend", "heat_map", "weekdays", "hours", "streaks"),
    "associations": ("overview",),
    "moods": ("overview", "weekdays", "months", "tags", "days"),
}
"""By the name of the report."""


def check_picture(of: AnyReport, picture: Picture) -> None:
    """Refuse a picture that a report has not."""
    known = PICTURES[of.report]
    if picture not in known:
        raise Invalid(
            "no_such_picture",
            "This report has no picture “{picture}”; it has: {pictures}.",
            fields=(Wrong(pointer="/picture", detail="this report has no such picture"),),
            picture=picture,
            pictures=", ".join(known),
        )


MOST = 16 << 20
"""Bytes of all files that are kept; the one not asked for longest goes first."""

MEDIA = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}


class File(NamedTuple):
    """The bytes of a file, and a sum over them."""

    data: bytes
    etag: str


class Shelf:
    """Files by the content that they show."""

    def __init__(self, most: int = MOST) -> None:
        """Keep at most so many bytes."""
        self._most = most
        self._files: OrderedDict[bytes, File] = OrderedDict()
        self.size = 0

    def find(self, content: bytes) -> File | None:
        """Return the file of a content."""
        file = self._files.get(content)
        if file is not None:
            self._files.move_to_end(content)
        return file

    def put(self, content: bytes, file: File) -> None:
        """Keep a file; others go for it, and one that is too large is not kept."""
        if content in self._files or len(file.data) > self._most:
            return
        self._files[content] = file
        self.size += len(file.data)
        while self.size > self._most:
            _, oldest = self._files.popitem(last=False)
            self.size -= len(oldest.data)


_shelf = Shelf()
_painter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="painter")


@room.answer
async def render_report(asked: RenderReport, who: Who, tx: Transaction) -> Rendered:
    """Answer with a report as a file. Refuses as the report does, or with `no_such_picture`."""
    check_picture(asked.of, asked.picture)
    shown = await report(asked.of, who, tx)
    language = asked.of.language or (await histories.find_person(tx, who.user_id)).language
    file = await drawn(shown, asked, language)
    picture = "" if asked.format == "csv" else f"-{asked.picture}"
    name = f"ritmo-{asked.of.report}{picture}-{shown.first}-{shown.last}.{asked.format}"
    return Rendered(
        media_type=MEDIA[asked.format],
        file_name=name,
        data=base64.b64encode(file.data).decode(),
        etag=file.etag,
        today=shown.today,
        stamp=shown.stamp,
    )


async def drawn(
    report: AnyAnswer, asked: RenderReport, language: Language, shelf: Shelf = _shelf
) -> File:
    """Return a report as a file; one that says the same was perhaps drawn before."""
    content = content_of(report, asked, language)
    file = shelf.find(content)
    if file is None:
        loop = asyncio.get_running_loop()
        data = await loop.run_in_executor(_painter, _make, report, asked, language)
        file = File(data, hashlib.sha256(data).hexdigest()[:32])
        shelf.put(content, file)
    return file


def content_of(report: AnyAnswer, asked: RenderReport, language: Language) -> bytes:
    """Return a sum over all that a file shows; what only dates a report is not among it."""
    said = report.model_dump_json(exclude={"stamp", "today"})
    day = min(report.today, report.last)  # the only day that may still be open
    look: tuple[object, ...] = (asked.of.report, asked.format, day)
    if asked.format != "csv":
        look += (asked.picture, asked.theme, language)
    if asked.format == "png":
        look += (asked.scale,)
    return hashlib.sha256(f"{look}{said}".encode()).digest()


def _make(report: AnyAnswer, asked: RenderReport, language: Language) -> bytes:
    """Draw or write a report. What draws imports matplotlib, on first use."""
    if asked.format == "csv":
        from actors.analytics.tables import table_of

        return table_of(report)
    from actors.analytics.drawing.gallery import draw

    return draw(report, asked.picture, asked.theme, language, asked.format, asked.scale)
