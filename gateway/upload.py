"""A file on its way in: Starlette's parser reads it, in small steps, and puts it aside on disk."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import BinaryIO

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from contracts.message import Invalid, Wrong
from gateway.bounds import MAX_FORM_BYTES, MAX_FORM_FIELDS, MAX_FORM_FILES
from gateway.forms import WholeForm
from gateway.problems import BadRequest

STEP_BYTES, SHORT_STEP_BYTES = 16 << 10, 512
"""Bytes that are parsed at once: of a plain file, and, at first, of what may look like a boundary
again and again, which takes 1 ms a KiB."""

LONG_STEP, REST = 0.001, 4
"""Seconds after which a step counts as long: the next is short, and before it everybody else has so
many times as long."""

_turn = asyncio.Lock()
"""Held for a step, so that many uploads take no more of the event loop than one."""


async def _in_steps(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body in steps; what is done with one is over when the next is asked for."""
    size = SHORT_STEP_BYTES
    async for chunk in request.stream():
        done = 0
        while done < len(chunk):
            async with _turn:
                began = time.perf_counter()
                yield chunk[done : done + size]
                spent = time.perf_counter() - began
                done += size
                is_long = spent > LONG_STEP
                size = SHORT_STEP_BYTES if is_long else min(2 * size, STEP_BYTES)
                await asyncio.sleep(REST * spent if is_long else 0)


def name_of(file: UploadFile) -> str:
    """Return the name of a file, fit to be shown."""
    return "".join(c for c in file.filename or "" if c.isprintable()).strip()[:200]


@asynccontextmanager
async def uploaded(request: Request) -> AsyncIterator[tuple[str, BinaryIO]]:
    """Receive the one file of a multipart body, in the field `file`: its name, and itself.

    It is gone when the block ends. Refuses with `Invalid` (`file_missing`), or as a bad request
    what is no such form.
    """
    media, options = parse_options_header(request.headers.get("content-type", ""))
    if media != b"multipart/form-data" or not 0 < len(options.get(b"boundary", b"")) <= 70:
        text = "Send the file as multipart/form-data, in a field called file."
        raise BadRequest(415, "not_multipart", text)
    async with aclosing(_in_steps(request)) as steps:
        parser = WholeForm(
            request.headers,
            steps,
            max_files=MAX_FORM_FILES,
            max_fields=MAX_FORM_FIELDS - MAX_FORM_FILES,
            max_part_size=MAX_FORM_BYTES,
        )
        try:
            form = await parser.parse()
        except MultiPartException:
            text = "The form in the body is damaged, or holds more than one file."
            raise BadRequest(400, "invalid_form", text) from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            wrong = Wrong(pointer="/file", detail="This is needed.")
            raise Invalid("file_missing", "There is no file in the form.", fields=(wrong,))
        yield name_of(file), file.file
    finally:
        await form.close()
