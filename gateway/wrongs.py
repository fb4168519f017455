"""What is wrong with which field, in words that a person can act on."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from fastapi.dependencies.models import Dependant
from pydantic_core import from_json

from contracts.habit import COLOUR
from contracts.journal import PROMPT_ID
from contracts.page import WRONG_CURSOR
from contracts.quantity import write_number
from contracts.reminders import TIME
from contracts.speech import Unfit, say
from contracts.time import FIRST_DAY, LAST_DAY
from gateway.bounds import MAX_ERRORS, MAX_QUOTED
from gateway.deps import ASCII, CURSOR, OURS

WORDS: dict[str, str] = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field here; remove it or check its spelling.",
    "string_type": "Write this as text.",
    "string_too_long": "This may have at most {max_length} characters.",
    "string_too_short": "This needs at least {min_length} characters.",
    "string_pattern_mismatch": "This holds characters that cannot be kept, such as invisible ones.",
    "string_unicode": "This is not valid Unicode text.",
    "uuid_parsing": "This is not an id; ids look like 01890a5d-ac96-774b-bcce-b302099a8057.",
    "uuid_type": "This is not an id; ids look like 01890a5d-ac96-774b-bcce-b302099a8057.",
    "int_type": "Write this as a whole number.",
    "int_parsing": "Write this as a whole number.",
    "int_from_float": "Write this as a whole number.",
    "int_parsing_size": "This number is too large.",
    "float_type": "Write this as a number.",
    "float_parsing": "Write this as a number.",
    "finite_number": "Write this as an ordinary number; NaN and infinity are none.",
    "bool_type": "Write true or false.",
    "bool_parsing": "Write true or false.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This may be at most {le}.",
    "literal_error": "This must be one of: {expected}.",
    "too_long": "This may hold at most {max_length} items.",
    "too_short": "This needs at least {min_length} items.",
    "date_type": "Write a day as YYYY-MM-DD.",
    "date_parsing": "There is no such day; write it as YYYY-MM-DD.",
    "date_from_datetime_parsing": "There is no such day; write it as YYYY-MM-DD.",
    "union_tag_invalid": "“{tag}” is not known here; use one of: {expected_tags}.",
    "union_tag_not_found": "The field {discriminator} is needed here.",
    **dict.fromkeys(
        (
            "timezone_aware",
            "datetime_type",
            "datetime_parsing",
            "datetime_from_date_parsing",
            "datetime_object_invalid",
        ),
        "Write an instant with its time zone, such as 2026-03-01T08:30:00Z.",
    ),
    "dict_type": "Write this as an object.",
    "list_type": "Write this as a list.",
    "model_type": "Write this as an object.",
    "model_attributes_type": "Write this as an object.",
    "tuple_type": "Write this as a list.",
    "value_error": "{error}",
}
"""Sentences by pydantic's type of error."""

OTHERWISE = "This does not have the form that is wanted here."
"""What to say of other types."""

FORMS: dict[str, str] = {
    COLOUR: "Write a colour as #RRGGBB, such as #3366CC.",
    TIME: "Write a time of day as HH:MM, such as 07:30.",
    PROMPT_ID: "An id here has small letters, digits, _ and - only, 40 at most.",
    CURSOR: WRONG_CURSOR,
    ASCII: "Write this header in plain ASCII characters.",
}
"""Which form is wanted, by the pattern that was not met."""


_LISTED = frozenset({"expected", "expected_tags", "discriminator"})
_OR = re.compile(r" or (?='|-?\d)")
BOUNDS = ("greater_than_equal", "less_than_equal")
DAYS = "Days go from {first} to {last}."
"""What to say of a day beyond the bounds; pydantic would show its Python."""


def pointer(path: Iterable[str | int]) -> str:
    """Write a JSON pointer (RFC 6901)."""
    return "".join("/" + quoted(step).replace("~", "~0").replace("/", "~1") for step in path)


def quoted(given: object) -> str:
    """Return what was sent as an error repeats it: not for ever."""
    text = str(given)
    return text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "…"


def sentence(text: str) -> str:
    """Write as a sentence what contracts and rooms say of a value: `why` of a refusal, too."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "?", "!", "…")) else f"{whole}."


def detail(error: Mapping[str, Any], language: str) -> str:
    """Say in a sentence what is wrong with one field."""
    return sentence(_said(error, language))


def _said(error: Mapping[str, Any], language: str) -> str:
    context: dict[str, Any] = error.get("ctx") or {}
    if "tag" in context:  # all else is ours
        context = {**context, "tag": quoted(context["tag"])}
    kind = error["type"]
    if kind in BOUNDS and not isinstance(next(iter(context.values()), 0), (int, float)):
        return say(language, DAYS, {"first": str(FIRST_DAY), "last": str(LAST_DAY)})
    if kind == "value_error":
        wrong = context.get("error", OTHERWISE)
        if isinstance(wrong, Unfit):
            return say(language, wrong.text, wrong.params)
        return say(language, str(wrong))
    for name in _LISTED & context.keys():  # pydantic has written an English list, or quotes
        context = {**context, name: _OR.sub(", ", context[name]).replace("'", "")}
    if kind in BOUNDS:
        context = {name: write_number(number, language) for name, number in context.items()}
    text = FORMS.get(context.get("pattern", ""), WORDS.get(kind, OTHERWISE))
    return say(language, text, context)


def in_body(path: Sequence[str | int], body: object, kind: str) -> list[str | int]:
    """Return the path without the names of variants, which pydantic puts in and no body holds.

    What is missing is not there either, but is meant.
    """
    found: list[str | int] = []
    for place, step in enumerate(path):
        if (isinstance(body, dict) and step in body) or (
            isinstance(body, list) and isinstance(step, int) and step < len(body)
        ):
            body = body[step]  # type: ignore[index]
            found.append(step)
        elif kind == "missing" and place == len(path) - 1:
            found.append(step)
    return found


def wrongs(errors: Iterable[Mapping[str, Any]], raw: object, language: str) -> list[dict[str, str]]:
    """List what is wrong: fields of the body by pointer, others by name and place.

    `raw` is the body as it came.
    """
    found, body = [], from_json(raw) if isinstance(raw, bytes) and raw else None
    listed = list(islice(errors, MAX_ERRORS))
    for error in listed:
        # A list whose elements are wrong counts as short, too: pydantic counts the good ones.
        if error["type"] == "too_short" and any(_inside(one, error) for one in listed):
            continue
        place, *path = error["loc"]
        said = {"detail": detail(error, language)}
        if place == "body":
            found.append({"pointer": pointer(in_body(path, body, error["type"])), **said})
        else:
            found.append({"parameter": quoted(path[0]) if path else "", "in": str(place), **said})
    return found


def _inside(one: Mapping[str, Any], error: Mapping[str, Any]) -> bool:
    """Tell whether an error is about a part of what another error is about."""
    depth = len(error["loc"])
    return len(one["loc"]) > depth and one["loc"][:depth] == error["loc"]


def placed(scope: Any, at: str) -> dict[str, str]:
    """Say where a field is that a room found wrong: in the body, or a parameter of that name."""
    name, dependant = at.removeprefix("/"), getattr(scope.get("route"), "dependant", None)
    for place, names in _parameters(dependant) if dependant else ():
        if name in names:
            return {"parameter": name, "in": place}
    return {"pointer": at}


def _parameters(dependant: Dependant) -> Iterator[tuple[str, set[str]]]:
    """Yield the names of a route's parameters by their place."""
    yield "query", {field.alias for field in dependant.query_params}
    yield "path", {field.alias for field in dependant.path_params}
    for below in dependant.dependencies:
        yield from _parameters(below)


def is_version(given: str) -> bool:
    """Tell whether an If-Match has the form of an ETag of ours that names a version."""
    return OURS.fullmatch(given.strip()) is not None


def not_matching(given: str, language: str) -> dict[str, str]:
    """Say which ETag was sent, where it is not, or never was, that of what is there."""
    text = (
        "{given} was sent, but it has another ETag by now: get it again."
        if is_version(given)
        else '{given} is no version; send it as ETag gave it, such as "3".'
    )
    said = say(language, text, {"given": quoted(given)})
    return {"parameter": "If-Match", "in": "header", "detail": said}
