"""A diary to take away: /v1/journal/export."""

import asyncio
import zipfile
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from starlette.responses import Response, StreamingResponse

from contracts.bus import Bus
from contracts.journal_transfer import ExportedPage, ExportEntries, ExportFormat, Piece
from contracts.principal import Principal
from gateway.bodies import resource
from gateway.deps import TheBus
from gateway.identity import Me

router = resource("journal")

FILES = {"markdown": ("ritmo-journal.zip", "application/zip")}
FILES["json"] = ("ritmo-journal.json", "application/json")
HEAD, TAIL = '{"format":"ritmo-journal","version":1,"entries":[', "]}\n"

Pages = AsyncIterator[ExportedPage]


class _Written:
    """What a zip was written into and nobody has taken yet."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes, /) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: all is at hand."""

    def close(self) -> None:
        """Do nothing: what was written is still to be taken."""

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


class Packing:
    """Packs files into a zip as they come; the same files make the same bytes."""

    def __init__(self) -> None:
        """Begin a zip."""
        self._written = _Written()
        self._zip = zipfile.ZipFile(self._written, "w", zipfile.ZIP_DEFLATED)
        self._names: dict[str, int] = {}

    def add(self, pieces: tuple[Piece, ...]) -> bytes:
        """Pack some files; return what is ready of the zip."""
        for piece in pieces:
            info = zipfile.ZipInfo(self._name(piece.name))
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = 0o644 << 16
            self._zip.writestr(info, piece.text)
        return self._written.take()

    def end(self) -> bytes:
        """End the zip; return the rest of it."""
        self._zip.close()
        return self._written.take()

    def _name(self, name: str) -> str:
        """Number the names that came before, in whatever case."""
        stem, _, ending = name.rpartition(".")
        while (key := name.casefold()) in self._names:
            self._names[key] += 1
            name = f"{stem} ({self._names[key]}).{ending}"
        self._names[key] = 1
        return name


async def pages(bus: Bus, me: Principal, first: ExportedPage, format: ExportFormat) -> Pages:
    """Ask for page after page."""
    page = first
    while True:
        yield page
        if page.next is None:
            return
        page = await bus.ask(ExportEntries(format=format, cursor=page.next), me)


async def as_zip(found: Pages) -> AsyncIterator[bytes]:
    """Pack pages of Markdown files, off the event loop."""
    packing = Packing()
    async for page in found:
        yield await asyncio.to_thread(packing.add, page.pieces)
    yield packing.end()


async def as_json(found: Pages) -> AsyncIterator[bytes]:
    """Write pages of JSON objects as one document, an entry a line."""
    lead = HEAD
    async for page in found:
        for piece in page.pieces:
            yield f"{lead}\n{piece.text}".encode()
            lead = ","
    yield f"{HEAD if lead == HEAD else ''}\n{TAIL}".encode()


@router.get(
    "/v1/journal/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The diary, as it is read.",
            "content": {media: {} for _, media in FILES.values()},
        }
    },
    summary="Export the journal",
)
async def export_journal(
    me: Me,
    bus: TheBus,
    format: Annotated[ExportFormat, Query(description="A zip of files, or one document.")] = (
        "markdown"
    ),
) -> Response:
    """Take all entries away, but for those thrown away.

    `markdown`: a zip with a file for each entry, in a folder for each year; its head is YAML.
    `json`: one document, `{"format": "ritmo-journal", "version": 1, "entries": [...]}`. An entry in
    it is one of GET /v1/journal/entries, and `habits` by name. To bring it into another account,
    send its `title`, `text`, `day`, `at`, `zone`, `mood`, `energy`, `tags`, `favourite` and
    `question` to POST /v1/journal/entries; `habit_ids` and `prompt_id` belong to one account.
    """
    first = await bus.ask(ExportEntries(format=format), me)
    found = pages(bus, me, first, format)
    name, media = FILES[format]
    body = as_zip(found) if format == "markdown" else as_json(found)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(body, media_type=media, headers=headers)
