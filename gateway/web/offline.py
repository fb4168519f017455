"""What works without a network: the service worker at `/sw.js`, and the page in place of others."""

import json

from fastapi import Request
from starlette.responses import Response

from gateway.web.files import all_files, file, version
from gateway.web.layout import show
from gateway.web.route import pages

router = pages(for_guests=True)

SHELL = tuple(name for name in all_files() if name.endswith((".css", ".js", ".svg")))
"""Files that are kept for times without a network."""


@router.get("/sw.js")
async def service_worker() -> Response:
    """Give the service worker, with the version that it keeps and its files."""
    kept = [file(name) for name in SHELL if name != "sw.js"]
    head = f"const VERSION = {json.dumps(version())}, FILES = {json.dumps(kept)};\n"
    text = head + all_files()["sw.js"].whole.decode("utf-8")
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'self'"}
    return Response(text, 200, headers, "text/javascript; charset=utf-8")


@router.get("/offline")
async def look(request: Request) -> Response:
    """Say that a page needs a network."""
    return show(request, "offline.html")
