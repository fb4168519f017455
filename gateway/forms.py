"""Forms, as pages and mail programs send them: small, and read with Starlette's parsers."""

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from contracts.message import Invalid
from gateway.bounds import MAX_FORM_BYTES, MAX_FORM_FIELDS

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class WholeForm(MultiPartParser):
    """Starlette's parser, which would take a form that was cut off for a whole one."""

    _ended = False

    def on_end(self) -> None:
        """Note that the last boundary has come."""
        self._ended = True

    async def parse(self) -> FormData:
        """Parse a form to its end; raises MultiPartException if there is none."""
        form = await super().parse()
        if not self._ended:
            await form.close()
            raise MultiPartException("The form was cut off.")
        return form


async def form_of(
    request: Request, most_bytes: int = MAX_FORM_BYTES, most_fields: int = MAX_FORM_FIELDS
) -> dict[str, str]:
    """Read a form without files; no body at all is an empty one.

    Refuses with `Invalid` (`invalid_form`): too large, too many fields, or no form.
    """
    raw = await request.body()
    if not raw:
        return {}
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (URLENCODED, MULTIPART) or len(raw) > most_bytes:
        raise _invalid()
    parser: FormParser | WholeForm
    if media == MULTIPART:
        parser = WholeForm(request.headers, request.stream(), max_files=0, max_fields=most_fields)
    else:
        parser = FormParser(request.headers, request.stream(), max_fields=most_fields)
    try:
        form = await parser.parse()
    except (MultiPartException, FormParserError):
        raise _invalid() from None
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if any("\N{REPLACEMENT CHARACTER}" in word or "\0" in word for word in _words(fields)):
        raise _invalid()
    return fields


def _words(fields: dict[str, str]) -> list[str]:
    return [*fields, *fields.values()]


def _invalid() -> Invalid:
    return Invalid("invalid_form", "This form cannot be read. Go back and try again.")
