"""How answers are written: straight from the reply, with its ETag where it has one."""

import zlib

from pydantic import BaseModel
from starlette.responses import Response

JSON = "application/json"


class Shown(BaseModel):
    """What a route shows; what stands below a field describes it."""


def answer(reply: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Write a reply as JSON."""
    return Response(reply.model_dump_json(), status, headers, JSON)


def created(reply: BaseModel, location: str, etag: str | None = None) -> Response:
    """Write what was created, and where it is."""
    headers = {"Location": location}
    if etag is not None:
        headers["ETag"] = etag
    return answer(reply, 201, headers)


def nothing() -> Response:
    """Answer that it is done."""
    return Response(status_code=204)


def etag_of(version: int, body: str = "") -> str:
    """Make a strong ETag: the version that If-Match compares, and a sum over what moves without it.

    A habit's streak and score move with its days while the habit stays at its version.
    """
    return f'"{version}-{zlib.crc32(body.encode()):08x}"' if body else f'"{version}"'


def versioned(reply: BaseModel, version: int, known: str | None, *, moves: bool) -> Response:
    """Write a reply with its ETag, or 304 if the caller `known`s it (RFC 9110, section 13.1.2)."""
    body = reply.model_dump_json()
    return unless_known(body, etag_of(version, body if moves else ""), known)


def listed(reply: BaseModel, known: str | None) -> Response:
    """Write a list with an ETag over its content, or 304."""
    body = reply.model_dump_json()
    return unless_known(body, f'"{len(body):x}-{zlib.crc32(body.encode()):08x}"', known)


def unless_known(body: str, etag: str, known: str | None, media: str = JSON) -> Response:
    """Write a body with its ETag, or 304 if the caller `known`s it."""
    headers = {"ETag": etag}
    if known is not None and is_known(etag, known):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media)


def is_known(etag: str, known: str) -> bool:
    """Tell whether an ETag is among those that a caller knows."""
    return known == etag or known.strip() == "*" or etag in _tags(known)


def _tags(known: str) -> set[str]:
    """Read a list of ETags; weak ones count here (RFC 9110, section 8.8.3.2)."""
    return {tag.strip().removeprefix("W/") for tag in known.split(",")}
