"""The diary's pages, without a browser: what forms say, what is shown, and that nothing is lost."""

import re
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from contracts.cookies import CookieExchanged, ExchangeCookie
from contracts.journal import (
    CreateEntry,
    DeleteEntry,
    EntryTag,
    EntryTags,
    GetEntry,
    GetOnThisDay,
    JournalEntries,
    JournalEntry,
    ListEntries,
    ListEntryTags,
    OnThisDay,
    RestoreEntry,
    UpdateEntry,
)
from contracts.message import Conflict, Done, Invalid
from contracts.moods import CalendarDay, GetMoodCalendar, GetMoods, MoodCalendar, MoodName, Moods
from contracts.prompts import GetPromptOfDay, Prompt
from contracts.users import GetProfile
from gateway.web.diary import pixels_of, words_of
from tests.gateway.standing_in import HABIT, StandInBus, refusal, user

OURS = {"Sec-Fetch-Site": "same-origin"}
TODAY = date(2031, 5, 8)
NASTY = '<script>alert("x")</script>'


def entry(**words: Any) -> JournalEntry:
    at = datetime(2031, 5, 8, 20, tzinfo=UTC)
    plain: dict[str, Any] = {
        "entry_id": HABIT,
        "day": TODAY,
        "at": at,
        "zone": "UTC",
        "created_at": at,
        "changed_at": at,
        "version": 4,
    }
    return JournalEntry.model_validate(plain | words)


@pytest.fixture
def browser(bus: StandInBus, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that has signed in, whose owner keeps a diary."""
    scale = tuple(MoodName(mood=n, name=f"mood {n}") for n in range(1, 6))
    listed = (entry(title=NASTY, text=NASTY, mood=4, tags=("a & b",)),)
    bus.answers |= {
        ExchangeCookie: CookieExchanged(access_token="good", expires_in=600),
        GetProfile: user(),
        GetMoods: Moods(moods=scale, custom=False),
        GetOnThisDay: OnThisDay(day=TODAY, entries=()),
        ListEntries: JournalEntries(entries=listed, next="more"),
        ListEntryTags: EntryTags(tags=(EntryTag(tag="work", entries=3),)),
        GetPromptOfDay: Prompt(prompt_id="laugh", question="What made you laugh?", own=False),
        GetMoodCalendar: MoodCalendar(first=TODAY, last=TODAY, days=()),
        GetEntry: entry(text="Mine", mood=2, tags=("work", "rain")),
        CreateEntry: entry(),
        UpdateEntry: entry(),
        DeleteEntry: Done(),
        RestoreEntry: entry(),
    }
    client.cookies.set("ritmo", "rt_web_" + "a" * 43)
    client.headers.update({"Accept": "text/html", **OURS})
    return client


async def sent(browser: httpx.AsyncClient, page: str, to: str, **form: str) -> httpx.Response:
    """Send the form of a page."""
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', (await browser.get(page)).text)
    assert found is not None
    return await browser.post(to, data={"form_token": found[1], **form})


def asked(bus: StandInBus, kind: type) -> Any:
    """Return the last ask of a kind."""
    return [one for one, *_ in bus.asked if isinstance(one, kind)][-1]


async def test_words_of_people_are_words(browser: httpx.AsyncClient) -> None:
    for path in ("/diary", "/diary?search=x"):
        page = (await browser.get(path)).text
        assert NASTY not in page
        assert "&lt;script&gt;" in page
        assert 'href="/diary?tag=a+%26+b"' in page or 'href="/diary?tag=a%20%26%20b"' in page
        assert "cursor=more" in page


async def test_an_entry_is_kept(bus: StandInBus, browser: httpx.AsyncClient) -> None:
    form = {
        "text": "Soup.\r\nRain.",
        "mood": "4",
        "tag:work": "1",
        "tags": "rain, work,, tea",
        "answers": "1",
        "question": "What made you laugh?",
        "prompt_id": "laugh",
        "day": "",
    }
    answer = await sent(browser, "/diary", "/diary", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/diary?said=saved")
    made = asked(bus, CreateEntry)
    assert (made.text, made.mood, made.energy, made.day) == ("Soup.\nRain.", 4, None, None)
    assert made.tags == ("work", "rain", "tea")
    assert (made.question, made.prompt_id) == ("What made you laugh?", "laugh")
    unanswered = words_of({name: said for name, said in form.items() if name != "answers"})
    assert (unanswered["question"], unanswered["prompt_id"]) == ("", None)


@pytest.mark.parametrize("wrong", [{"mood": "9"}, {"day": "soon"}, {"title": "x" * 501}, {}])
async def test_what_cannot_be_kept_stays_in_the_form(
    bus: StandInBus, browser: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    bus.answers[CreateEntry] = refusal(Invalid, "entry_empty")
    answer = await sent(browser, "/diary", "/diary", **{"text": "Much was written", **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert wrong.get("text", "Much was written") in answer.text


async def test_a_change_made_elsewhere_is_shown_beside(
    bus: StandInBus, browser: httpx.AsyncClient
) -> None:
    page = await browser.get(f"/diary/{HABIT}")
    assert 'value="rain"' in page.text
    assert re.search(r'name="tag:work" value="1" checked', page.text)
    await sent(browser, f"/diary/{HABIT}", f"/diary/{HABIT}", text="New", version="4")
    changed = asked(bus, UpdateEntry)
    assert (changed.text, changed.expected_version) == ("New", 4)
    assert changed.changes()["mood"] is None, "no face is chosen any more"
    bus.answers[UpdateEntry] = refusal(Conflict, "version_conflict")
    answer = await sent(browser, f"/diary/{HABIT}", f"/diary/{HABIT}", text="New", version="3")
    assert answer.status_code == 422
    assert "New" in answer.text
    assert "Mine" in answer.text


async def test_what_is_thrown_away_comes_back(bus: StandInBus, browser: httpx.AsyncClient) -> None:
    answer = await sent(browser, f"/diary/{HABIT}", f"/diary/{HABIT}/delete")
    page = await browser.get(answer.headers["location"])
    assert f'action="/diary/{HABIT}/restore"' in page.text
    await sent(browser, "/diary", f"/diary/{HABIT}/restore")
    assert asked(bus, DeleteEntry).entry_id == asked(bus, RestoreEntry).entry_id == HABIT


def test_a_year_ends_today_and_begins_on_a_monday() -> None:
    pixels = pixels_of((CalendarDay(day=TODAY, entries=2, mood=3.6),), TODAY)
    assert (pixels[0].column, pixels[0].row, pixels[0].mood) == (0, 0, 0)
    assert (pixels[-1].day, pixels[-1].column, pixels[-1].mood) == (TODAY, 52, 4)
    assert len({(one.column, one.row) for one in pixels}) == len(pixels) == 52 * 7 + 4
