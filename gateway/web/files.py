"""The files of pages: `/files/{version}/…`, kept by browsers for ever; a change is a new version.

All have one version, so that modules find each other by relative names.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway.deps import guest
from gateway.problems import PLAIN, BadRequest

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)])

FOLDER = Path(__file__).parent / "files"
FOR_EVER = "public, max-age=31536000, immutable"
DAY = "public, max-age=86400"

MEDIA = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/vnd.microsoft.icon",
}

MIN_GZIP = 500
"""Bytes from which a file is worth being compressed."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: its bytes, these compressed if that is worth it, and its media type."""

    whole: bytes
    packed: bytes | None
    media: str


@cache
def all_files() -> dict[str, StaticFile]:
    """Read all files, by their name."""
    found: dict[str, StaticFile] = {}
    for path in sorted(FOLDER.rglob("*")):
        if not path.is_file():
            continue
        whole = path.read_bytes()
        media = MEDIA.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
        text = media.startswith("text/") or path.suffix == ".svg"
        packed = gzip.compress(whole, 9, mtime=0) if text and len(whole) >= MIN_GZIP else None
        found[path.relative_to(FOLDER).as_posix()] = StaticFile(whole, packed, media)
    return found


@cache
def version() -> str:
    """Name what all files hold now."""
    digest = hashlib.sha256()
    for name, one in all_files().items():
        digest.update(f"{name}\0{len(one.whole)}\0".encode() + one.whole)
    # The templates are part of what an offline copy of a page is made of.
    for path in sorted((FOLDER.parent / "templates").rglob("*.html")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def file(name: str) -> str:
    """Return the address of a file."""
    if name not in all_files():
        raise KeyError(name)
    return f"/files/{version()}/{name}"


def sent(request: Request, name: str, caching: str) -> Response:
    """Send a file, compressed for who takes that."""
    found = all_files().get(name)
    if found is None:
        raise BadRequest(404, *PLAIN[404])
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, 200, headers, found.media)
    return Response(found.whole, 200, headers, found.media)


@router.get("/files/{of}/{name:path}")
async def get_file(request: Request, of: str, name: str) -> Response:
    """Send a file; one of another version is sent as it is here, and not kept.

    While gateways are renewed one by one, a page of one asks the other.
    """
    return sent(request, name, FOR_EVER if of == version() else "no-store")


@router.get("/favicon.ico")
async def icon(request: Request) -> Response:
    """Give the icon that browsers ask for."""
    return sent(request, "favicon.ico", DAY)


@router.get("/robots.txt")
async def robots() -> Response:
    """Ask search engines to stay away (RFC 9309): nothing here is for everybody."""
    headers = {"Cache-Control": DAY}
    return Response("User-agent: *\nDisallow: /\n", 200, headers, "text/plain")
