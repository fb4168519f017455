"""A person is reminded by mail, answers by a click, and reads a digest; on both carriers at once.

Over RabbitMQ two rooms and two clocks share the work. Nobody waits for a minute to come: it is
brought forward in the database. That each comes in its minute: `rooms/test_reminders.py`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests import backends
from tests.databases import prepared
from tests.journeys.post import (
    changed,
    database_of,
    join,
    mails_to,
    post_office,
    secret_in,
)
from tests.journeys.running import Up, command, until, up
from tests.show.running import settings
from tests.smtp_server import MailServer, Taken

ZONE = "Asia/Tokyo" if datetime.now(UTC).hour in (17, 18) else "Asia/Kolkata"
"""Where the day does not end meanwhile."""

AHEAD = 10
"""Minutes, far more than it takes, until a reminder would come by itself."""


@contextmanager
def another(*words: str, **given: str) -> Iterator[None]:
    """Run one more part."""
    process = command(words, settings(**given))
    try:
        yield
        assert process.poll() is None, f"{words} has ended"
    finally:
        process.terminate()
        process.wait(60)


@dataclass
class Scene:
    """Ritmo on a carrier, its post office, and somebody who lives with it."""

    ritmo: Up
    office: MailServer
    client: httpx.Client
    habit: str = ""
    reminder: str = ""
    seen: set[str] = field(default_factory=set)

    @property
    def database(self) -> str:
        return database_of(self.ritmo)

    def mails(self, about: str) -> list[Taken]:
        """Return the mails whose subject has a word."""
        return [one for one in self.office.taken if about in str(one.mail["Subject"])]

    def link(self, mail: Taken, button: str) -> str:
        """Return the path behind a button of a mail."""
        found = re.search(rf'href="([^"]+/l/[^"]+)"[^>]*>\s*{button}', mail.part("html"))
        assert found is not None, mail.part("html")
        base = str(self.client.base_url)
        assert found[1].startswith(base)
        return found[1].removeprefix(base)

    def today(self) -> str:
        return str(datetime.now(ZoneInfo(ZONE)).date())

    def logged(self) -> list[str]:
        days = {"from": "2000-01-01", "to": "2100-01-01"}
        path = f"/v1/habits/{self.habit}/check-ins"
        return [one["state"] for one in self.client.get(path, params=days).json()["check_ins"]]

    def outcomes(self) -> list[str]:
        """Return what became of each time of the reminder, the last one first."""
        shown = self.client.get(f"/v1/reminders/{self.reminder}").json()
        return [f"{one['outcome']} {one['reason'] or ''}".strip() for one in shown["history"]]


@contextmanager
def scene(data: Path, amqp: str | None) -> Iterator[Scene]:
    """Set a scene: Ritmo with a post office."""
    with ExitStack() as stack:
        office = stack.enter_context(post_office())
        given = {"smtp_url": f"{office.url}?tls=none", "mail_from": "Ritmo <ritmo@example.net>"}
        words = () if amqp is None else ("--amqp", amqp)
        running = stack.enter_context(up(data, *words, real=False, **given))
        one = Scene(running, office, running.client)
        if amqp is not None:
            given |= {"amqp_url": amqp, "database_url": one.database.replace("+asyncpg", "")}
            given["base_url"] = str(running.client.base_url)
            given["seal_file"] = str(data / "seal.keys")
            for room in ("reminders", "notifications"):
                stack.enter_context(another("run", room, **given))
            stack.enter_context(another("clock", **given))
        person = {"email": "ada@example.org", "name": "Ada", "zone": ZONE}
        one.client.headers.update(join(one.client, office, **person))
        yield one


@pytest.fixture(scope="module")
def scenes(
    cluster: Path, node: backends.Private, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Scene]]:
    """Set both scenes."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(scene(prepared(cluster, folder / "data"), amqp))
            for folder, amqp in (
                (tmp_path_factory.mktemp("embedded"), None),
                (tmp_path_factory.mktemp("rabbitmq"), node.host("reminders")),
            )
        ]


def everywhere(scenes: list[Scene], condition: Callable[[Scene], object], what: str) -> None:
    """Wait until something is true in all scenes."""
    until(lambda: all(condition(one) for one in scenes), what)


def comes_now(one: Scene) -> None:
    """Let the minute of the reminder have come."""
    assert changed(one.ritmo, "UPDATE reminders.rules SET next_fire_at = now()") == 1


def test_a_reminder_comes_and_is_answered_by_a_click(scenes: list[Scene]) -> None:
    everywhere(scenes, lambda one: one.mails("Ritmo"), "the welcome has come")
    first = datetime.now(ZoneInfo(ZONE)).replace(second=0, microsecond=0)
    first += timedelta(minutes=AHEAD)
    times = [f"{first + timedelta(minutes=n):%H:%M}" for n in range(2)]
    for one in scenes:
        one.habit = one.client.post("/v1/habits", json={"name": "Stretch"}).json()["habit_id"]
        words = {"habit_id": one.habit, "times": times}
        made = one.client.post("/v1/reminders", json=words)
        assert made.status_code == 201, made.text
        assert datetime.fromisoformat(made.json()["next_at"]) == first
        one.reminder = made.json()["reminder_id"]
        assert one.mails("Stretch") == []
        comes_now(one)
    everywhere(scenes, lambda one: one.mails("Stretch"), "the reminder has come")
    for one in scenes:
        (mail,) = one.mails("Stretch")
        assert mail.recipient == "ada@example.org"
        path = one.link(mail, "Done")
        with httpx.Client(base_url=one.client.base_url, trust_env=False) as stranger:
            for _ in range(2):  # a link scanner looks, and nothing happens
                assert stranger.get(path).status_code == 200
            assert one.logged() == []
            for told in ("“Stretch” is done.", "nothing was done twice"):
                pressed = stranger.post(path)
                assert pressed.status_code == 200
                assert told in pressed.text
                assert one.logged() == ["done"], "the page says what has happened"
            assert "Nothing is logged" in stranger.post(path, data={"undo": "1"}).text
            assert one.logged() == []
            assert "is done" in stranger.post(path).text
            assert one.logged() == ["done"]
        comes_now(one)
    silent = ["silent done", "sent"]
    everywhere(scenes, lambda one: one.outcomes() == silent, "the next time it keeps silent")
    for one in scenes:
        assert len(one.mails("Stretch")) == 1
        states = {found["state"] for found in one.client.get("/v1/deliveries").json()["deliveries"]}
        assert states == {"sent"}


def live_a_fortnight(one: Scene) -> None:
    """Keep a habit and a diary for two weeks."""
    today = date.fromisoformat(one.today())
    start = str(today - timedelta(days=14))
    walk = one.client.post("/v1/habits", json={"name": "Walk", "start_day": start}).json()
    for ago in range(1, 15):
        day = today - timedelta(days=ago)
        path = f"/v1/habits/{walk['habit_id']}/check-ins/{day}"
        assert one.client.put(path, json={} if ago % 4 else {"state": "failed"}).is_success
        words = {"day": str(day), "mood": 2 + ago % 4, "text": "A day."}
        assert one.client.post("/v1/journal/entries", json=words).status_code == 201


def knows_it_all(one: Scene) -> bool:
    """Tell whether analytics has heard of the fortnight."""
    answer = one.client.get("/v1/analytics/moods")
    return answer.status_code == 200 and len(answer.json()["days"]) == 14


def digests(one: Scene) -> list[Taken]:
    """Return the mails that can be unsubscribed from."""
    return [taken for taken in one.office.taken if taken.mail["List-Unsubscribe"]]


def left(one: Scene) -> bool:
    """Tell whether no digest is wanted any more."""
    return wanted(one) == []


def wanted(one: Scene) -> list[str]:
    """Return which digests are wanted."""
    found: list[str] = one.client.get("/v1/reminders/settings").json()["digests"]
    return found


def test_a_digest_comes_with_pictures_and_is_left_with_one_post(scenes: list[Scene]) -> None:
    for one in scenes:
        live_a_fortnight(one)
        words = {"digests": ["week"], "digest_at": "08:00"}
        assert one.client.put("/v1/reminders/settings", json=words).status_code == 200
    everywhere(scenes, knows_it_all, "analytics has heard of the diary")
    for one in scenes:
        changed(one.ritmo, "UPDATE reminders.digests SET next_at = now() - interval '1 minute'")
    everywhere(scenes, digests, "the digest has come")
    for one in scenes:
        (digest,) = digests(one)
        html = digest.part("html")
        pictures = [part for part in digest.mail.walk() if part.get_content_type() == "image/png"]
        assert len(pictures) >= 2
        for picture in pictures:
            name = str(picture["Content-ID"]).strip("<>")
            assert f"cid:{name}" in html
        assert "Walk" in html
        assert digest.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        address = str(digest.mail["List-Unsubscribe"]).strip("<>")
        assert httpx.get(address, trust_env=False).status_code == 200
        assert wanted(one) == ["week"]
        body = {"List-Unsubscribe": "One-Click"}
        assert httpx.post(address, data=body, trust_env=False).status_code == 200
        until(partial(left, one), "the digest is left")


def test_a_forgotten_password_is_set_by_a_mail(scenes: list[Scene]) -> None:
    """In one process and over RabbitMQ: the address is confirmed, the link sets a new password."""
    for one in scenes:
        join(one.client, one.office, "bob@example.org")
        asked = {"email": "bob@example.org"}
        answer = one.client.post("/v1/auth/password/forgotten", json=asked)
        assert answer.status_code == 202, answer.text

    def came(one: Scene) -> list[Taken]:
        return mails_to(one.office, "bob@example.org", "new password")

    everywhere(scenes, came, "the link has come")
    for one in scenes:
        reset = {"token": secret_in(came(one)[0]), "new_password": "a password that is new"}
        codes = [
            one.client.post("/v1/auth/password/reset", json=reset).status_code for _ in range(2)
        ]
        assert codes == [204, 410]
        words = {"email": "bob@example.org", "password": reset["new_password"]}
        assert one.client.post("/v1/auth/login", json=words).status_code == 200
