"""Pages behind links in mails, channels and deliveries: what people see, what programs do."""

import dataclasses
import re
from datetime import UTC, date, datetime
from html import escape
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from actors.runtime.identity import not_acted_for
from contracts.deliveries import (
    Channel,
    ChannelList,
    Deliveries,
    Delivery,
    GetDelivery,
    ListChannels,
    ListDeliveries,
    SendTest,
    SetApprise,
)
from contracts.digests import DigestShown, PreviewDigest
from contracts.links import ActOnLink, Link, LookAtLink
from contracts.marks import Logged
from contracts.message import Gone, Invalid, NotFound, TooMany, Unavailable
from contracts.speech import catalog
from gateway.limits import Policy
from gateway.link_pages import ANSWERS, BUTTONS, HINTS, QUESTIONS, STATES, WAITS
from tests.gateway.standing_in import BEARER, HABIT, StandInBus
from tests.gateway.test_problems import checked

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJwIjoiZG9uZSJ9.c2lnbmF0dXJl"


def link(**words: Any) -> Link:
    plain: dict[str, Any] = {"purpose": "done", "language": "en", "habit": "Read <i>"}
    return Link.model_validate({**plain, "day": date(2031, 5, 5), **words})


def delivery(**words: Any) -> Delivery:
    plain: dict[str, Any] = {
        "delivery_id": HABIT,
        "channel": "email",
        "template": "test",
        "state": "sent",
        "why": "It was sent.",
        "detail": "smtp_250",
        "attempts": 1,
        "created_at": datetime(2031, 5, 5, tzinfo=UTC),
    }
    return Delivery.model_validate({**plain, **words})


async def test_looking_asks_and_does_nothing(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[LookAtLink] = link()
    answer = await client.get(f"/l/{TOKEN}")
    assert answer.status_code == 200
    assert [type(message) for message, *_ in bus.asked] == [LookAtLink]
    assert [who for _, who, _ in bus.asked] == [None]
    assert "Done with “Read &lt;i&gt;”?" in answer.text
    assert "Monday, May 5" in answer.text
    assert answer.text.count("<button>") == 1
    assert '<form method="post">' in answer.text
    assert "<input" not in answer.text


async def test_pages_are_safe_to_leave_and_to_index(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[LookAtLink] = link()
    headers = (await client.get(f"/l/{TOKEN}")).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


async def test_no_log_keeps_a_link(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[LookAtLink] = RuntimeError("unforeseen")
    with capture_logs() as said:
        checked(await client.get(f"/l/{TOKEN}"), 500, "broken")
    (line,) = [one for one in said if one["event"] == "broken"]
    assert line["route"] == "/l/{token}"
    assert TOKEN not in str(said)


class Day:
    """Stands in for the rooms behind a link: a day that logs what it is asked to."""

    def __init__(self, bus: StandInBus, **words: Any) -> None:
        self.words, self.logged = words, cast(Logged | None, words.pop("logged", None))
        self.acts: list[ActOnLink] = []
        self.outcome, self.result = "done", cast(Logged | None, None)
        bus.answers[LookAtLink] = lambda _: self.link()
        bus.answers[ActOnLink] = self.act

    def link(self, **words: Any) -> Link:
        return link(**{**self.words, "logged": self.logged, **words})

    def act(self, command: ActOnLink) -> Link:
        self.acts.append(command)
        state = "skipped" if self.words.get("purpose") == "skip" else "done"
        wanted = self.result or Logged(value=command.value or 1.0, state=state)
        if self.outcome == "done":
            self.logged = None if command.undo else wanted
        return self.link(wanted=wanted, outcome=self.outcome)


async def test_pressing_acts(client: httpx.AsyncClient, bus: StandInBus) -> None:
    room = Day(bus)
    answer = await client.post(f"/l/{TOKEN}")
    assert answer.status_code == 200
    assert room.acts == [ActOnLink(token=TOKEN)]
    assert "“Read &lt;i&gt;” is done." in answer.text
    assert 'href="/"' in answer.text
    assert '<input type="hidden" name="undo"' in answer.text
    room.outcome = "as_it_was"
    bus.answers[ActOnLink] = room.link(used=True, outcome="as_it_was")
    assert "nothing was done twice" in (await client.post(f"/l/{TOKEN}")).text


async def test_a_page_never_claims_what_is_not_logged(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    Day(bus)
    away = "This part of Ritmo is not running; try again."
    bus.answers[ActOnLink] = Unavailable("room_down", away, retry_after=2)
    answer = await client.post(f"/l/{TOKEN}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "is done" not in answer.text
    assert away in answer.text
    assert "this link stays good" in answer.text
    assert '<a href="">Try again</a>' in answer.text


async def test_who_is_disabled_is_not_told_to_try_again(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    Day(bus, language="ru")
    bus.answers[ActOnLink] = not_acted_for()
    answer = await client.post(f"/l/{TOKEN}")
    assert answer.status_code == 403
    assert "учётная запись отключена" in answer.text
    assert "попробуйте" not in answer.text


async def test_what_is_done_in_part_is_said_so(client: httpx.AsyncClient, bus: StandInBus) -> None:
    room = Day(bus, number=True, measure="count", unit="glasses", usual=8.0)
    room.result = Logged(value=3.0, state="partial")
    page = (await client.post(f"/l/{TOKEN}", data={"value": "3"})).text
    assert "is partly done." in page
    assert "3 of 8\N{NO-BREAK SPACE}glasses (partly done)" in page
    assert "is done." not in page


async def test_what_was_logged_since_is_shown_and_asked_about(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    logged = Logged(value=12000.0, state="done")
    room = Day(bus, number=True, measure="count", unit="steps", usual=8000.0, logged=logged)
    room.words |= {"used": True}
    page = (await client.get(f"/l/{TOKEN}")).text
    assert "Logged: 12,000\N{NO-BREAK SPACE}steps (done)." in page
    assert 'value="12,000"' in page
    room.outcome = "asks"
    answer = await client.post(f"/l/{TOKEN}", data={"value": "8,000"})
    assert "12,000\N{NO-BREAK SPACE}steps" in answer.text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    room.outcome = "done"
    answer = await client.post(f"/l/{TOKEN}", data=fields)
    assert room.acts[-1] == ActOnLink(token=TOKEN, value=8000.0, replaces=logged)
    assert "Logged: 8,000\N{NO-BREAK SPACE}steps (done)." in answer.text


async def test_undo_takes_back_or_says_that_it_did_not(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    room = Day(bus, logged=Logged(value=1.0, state="done"))
    page = (await client.post(f"/l/{TOKEN}", data={"undo": "1"})).text
    assert room.acts == [ActOnLink(token=TOKEN, undo=True)]
    assert "Nothing is logged for “Read &lt;i&gt;”." in page
    room.logged, room.outcome = Logged(value=1.0, state="done"), "as_it_was"
    answer = await client.post(f"/l/{TOKEN}", data={"undo": "1"})
    assert "Nothing was taken back." in answer.text
    room.logged = None
    answer = await client.post(f"/l/{TOKEN}", data={"undo": "1"})
    assert "Nothing is logged for “Read &lt;i&gt;”." in answer.text


@pytest.mark.parametrize(
    ("language", "given", "value"),
    [
        ("en", "7,5", 7.5),
        ("en", " 1 000 ", 1000.0),
        ("en", "10,000", 10000.0),
        ("en", "1'000", 1000.0),
        ("en", "5 km", 5.0),
        ("ru", "1 234 567,5", 1234567.5),
        ("ru", "1,5", 1.5),
    ],
)
async def test_a_number_is_read_by_the_language_of_its_writer(
    client: httpx.AsyncClient, bus: StandInBus, language: str, given: str, value: float
) -> None:
    room = Day(bus, number=True, measure="amount", unit="km", usual=5.0, language=language)
    page = (await client.get(f"/l/{TOKEN}")).text
    assert 'name="value"' in page
    assert 'value="5"' in page
    assert "km" in page
    await client.post(f"/l/{TOKEN}", data={"value": given})
    assert room.acts == [ActOnLink(token=TOKEN, value=value)]


@pytest.mark.parametrize(
    ("language", "browser", "given", "choices"),
    [
        ("ru", "", "10,000", ["10", "10 000"]),
        ("en", "", "10.000", ["10", "10,000"]),
        ("en", "de-DE,de;q=0.9", "10,000", ["10", "10,000"]),
    ],
)
async def test_what_can_be_read_in_two_ways_is_asked_back(
    client: httpx.AsyncClient,
    bus: StandInBus,
    language: str,
    browser: str,
    given: str,
    choices: list[str],
) -> None:
    room = Day(bus, number=True, measure="count", language=language)
    headers = {"Accept-Language": browser}
    answer = await client.post(f"/l/{TOKEN}", data={"value": given}, headers=headers)
    assert answer.status_code == 422
    assert room.acts == []
    offered = re.findall(r'<button name="value" value="([^"]*)">', answer.text)
    assert [one.replace("\N{NO-BREAK SPACE}", " ") for one in offered] == choices
    await client.post(f"/l/{TOKEN}", data={"value": offered[1]})
    assert room.acts == [ActOnLink(token=TOKEN, value=10000.0)]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("30 min", 1800.0), ("0:30", 1800.0), ("1 h 5", 3900.0), ("90 s", 90.0), ("1 ч", 3600.0)],
)
async def test_durations_are_typed_with_their_unit(
    client: httpx.AsyncClient, bus: StandInBus, given: str, seconds: float
) -> None:
    room = Day(bus, number=True, measure="duration", usual=5400.0)
    page = (await client.get(f"/l/{TOKEN}")).text
    assert 'value="1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30\N{NO-BREAK SPACE}min"' in page
    await client.post(f"/l/{TOKEN}", data={"value": given})
    assert room.acts == [ActOnLink(token=TOKEN, value=seconds)]


async def test_minutes_and_seconds_are_not_guessed(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    room = Day(bus, number=True, measure="duration")
    answer = await client.post(f"/l/{TOKEN}", data={"value": "30"})
    assert answer.status_code == 422
    assert room.acts == []
    assert re.findall(r">([^<]*)</button>", answer.text) == [
        "30\N{NO-BREAK SPACE}s",
        "30\N{NO-BREAK SPACE}min",
    ]


@pytest.mark.parametrize("number", [1234567.0, 0.125, 999_999_999.999, 1e9, 10.0])
@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_form_shows_numbers_exactly_and_reads_them_back(
    client: httpx.AsyncClient, bus: StandInBus, number: float, language: str
) -> None:
    room = Day(bus, number=True, measure="amount", usual=number, language=language)
    page = (await client.get(f"/l/{TOKEN}")).text
    (shown,) = re.findall(r'name="value"[^>]* value="([^"]*)"', page)
    await client.post(f"/l/{TOKEN}", data={"value": shown})
    assert room.acts == [ActOnLink(token=TOKEN, value=number)]


@pytest.mark.parametrize(
    ("measure", "given"),
    [
        *(
            ("amount", one)
            for one in ("", "  ", "many", "-1", "nan", "inf", "1e99", "1.0001", "2000000000")
        ),
        *(("duration", one) for one in ("", "half an hour", "5 km", "-5 min", "1:75")),
    ],
)
async def test_what_is_no_number_is_refused_and_the_form_stays(
    client: httpx.AsyncClient, bus: StandInBus, measure: str, given: str
) -> None:
    room = Day(bus, number=True, measure=measure)
    answer = await client.post(f"/l/{TOKEN}", data={"value": given})
    assert answer.status_code == 422
    assert re.search("Write a (number|time)", answer.text)
    assert f'value="{given.strip()}"' in answer.text
    assert room.acts == []


async def test_what_the_room_refuses_is_said_and_the_form_stays(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[LookAtLink] = link(number=True, measure="count")
    bus.answers[ActOnLink] = Invalid("value_missing", "Say how much: this habit needs a value.")
    answer = await client.post(f"/l/{TOKEN}", data={"value": "4"})
    assert answer.status_code == 422
    assert "Say how much" in answer.text
    assert "<form" in answer.text


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_what_is_gone_since_it_was_shown_is_said_on_a_page(
    client: httpx.AsyncClient, bus: StandInBus, language: str
) -> None:
    Day(bus, language=language)
    bus.answers[ActOnLink] = Gone("link_void", "What this link was for is not there any more.")
    answer = await client.post(f"/l/{TOKEN}")
    assert answer.status_code == 410
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{language}">' in answer.text


async def test_whoever_asks_too_often_is_told_so_on_a_page(
    app: FastAPI, client: httpx.AsyncClient, bus: StandInBus
) -> None:
    room = Day(bus)
    door = app.state.door
    app.state.door = dataclasses.replace(door, address=Policy("address", 1))
    answers = [await client.get(f"/l/{TOKEN}") for _ in range(3)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["content-type"].startswith("text/html")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert room.acts == []


async def test_snooze_offers_times(client: httpx.AsyncClient, bus: StandInBus) -> None:
    room = Day(bus, purpose="snooze")
    page = (await client.get(f"/l/{TOKEN}")).text
    assert re.findall(r'<option value="(\w+)"', page) == ["15", "60", "180", "tomorrow"]
    room.outcome = "done"
    for given in ("180", "tomorrow", "99999"):
        assert (
            "It comes again later." in (await client.post(f"/l/{TOKEN}", data={"for": given})).text
        )
    assert room.acts == [
        ActOnLink(token=TOKEN, minutes=180),
        ActOnLink(token=TOKEN, until="tomorrow"),
        ActOnLink(token=TOKEN),
    ]


@pytest.mark.parametrize("purpose", ["earlier", "later", "never"])
async def test_a_reminder_is_moved_or_switched_off(
    client: httpx.AsyncClient, bus: StandInBus, purpose: str
) -> None:
    room = Day(bus, purpose=purpose)
    assert "<form" in (await client.get(f"/l/{TOKEN}")).text
    assert room.acts == []
    room.outcome = "done"
    page = (await client.post(f"/l/{TOKEN}")).text
    assert escape(ANSWERS[room.link().purpose]) in page
    assert "Undo" not in page


async def test_one_click_unsubscribes_without_a_cookie(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[LookAtLink] = link(purpose="unsubscribe", habit="", day=None, every="week")
    page = await client.get(f"/u/{TOKEN}")
    assert "No more of these mails?" in page.text
    assert isinstance(bus.asked[-1][0], LookAtLink)
    bus.answers[ActOnLink] = link(
        purpose="unsubscribe", habit="", day=None, every="week", outcome="done"
    )
    answer = await client.post(
        f"/u/{TOKEN}",
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200
    assert bus.last == ActOnLink(token=TOKEN)
    assert "You get no more of these mails." in answer.text


async def test_one_click_may_be_sent_as_a_form_with_parts(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[LookAtLink] = link(purpose="unsubscribe")
    bus.answers[ActOnLink] = link(purpose="unsubscribe", outcome="done")
    form = {"List-Unsubscribe": (None, "One-Click")}
    assert (await client.post(f"/u/{TOKEN}", files=form)).status_code == 200
    assert bus.last == ActOnLink(token=TOKEN)


URLENCODED = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"


@pytest.mark.parametrize("where", ["l", "u"])
@pytest.mark.parametrize(
    ("media", "content"),
    [
        (URLENCODED, b"&".join(b"a%d=1" % n for n in range(11))),
        (URLENCODED, b"value=" + b"1" * 2000),
        (URLENCODED, b"value=%ff"),
        (URLENCODED, b"value=%00"),
        (URLENCODED, b"%ff=1"),
        (PARTS, b"\r\n"),
        (PARTS, b'--b\r\nContent-Disposition: form-data; name="value"\r\n\r\n5'),
        (PARTS, b"--c\r\n"),
        (PARTS, b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        (
            PARTS,
            b'--b\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nx\r\n--b--\r\n',
        ),
        (PARTS, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 11 + b"--b--\r\n"),
        (PARTS, b"--b\r\n" + b"A: b\r\n" * 200 + b"\r\n"),
        ("multipart/form-data", b"--b--\r\n"),
        ("application/json", b'{"value": 5}'),
        ("text/plain", b"value=5"),
        ("", b"value=5"),
    ],
)
async def test_what_is_no_form_does_nothing(
    client: httpx.AsyncClient, bus: StandInBus, where: str, media: str, content: bytes
) -> None:
    bus.answers[ActOnLink] = link()
    headers = {"Content-Type": media} if media else {}
    answer = await client.post(f"/{where}/{TOKEN}", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "This form cannot be read." in answer.text
    assert bus.asked == []


async def test_ten_fields_are_a_form(client: httpx.AsyncClient, bus: StandInBus) -> None:
    room = Day(bus, number=True, measure="count")
    form = {f"a{number}": "" for number in range(9)} | {"value": "2"}
    assert (await client.post(f"/l/{TOKEN}", data=form)).status_code == 200
    assert room.acts == [ActOnLink(token=TOKEN, value=2.0)]


@pytest.mark.parametrize(
    ("refusal", "status", "said"),
    [
        (Gone("link_expired", "This link has expired."), 410, "expired"),
        (NotFound("link_unknown", "This link is not one of ours."), 404, "not one of ours"),
        (Unavailable("room_down", "This part of Ritmo is not running; try again."), 503, "again"),
    ],
)
async def test_what_does_not_work_is_said_on_a_page(
    client: httpx.AsyncClient, bus: StandInBus, refusal: Exception, status: int, said: str
) -> None:
    bus.answers[LookAtLink] = bus.answers[ActOnLink] = refusal
    for answer in (await client.get(f"/l/{TOKEN}"), await client.post(f"/l/{TOKEN}")):
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert said in answer.text
    russian = await client.get(f"/l/{TOKEN}", headers={"Accept-Language": "ru"})
    assert '<html lang="ru">' in russian.text
    assert said not in russian.text


@pytest.mark.parametrize("token", ["short", "x" * 2000, "%3Cscript%3E" * 3, "a b" * 10])
async def test_what_is_no_token_is_unknown(
    client: httpx.AsyncClient, bus: StandInBus, token: str
) -> None:
    for answer in (await client.get(f"/l/{token}"), await client.post(f"/u/{token}")):
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "<script" not in answer.text
    assert bus.asked == []


async def test_pages_speak_the_language_of_the_mail(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[LookAtLink] = link(language="ru", habit="Чтение")
    page = (await client.get(f"/l/{TOKEN}", headers={"Accept-Language": "en"})).text
    assert "«Чтение» — сделано?" in page
    assert "понедельник, 5 мая" in page


def test_every_word_of_the_pages_is_translated() -> None:
    tables = (QUESTIONS, BUTTONS, ANSWERS, HINTS, STATES)
    said = {text for table in tables for text in table.values()} | {text for _, text in WAITS}
    assert said <= set(catalog("ru").sentences)


# -- channels and deliveries ----------------------------------------------------------------------


async def test_channels(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ListChannels] = ChannelList(channels=(Channel(channel="email", on=True),))
    answer = await client.get("/v1/channels", headers=BEARER | {"Accept-Language": "ru"})
    assert answer.json()["channels"][0]["channel"] == "email"
    assert bus.last == ListChannels(), "in the caller's own language"
    bus.answers[SetApprise] = Channel(channel="apprise", on=True, to="ntfys://…opic")
    said = {"url": "ntfys://ntfy.sh/topic"}
    answer = await client.put("/v1/channels/apprise", headers=BEARER, json=said)
    assert answer.json()["to"] == "ntfys://…opic"
    for wrong in ({}, {"url": "x"}, {"url": "x" * 2000}, {"url": "ntfy://x/y", "more": 1}):
        answer = await client.put("/v1/channels/apprise", headers=BEARER, json=wrong)
        assert answer.status_code == 422


async def test_a_test_answers_with_its_outcome(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[SendTest] = delivery(state="pending")
    looks = iter(("pending", "sending", "sent"))
    bus.answers[GetDelivery] = lambda _: delivery(state=next(looks))
    answer = await client.post("/v1/channels/email/test", headers=BEARER)
    assert (answer.status_code, answer.json()["state"]) == (200, "sent")
    bus.answers[GetDelivery] = delivery(state="retry")
    answer = await client.post("/v1/channels/email/test", headers=BEARER)
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/deliveries/{HABIT}")
    bus.answers[SendTest] = TooMany("test_sent", "A test was sent a moment ago.", retry_after=10)
    answer = await client.post("/v1/channels/email/test", headers=BEARER)
    checked(answer, 429, "test_sent")
    assert answer.headers["retry-after"] == "10"
    assert (await client.post("/v1/channels/pigeon/test", headers=BEARER)).status_code == 422


async def test_deliveries(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ListDeliveries] = Deliveries(deliveries=(delivery(),), next="abc")
    answer = await client.get("/v1/deliveries?state=failed&limit=5&cursor=abc", headers=BEARER)
    assert answer.json()["next"] == "abc"
    assert bus.last == ListDeliveries(state="failed", limit=5, cursor="abc", language="en")
    assert (await client.get("/v1/deliveries?state=lost", headers=BEARER)).status_code == 422
    checked(await client.get("/v1/deliveries"), 401, "unauthenticated")


async def test_a_digest_is_shown_in_three_forms(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[PreviewDigest] = DigestShown(subject="Week", html="<p>", text="Week", eml="To: x")
    answer = await client.get("/v1/reminders/digest?every=month", headers=BEARER)
    assert answer.json()["subject"] == "Week"
    assert bus.last == PreviewDigest(every="month")
    page = await client.get("/v1/reminders/digest?format=html", headers=BEARER)
    assert (page.text, page.headers["content-type"]) == ("<p>", "text/html; charset=utf-8")
    assert "sandbox" in page.headers["content-security-policy"]
    mail = await client.get("/v1/reminders/digest?format=eml", headers=BEARER)
    assert mail.headers["content-type"] == "message/rfc822"
