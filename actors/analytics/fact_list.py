"""All that the room knows of a person, told as facts: of each thing that which says what it is."""

import json
from datetime import date
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from actors.analytics.room import room
from actors.runtime.room import Transaction, Who
from contracts.analytics_upkeep import ListFacts, LoggedFact, LoggedFacts
from contracts.page import check_range, wrong_cursor
from contracts.time import FIRST_DAY, LAST_DAY, Day, instant_of
from storage.analytics import export, histories
from storage.analytics.export import NOUNS, KnownRow
from storage.analytics.histories import ReportPerson

Place = tuple[str, UUID, date]
"""A noun, and the subject and the day that were written last."""

_place = TypeAdapter(tuple[str, UUID, Day])
_NOTHING = UUID(int=0)


@room.answer
async def list_facts(query: ListFacts, who: Who, tx: Transaction) -> LoggedFacts:
    """Show a page: of one noun alone, and perhaps of nothing."""
    check_range(query.first, query.last)
    person = await histories.find_person(tx, who.user_id)
    place = _read(query.cursor) if query.cursor else (NOUNS[0], _NOTHING, FIRST_DAY)
    noun, subject, day = place
    span = (query.first or FIRST_DAY, query.last or LAST_DAY)
    rows = await export.page(tx, who.user_id, noun, (subject, day), span, query.limit)
    if len(rows) == query.limit:
        following: Place | None = (noun, rows[-1].subject, rows[-1].day)
    else:
        left = NOUNS[NOUNS.index(noun) + 1 :]
        following = (left[0], _NOTHING, FIRST_DAY) if left else None
    return LoggedFacts(
        facts=tuple(_fact(who.user_id, person, row) for row in rows),
        next="/".join(map(str, following)) if following else None,
    )


def _fact(user_id: UUID, person: ReportPerson, row: KnownRow) -> LoggedFact:
    """Tell what is known; where it is not known when it was, the beginning of its day."""
    said = json.dumps([row.address, str(row.subject), str(row.day), row.body], sort_keys=True)
    return LoggedFact(
        fact_id=uuid5(user_id, said),
        fact=row.address,
        occurred_at=row.at or instant_of(row.day, person.day_start, person.zone),
        version=row.version,
        body=dict(row.body),
    )


def _read(cursor: str) -> Place:
    """Read where a page begins. Refuses with `Invalid`."""
    try:
        place = _place.validate_python(tuple(cursor.split("/")))
    except ValidationError:
        raise wrong_cursor() from None
    if place[0] not in NOUNS:
        raise wrong_cursor()
    return place
