"""The diary over HTTP: what reaches the room, and how its answers look."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from contracts.journal import (
    CreateEntry,
    DeleteEntry,
    EntryHistory,
    EntryHtml,
    EntryTags,
    GetEntry,
    GetEntryHistory,
    GetOnThisDay,
    JournalEntries,
    JournalEntry,
    ListEntries,
    ListEntryTags,
    OnThisDay,
    RenderEntry,
    RestoreEntry,
    UpdateEntry,
)
from contracts.message import Conflict, Done, Invalid, NotFound, Wrong
from contracts.moods import (
    GetMoodCalendar,
    GetMoods,
    MoodCalendar,
    MoodName,
    Moods,
    NameMoods,
    ResetMoods,
)
from contracts.prompts import (
    AddPrompt,
    ChangePrompt,
    GetPromptOfDay,
    ListPrompts,
    Prompt,
    Prompts,
    RemovePrompt,
)
from contracts.templates import (
    AddTemplate,
    ChangeTemplate,
    EntryTemplate,
    EntryTemplates,
    ListTemplates,
    RemoveTemplate,
)
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, refusal
from tests.gateway.test_problems import checked

ENTRIES = "/v1/journal/entries"
ONE = f"{ENTRIES}/{HABIT}"
FIVE = tuple(MoodName(mood=mood, name=f"m{mood}") for mood in range(1, 6))


def entry(**words: Any) -> JournalEntry:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    plain: dict[str, Any] = {
        "entry_id": HABIT,
        "text": "Ran.",
        "day": date(2026, 1, 1),
        "at": at,
        "zone": "UTC",
        "created_at": at,
        "changed_at": at,
        "version": 3,
    }
    return JournalEntry(**plain | words)


@pytest.fixture
def diary(bus: StandInBus) -> StandInBus:
    day = date(2026, 1, 1)
    prompt = Prompt(prompt_id="learned", question="What?", own=False)
    template = EntryTemplate(name="T", template_id="evening", own=True, version=2)
    bus.answers |= {
        **dict.fromkeys((CreateEntry, GetEntry, UpdateEntry, RestoreEntry), entry()),
        **dict.fromkeys((DeleteEntry, RemovePrompt, RemoveTemplate), Done()),
        **dict.fromkeys((AddPrompt, ChangePrompt, GetPromptOfDay), prompt),
        **dict.fromkeys((AddTemplate, ChangeTemplate), template),
        **dict.fromkeys((GetMoods, NameMoods, ResetMoods), Moods(moods=FIVE, custom=True)),
        ListEntries: JournalEntries(entries=(entry(snippet="<mark>Ran</mark>"),), next="abc="),
        RenderEntry: EntryHtml(entry_id=HABIT, html="<p>Ran.</p>", version=3),
        GetEntryHistory: EntryHistory(versions=()),
        GetOnThisDay: OnThisDay(day=day, entries=()),
        ListEntryTags: EntryTags(tags=()),
        GetMoodCalendar: MoodCalendar(first=day, last=day, days=()),
        ListPrompts: Prompts(prompts=(prompt,)),
        ListTemplates: EntryTemplates(templates=(template,)),
    }
    return bus


async def test_an_entry_is_written(client: httpx.AsyncClient, diary: StandInBus) -> None:
    words = {"text": "Ran.", "mood": 4, "tags": ["a"], "day": "2026-01-01", "habit_ids": []}
    headers = BEARER | {"Idempotency-Key": "k"}
    answer = await client.post(ENTRIES, json=words, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["location"] == ONE
    assert answer.headers["etag"].startswith('"3-')
    assert answer.json()["text"] == "Ran."
    said, who, key = diary.asked[-1]
    assert said == CreateEntry(text="Ran.", mood=4, tags=("a",), day=date(2026, 1, 1))
    assert who is not None
    assert key == "k"


@pytest.mark.parametrize(
    ("words", "pointer"),
    [
        ({"text": "\x00"}, "/text"),
        ({"text": "x", "mood": 6}, "/mood"),
        ({"text": "x", "mood": "4"}, "/mood"),
        ({"text": "x", "mood": 4.5}, "/mood"),
        ({"text": "x", "energy": 0}, "/energy"),
        ({"text": "x", "tags": ["a", ""]}, "/tags/1"),
        ({"text": "x", "habit_ids": ["1"]}, "/habit_ids/0"),
        ({"text": "x", "habit_ids": None}, "/habit_ids"),
        ({"text": "x", "day": "2026-13-01"}, "/day"),
        ({"text": "x", "at": "2026-01-01T12:00:00"}, "/at"),
        ({"text": "x", "zone": "Mars/Olympus"}, "/zone"),
        ({"text": "x", "prompt_id": "A b"}, "/prompt_id"),
        ({"text": "x", "moood": 4}, "/moood"),
        ({"text": "x", "entry_id": str(HABIT)}, "/entry_id"),
    ],
)
async def test_an_entry_that_does_not_fit(
    client: httpx.AsyncClient, words: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(ENTRIES, json=words, headers=BEARER)
    errors: Any = checked(answer, 422, "invalid")["errors"]
    assert errors[0]["pointer"] == pointer


async def test_a_filter_reaches_the_room(client: httpx.AsyncClient, diary: StandInBus) -> None:
    path = (
        f"{ENTRIES}?q=sea -rain&mood=1&mood=5&tag=a&habit={HABIT}&from=2026-01-01&to=2026-01-31"
        "&favourite=true&deleted=true&limit=7&cursor=abc="
    )
    answer = await client.get(path, headers=BEARER)
    assert answer.status_code == 200
    assert answer.json()["next"] == "abc="
    assert answer.json()["entries"][0]["snippet"] == "<mark>Ran</mark>"
    assert diary.last == ListEntries(
        search="sea -rain",
        moods=(1, 5),
        tag="a",
        habit_id=HABIT,
        first=date(2026, 1, 1),
        last=date(2026, 1, 31),
        favourite=True,
        deleted=True,
        limit=7,
        cursor="abc=",
    )
    await client.get(ENTRIES, headers=BEARER)
    assert diary.last == ListEntries()
    known = BEARER | {"If-None-Match": answer.headers["etag"]}
    assert (await client.get(path, headers=known)).status_code == 304


@pytest.mark.parametrize(
    "query",
    [
        "mood=0",
        "mood=6",
        "mood=good",
        "mood=1&mood=1&mood=1&mood=1&mood=1&mood=1",
        "tag=",
        "q=%00",
        "q=" + "x" * 201,
        "habit=1",
        "from=2026-1-1",
        "favourite=1",
        "deleted=yes",
        "limit=0",
        "limit=101",
        "cursor=%00",
        "search=x",
    ],
)
async def test_a_filter_that_does_not_fit(client: httpx.AsyncClient, query: str) -> None:
    checked(await client.get(f"{ENTRIES}?{query}", headers=BEARER), 422, "invalid")


async def test_a_change_says_only_what_changes(
    client: httpx.AsyncClient, diary: StandInBus
) -> None:
    answer = await client.patch(ONE, json={"text": "New"}, headers=BEARER | {"If-Match": '"3-0a"'})
    assert answer.status_code == 200
    assert diary.last == UpdateEntry(entry_id=HABIT, text="New", expected_version=3)
    await client.patch(ONE, json={"mood": None, "prompt_id": None, "energy": 2}, headers=BEARER)
    assert diary.last == UpdateEntry(entry_id=HABIT, energy=2, mood=None, prompt_id=None)
    assert diary.last.changes() == {"energy": 2, "mood": None, "prompt_id": None}
    for words in ({"text": None}, {"mood": "4"}, {"clear": ["mood"]}, {"favourite": "true"}):
        checked(await client.patch(ONE, json=words, headers=BEARER), 422, "invalid")


async def test_an_entry_that_has_changed_meanwhile(
    client: httpx.AsyncClient, diary: StandInBus
) -> None:
    diary.answers[UpdateEntry] = refusal(Conflict, "version_conflict")
    answer = await client.patch(ONE, json={"text": "x"}, headers=BEARER | {"If-Match": '"2"'})
    checked(answer, 412, "version_conflict")


async def test_an_entry_is_known_by_its_etag(client: httpx.AsyncClient, diary: StandInBus) -> None:
    tag = (await client.get(ONE, headers=BEARER)).headers["etag"]
    known = BEARER | {"If-None-Match": tag}
    assert (await client.get(ONE, headers=known)).status_code == 304
    diary.answers[GetEntry] = entry(habit_ids=(HABIT,))
    assert (await client.get(ONE, headers=known)).status_code == 200


async def test_an_entry_is_deleted_and_restored(
    client: httpx.AsyncClient, diary: StandInBus
) -> None:
    assert (await client.delete(ONE, headers=BEARER)).status_code == 204
    assert diary.last == DeleteEntry(entry_id=HABIT)
    await client.delete(f"{ONE}?forever=true", headers=BEARER | {"If-Match": '"3"'})
    assert diary.last == DeleteEntry(entry_id=HABIT, forever=True, expected_version=3)
    answer = await client.post(f"{ONE}/restore", json={}, headers=BEARER)
    assert answer.status_code == 200
    assert diary.last == RestoreEntry(entry_id=HABIT)
    await client.post(f"{ONE}/restore", json={"version": 2}, headers=BEARER)
    assert diary.last == RestoreEntry(entry_id=HABIT, to_version=2)
    for words in ({"version": 0}, {"version": "2"}, {"to_version": 2}):
        answer = await client.post(f"{ONE}/restore", json=words, headers=BEARER)
        checked(answer, 422, "invalid")


async def test_an_entry_as_html(client: httpx.AsyncClient, diary: StandInBus) -> None:
    answer = await client.get(f"{ONE}/html", headers=BEARER)
    assert answer.text == "<p>Ran.</p>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    known = BEARER | {"If-None-Match": answer.headers["etag"]}
    assert (await client.get(f"{ONE}/html", headers=known)).status_code == 304


async def test_an_entry_of_somebody_else(client: httpx.AsyncClient, diary: StandInBus) -> None:
    text = "There is no entry {entry_id}."
    diary.answers[GetEntry] = NotFound("entry_not_found", text, entry_id=str(HABIT))
    answer = await client.get(ONE, headers=BEARER | {"Accept-Language": "ru"})
    assert checked(answer, 404, "entry_not_found")["detail"] == f"Записи {HABIT} нет."


async def test_what_the_room_finds_wrong(client: httpx.AsyncClient, diary: StandInBus) -> None:
    wrong = Wrong(pointer="/habit_ids/0", detail="there is no such habit")
    text = "There is no habit {habit_id}."
    no = Invalid("unknown_habit", text, fields=(wrong,), habit_id=str(HABIT))
    diary.answers[CreateEntry] = no
    answer = await client.post(ENTRIES, json={"text": "x"}, headers=BEARER)
    errors: Any = checked(answer, 422, "unknown_habit")["errors"]
    assert errors == [{"pointer": "/habit_ids/0", "detail": "There is no such habit."}]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (f"{ONE}/history?limit=7&cursor=3", GetEntryHistory(entry_id=HABIT, limit=7, cursor="3")),
        ("/v1/journal/on-this-day", GetOnThisDay()),
        ("/v1/journal/on-this-day?day=2026-02-28", GetOnThisDay(day=date(2026, 2, 28))),
        ("/v1/journal/tags", ListEntryTags()),
        ("/v1/journal/moods", GetMoods()),
        (
            "/v1/journal/calendar?from=2026-01-01&to=2026-01-31",
            GetMoodCalendar(first=date(2026, 1, 1), last=date(2026, 1, 31)),
        ),
        ("/v1/journal/prompts", ListPrompts()),
        ("/v1/journal/prompts/today?day=2026-01-01", GetPromptOfDay(day=date(2026, 1, 1))),
        ("/v1/journal/templates", ListTemplates()),
    ],
)
async def test_what_can_be_looked_at(
    client: httpx.AsyncClient, diary: StandInBus, path: str, asked: object
) -> None:
    answer = await client.get(path, headers=BEARER)
    assert answer.status_code == 200
    assert diary.last == asked
    assert (await client.get(path)).status_code == 401


async def test_moods_are_named(client: httpx.AsyncClient, diary: StandInBus) -> None:
    moods = [{"mood": mood, "name": f"m{mood}"} for mood in range(1, 6)]
    answer = await client.put("/v1/journal/moods", json={"moods": moods}, headers=BEARER)
    assert answer.json()["custom"] is True
    assert diary.last == NameMoods(moods=FIVE)
    await client.delete("/v1/journal/moods", headers=BEARER)
    assert diary.last == ResetMoods()
    for wrong in (moods[:4], moods[::-1], [*moods[:4], {"mood": 5, "name": "m4"}]):
        answer = await client.put("/v1/journal/moods", json={"moods": wrong}, headers=BEARER)
        checked(answer, 422, "invalid")


async def test_prompts_of_ones_own(client: httpx.AsyncClient, diary: StandInBus) -> None:
    answer = await client.post("/v1/journal/prompts", json={"question": "Why?"}, headers=BEARER)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/v1/journal/prompts/learned"
    path = f"/v1/journal/prompts/{HABIT}"
    await client.patch(path, json={"question": "How?"}, headers=BEARER)
    assert diary.last == ChangePrompt(prompt_id=str(HABIT), question="How?")
    assert (await client.delete(path, headers=BEARER)).status_code == 204
    for words in ({}, {"question": " "}, {"question": "a\nb"}, {"question": "x" * 201}):
        answer = await client.post("/v1/journal/prompts", json=words, headers=BEARER)
        checked(answer, 422, "invalid")


async def test_templates_of_ones_own(client: httpx.AsyncClient, diary: StandInBus) -> None:
    words = {"name": "Dream", "body": "I was "}
    answer = await client.post("/v1/journal/templates", json=words, headers=BEARER)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"2"')
    assert diary.last == AddTemplate(name="Dream", body="I was ")
    path = f"/v1/journal/templates/{HABIT}"
    await client.patch(path, json={"tags": ["a"]}, headers=BEARER | {"If-Match": '"2"'})
    assert diary.last == ChangeTemplate(template_id=str(HABIT), tags=("a",), expected_version=2)
    assert (await client.delete(path, headers=BEARER)).status_code == 204
    assert diary.last == RemoveTemplate(template_id=str(HABIT))
    checked(await client.patch(path, json={"name": None}, headers=BEARER), 422, "invalid")
