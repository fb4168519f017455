"""Every error is a problem document (RFC 9457) that a person can act on."""

import math
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from contracts.health import FULL, disk_full
from contracts.message import (
    Broken,
    Conflict,
    Denied,
    Gone,
    Invalid,
    NotFound,
    Refusal,
    Refused,
    TooMany,
    Unanswered,
    Unauthenticated,
    Unavailable,
)
from contracts.speech import say
from gateway.answers import Shown
from gateway.language import known_language, language_of
from gateway.visit import shown_path, visit_of
from gateway.wrongs import is_version, not_matching, placed, sentence, wrongs

log = structlog.get_logger()

MEDIA = "application/problem+json"

STATUS: dict[type[Refused], int] = {
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    Denied: 403,
    Unauthenticated: 401,
    TooMany: 429,
    Gone: 410,
    Unavailable: 503,
    Unanswered: 504,
    Broken: 500,
}
"""The one table from refusals to statuses."""

CODES = {"version_conflict": 412, "line_lost": 503, "room_lost": 503}
"""Codes that have a status of their own."""

TITLES: dict[int, str] = {
    400: "The request cannot be read",
    401: "Not logged in",
    403: "Not allowed",
    404: "Not found",
    405: "This cannot be done here",
    406: "Not offered here",
    408: "It took too long",
    409: "It clashes with what is there",
    410: "It is gone",
    412: "It has changed in the meantime",
    413: "Too large",
    415: "A format that is not taken here",
    422: "Something does not fit",
    421: "Not the right address",
    429: "Too many requests",
    431: "Too many headers",
    500: "Something broke on our side",
    503: "Not available right now",
    504: "No answer in time",
}

PLAIN: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read."),
    404: ("no_such_page", "There is nothing at this address. See /docs for what there is."),
    405: ("method_not_allowed", "This address does not take {method}; it takes {allow}."),
}
"""Code and sentence of errors that the router raises."""


def _absent(member: str | None) -> bool:
    return member is None  # a field has a pointer, a parameter its name and place


class WrongField(Shown):
    """What is wrong with one field of the body (`pointer`) or one parameter."""

    model_config = ConfigDict(serialize_by_alias=True)
    pointer: str | None = Field(
        default=None, description="JSON pointer into the body (RFC 6901).", exclude_if=_absent
    )
    parameter: str | None = Field(
        default=None, description="Name of a parameter or header.", exclude_if=_absent
    )
    in_: str | None = Field(
        default=None, alias="in", description="path, query or header.", exclude_if=_absent
    )
    detail: str
    """What is wrong, in the caller's language."""


class Problem(Shown):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:ritmo:problem:habit_not_found",
                    "title": "Not found",
                    "status": 404,
                    "detail": "There is no habit 01890a5d-ac96-774b-bcce-b302099a8057.",
                    "instance": "/v1/habits/01890a5d-ac96-774b-bcce-b302099a8057",
                    "code": "habit_not_found",
                    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                }
            ]
        },
    )

    type: str = Field(description="Names the kind of problem; `urn:ritmo:problem:` and the code.")
    title: str
    """What went wrong, in the caller's language."""
    status: int
    """The HTTP status."""
    detail: str = Field(description="What was wrong and what to do, in the reader's language.")
    instance: str
    """The path that was asked for."""
    code: str = Field(description="Stable; for programs.")
    trace_id: str = Field(description="Finds this request in the log.")
    errors: list[WrongField] | None = None
    """What is wrong field by field; null where no field is to blame."""


class RefusedPart(Shown):
    """Why one part of a request was refused; its members are those of a problem document."""

    status: int = Field(description="The status that it would have had alone.")
    code: str = Field(description="Stable; for programs.")
    title: str
    """What went wrong, in the caller's language."""
    detail: str = Field(description="What was wrong and what to do, in the reader's language.")
    errors: list[WrongField] | None = None
    """What is wrong field by field; null where no field is to blame."""


class BadRequest(HTTPException):
    """A request that the gateway itself cannot take; `text` is a template, `params` fill it."""

    def __init__(self, status: int, code: str, text: str, **params: str | int | float) -> None:
        """Refuse with a status, a stable code and a sentence."""
        super().__init__(status, text)
        self.code, self.text, self.params = code, text, params


def problem(
    scope: Any,
    status: int,
    code: str,
    detail: str,
    language: str,
    *,
    retry_after: float | None = None,
    **more: object,
) -> Response:
    """Write a problem document."""
    content = {
        "type": f"urn:ritmo:problem:{code}",
        "title": say(language, TITLES.get(status, HTTPStatus(status).phrase)),
        "status": status,
        "detail": detail,
        "instance": shown_path(scope["path"]),
        "code": code,
        "trace_id": visit_of(scope).trace_id,
        **more,
    }
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if status == 401:
        # RFC 6750, section 3: no error code where no token was given.
        given = ', error="invalid_token"' if code != "unauthenticated" else ""
        headers["WWW-Authenticate"] = f'Bearer realm="ritmo"{given}'
    return Response(to_json(content), status, headers, MEDIA)


async def _language(request: Request, status: int) -> str:
    """Return the language of an answer; where Ritmo itself is at a loss, nobody is asked for it."""
    return known_language(request.scope) if status >= 500 else await language_of(request.scope)


def status_of(no: Refused) -> int:
    """Return the status of a refusal."""
    return CODES.get(no.code) or STATUS.get(type(no), 500)


def refused_part(refusal: Refusal, language: str, at: str) -> RefusedPart:
    """Say why one part of a request was refused; `at` points to it in the body."""
    no = Refused.read(refusal)
    status = status_of(no)
    wrong = [
        WrongField(pointer=at + f.pointer, detail=sentence(say(language, f.detail)))
        for f in no.fields
    ]
    return RefusedPart(
        status=status,
        code=no.code,
        title=say(language, TITLES[status]),
        detail=say(language, no.text, no.params),
        errors=wrong or None,
    )


async def on_refused(request: Request, no: Exception) -> Response:
    """Answer what a room refused."""
    if not isinstance(no, Refused):
        raise no
    status = status_of(no)
    language = await _language(request, status)
    params = dict(no.params)
    if status >= 500:
        # The route, not the path: links in mails carry a token there.
        route = getattr(request.scope.get("route"), "path", "-")
        trace = visit_of(request.scope).trace_id
        log.warning("unanswered", route=route, status=status, code=no.code, trace_id=trace)
    if isinstance(no, Broken):
        params["trace_id"] = visit_of(request.scope).trace_id
    wait = no.retry_after
    if wait is None and status in (429, 503, 504):
        wait = 2
    more: dict[str, object] = {}
    if no.fields:
        more["errors"] = [
            placed(request.scope, field.pointer) | {"detail": sentence(say(language, field.detail))}
            for field in no.fields
        ]
    if isinstance(no, Unanswered) and request.method != "GET":
        text = "Send it again with the same Idempotency-Key; it will be done once."
        more["advice"] = say(language, text)
    detail = say(language, no.text, params)
    if status == 412:
        sent = request.headers.get("if-match", "")
        wrong = not_matching(sent, language)
        more["errors"] = [wrong]
        # The room was asked for no version at all, and can only say that it is not that.
        detail = detail if is_version(sent) else wrong["detail"]
    return problem(request.scope, status, no.code, detail, language, retry_after=wait, **more)


async def on_disk(request: Request, error: Exception) -> Response:
    """Answer when what came in could not be put aside: there is no room on the disk."""
    if not isinstance(error, OSError) or error.errno not in FULL:
        raise error
    return await on_refused(request, disk_full())


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a request whose parts do not fit: 400 if it cannot be read at all, else 422."""
    if not isinstance(error, RequestValidationError):
        raise error
    language = await language_of(request.scope)
    errors = error.errors()
    if any(one["type"] == "json_invalid" for one in errors):
        text = "The body is not valid JSON. Check quotes, commas, brackets and the encoding."
        return problem(request.scope, 400, "invalid_json", say(language, text), language)
    found = wrongs(errors, error.body, language)
    unread = all(one["loc"][0] == "header" for one in errors)
    status, code = (400, "invalid_header") if unread else (422, "invalid")
    text = "Some of what was sent does not fit; see errors."
    return problem(request.scope, status, code, say(language, text), language, errors=found)


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the router or the gateway itself refused."""
    if not isinstance(error, HTTPException):
        raise error
    status = error.status_code
    language = await _language(request, status)
    params: dict[str, str | int | float] = {}
    code, text = PLAIN.get(status, (f"http_{status}", str(error.detail)))
    if isinstance(error, BadRequest):
        code, text, params = error.code, error.text, error.params
    allow = allowed(request) if status == 405 else ""
    if allow:
        params = {"method": request.method, "allow": allow}
    answer = problem(request.scope, status, code, say(language, text, params), language)
    if allow:
        answer.headers["Allow"] = allow
    if status in (408, 413):
        # What is still on its way is not read.
        answer.headers["Connection"] = "close"
    return answer


def allowed(request: Request) -> str:
    """List every method that this address takes; Starlette names those of one route only."""
    methods: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    if "GET" in methods:  # what can be got can be looked at: the edge answers HEAD as GET
        methods.add("HEAD")
    return ", ".join(sorted(methods))


def speak_problems(app: FastAPI) -> None:
    """Let an application answer every error with a problem document."""
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(OSError, on_disk)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe error answers for the OpenAPI document."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": TITLES[status], "content": {MEDIA: schema}} for status in statuses
    }
