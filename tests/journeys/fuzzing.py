"""What schemathesis is told about Ritmo; it loads this by `SCHEMATHESIS_HOOKS`."""

import os
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, CheckContext, GenerationMode, HookContext, Response

SPARED = frozenset(os.environ.get("FUZZING_SPARES", "").split())
"""Ids of the one who asks, and of their session."""

EXPECTED = {401, 403, 404, 409, 410, 412}
"""Answers to well-formed requests that depend on what is there, and on who asks."""

OF_ITS_TIME = {"parquet_missing", "test_sent"}
"""Codes of answers that depend on what is installed, and on what was asked a moment ago."""

BEYOND_JSON_SCHEMA = (
    "`to` lies before `from`",
    "Give `habit_id` or `tag`",
    "`days` goes with",
    "Give `minutes`, or",
    "Give `password`, or",
    "There are only",
    "Month ",
    "There is no such time zone",
    "This is not a recurrence rule",
    "Each part of a recurrence rule",
    "A recurrence rule needs FREQ",
    "FREQ=",
    "The first day of a month is 1",
    "Days go from",
    "Name the moods 1 to 5",
    "Two moods have the same name",
    "`by` adds to a day; it goes with",
    "A step of 0 changes nothing",  # after it was rounded to what a day can hold
    "Write this as a whole number.",  # 3.0 is an integer to JSON Schema, and a slip to us
)
"""How sentences begin about fields that only together, or only by the calendar, make no sense."""


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Name each change anew, and spare who asks.

    The key of the examples would be the name of all changes. An administrator who disables
    themselves, or ends the session in use, would only see 401 from then on.
    """
    for name, value in (case.path_parameters or {}).items():
        if str(value).lower() in SPARED and case.method in ("PATCH", "DELETE"):
            case.path_parameters[name] = str(uuid4())
    if case.headers and case.headers.get("Idempotency-Key") and is_positive(case):
        case.headers["Idempotency-Key"] = str(uuid4())


def is_positive(case: Case[Any]) -> bool:
    """Tell whether a request fits the document."""
    return case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE


@schemathesis.check
def what_fits_is_taken(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Refuse a document that promises too much.

    It stands in for `positive_data_acceptance`, which knows no difference between `invalid` (the
    form is wrong, so the document lies) and a room's own code (the form is right, but the habit
    takes no such value, the file is no zip, the cursor is of no page).
    """
    status = response.status_code
    if not is_positive(case) or status < 400 or status in EXPECTED:
        return
    problem = response.json()
    wrong = [
        error["detail"]
        for error in problem.get("errors", [])
        if not error["detail"].startswith(BEYOND_JSON_SCHEMA)
    ]
    if problem["code"] in OF_ITS_TIME:
        return
    if status == 422 and (problem["code"] != "invalid" or not wrong):
        return
    raise AssertionError(f"{status} {problem['code']}: {wrong or problem['detail']}")


@schemathesis.check
def problems_are_for_people(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Refuse an error that is no problem document with a sentence."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/problem+json"]
    problem = response.json()
    assert problem["code"]
    assert problem["trace_id"]
    assert problem["detail"].endswith((".", "?", "!"))
    assert problem["status"] == response.status_code
