"""The log of facts leaves as CSV, JSON Lines or Parquet, page after page."""

import csv
import io
import json
import sys
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.analytics_upkeep import ListFacts, LoggedFact, LoggedFacts
from contracts.message import Invalid, Unavailable
from gateway.sheets import COLUMNS
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, refusal
from tests.gateway.test_problems import checked

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FACTS = "/v1/analytics/facts"


def fact(number: int, kind: str, **body: object) -> LoggedFact:
    words = {"fact": kind, "occurred_at": AT, "version": number, "body": body}
    return LoggedFact.model_validate({"fact_id": UUID(int=number), **words})


PAGES = [
    LoggedFacts(
        facts=(
            fact(1, "habits.habit_created", habit_id=str(HABIT), habit={"name": "=SUM(A1)"}),
            fact(2, "habits.habit_checked_in", habit_id=str(HABIT), day="2026-03-01", value=1.5),
        ),
        next="2",
    ),
    LoggedFacts(
        facts=(
            fact(
                3,
                "habits.check_ins_imported",
                habit_id=str(HABIT),
                zone="UTC",
                check_ins=[
                    {"day": "2026-02-01", "value": 1.0, "state": "done", "at": None},
                    {"day": "2026-02-02", "value": 0.0, "state": "skipped", "at": None},
                ],
            ),
            fact(4, "habits.break_added", tag="-1+1|cmd", reason=None),
            fact(5, "journal.entry_written", zone="@UTC", mood=4, tags=["=1+1", "дождь"]),
        ),
        next="5",
    ),
    LoggedFacts(facts=()),
]


@pytest.fixture
def log(bus: StandInBus) -> StandInBus:
    def answer(asked: ListFacts) -> LoggedFacts:
        return PAGES[[None, "2", "5"].index(asked.cursor)]

    bus.answers[ListFacts] = answer
    return bus


async def test_csv_is_one_harmless_table(client: httpx.AsyncClient, log: StandInBus) -> None:
    answer = await client.get(FACTS, headers=BEARER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="ritmo-facts.csv"'
    assert answer.headers["cache-control"] == "no-store"
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert tuple(lines[0]) == COLUMNS
    assert [line["version"] for line in lines] == ["1", "2", "3", "3", "4", "5"]
    assert [line["day"] for line in lines] == ["", "2026-03-01", "2026-02-01", "2026-02-02", "", ""]
    assert [line["value"] for line in lines] == ["", "1.5", "1.0", "0.0", "", ""]
    assert lines[3]["state"] == "skipped"
    assert json.loads(lines[0]["rest"]) == {"habit": {"name": "=SUM(A1)"}}
    assert json.loads(lines[4]["rest"]) == {"tag": "-1+1|cmd"}
    assert json.loads(lines[5]["tags"]) == ["=1+1", "дождь"]
    assert lines[5]["zone"] == "'@UTC"
    cells = [cell for line in lines for cell in line.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert (await client.get(FACTS, headers=BEARER)).content == answer.content


async def test_json_lines_are_the_facts(client: httpx.AsyncClient, log: StandInBus) -> None:
    answer = await client.get(f"{FACTS}?format=jsonl", headers=BEARER)
    assert answer.headers["content-type"] == "application/x-ndjson"
    told = [LoggedFact.model_validate_json(line) for line in answer.text.splitlines()]
    assert told == [*PAGES[0].facts, *PAGES[1].facts]


async def test_a_range_is_asked_for(client: httpx.AsyncClient, log: StandInBus) -> None:
    await client.get(f"{FACTS}?from=2026-01-01&to=2026-03-01&format=jsonl", headers=BEARER)
    asked: list[Any] = [message for message, _, _ in log.asked]
    assert {(one.first, one.last) for one in asked} == {(date(2026, 1, 1), date(2026, 3, 1))}
    assert [one.cursor for one in asked] == [None, "2", "5"]


async def test_no_parquet_without_the_extra(
    client: httpx.AsyncClient, log: StandInBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    problem = checked(
        await client.get(f"{FACTS}?format=parquet", headers=BEARER), 406, "parquet_missing"
    )
    assert "pip install ritmo[parquet]" in problem["detail"]
    russian = await client.get(
        f"{FACTS}?format=parquet", headers=BEARER | {"Accept-Language": "ru"}
    )
    assert "не установлено" in russian.json()["detail"]
    assert log.asked == []


async def test_what_is_refused(client: httpx.AsyncClient, bus: StandInBus) -> None:
    checked(await client.get(FACTS), 401, "unauthenticated")
    checked(await client.get(f"{FACTS}?format=xml", headers=BEARER), 422, "invalid")
    checked(await client.get(f"{FACTS}?form=csv", headers=BEARER), 422, "invalid")
    checked(await client.get(f"{FACTS}?from=yesterday", headers=BEARER), 422, "invalid")
    bus.answers[ListFacts] = refusal(Invalid, "range_reversed")
    checked(await client.get(FACTS, headers=BEARER), 422, "range_reversed")
    bus.answers[ListFacts] = refusal(Unavailable, "room_down")
    checked(await client.get(FACTS, headers=BEARER), 503, "room_down")
