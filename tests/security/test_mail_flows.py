"""Mails that anybody can cause: they tell a stranger nothing, lead nowhere else, and count once."""

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.databases import prepared
from tests.journeys.post import join, mails_to, post_office, secret_in
from tests.journeys.running import PASSWORD, Up, ritmo, until, up
from tests.security.attempts import MEASURED, Attempts, figure
from tests.smtp_server import MailServer, Taken

BASE = "https://ritmo.example.org"
NEXT = "a password that is new"
EVIL = "evil.example"

SAMPLES = 60 if MEASURED else 2
"""Times that each is asked, where it is measured."""


@dataclass
class Scene:
    """Ritmo with a post office, and the folder of its data."""

    up: Up
    office: MailServer
    data: Path

    @property
    def client(self) -> httpx.Client:
        """Its client."""
        return self.up.client

    def mail(self, email: str, about: str) -> Taken:
        """Wait for a mail, and return it."""
        until(lambda: mails_to(self.office, email, about), f"{about} has come")
        return mails_to(self.office, email, about)[-1]

    def post(self, path: str, **words: str) -> httpx.Response:
        """Say something."""
        return self.client.post(path, json=words)


@pytest.fixture(scope="module")
def scene(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Run Ritmo with a mail server."""
    data = prepared(cluster, tmp_path_factory.mktemp("mails") / "data")
    with ExitStack() as stack:
        office = stack.enter_context(post_office())
        given = {"smtp_url": f"{office.url}?tls=none", "base_url": BASE}
        yield Scene(stack.enter_context(up(data, real=False, **given)), office, data)


def shown(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Return what of an answer could tell somebody something."""
    varies = ("date", "x-request-id", "traceparent", "ratelimit", "ratelimit-policy")
    headers = [f"{k}: {v}" for k, v in answer.headers.items() if k.lower() not in varies]
    return answer.status_code, re.sub("[0-9a-f]{32}", "", answer.text), sorted(headers)


def test_nobody_learns_who_has_an_account(scene: Scene) -> None:
    join(scene.client, scene.office, "ada@example.org")
    with Attempts("enumeration by body") as attempts:
        for path, more in (
            ("/v1/auth/register", {"password": PASSWORD}),
            ("/v1/auth/password/forgotten", {}),
            ("/v1/auth/login", {"password": "a wrong one, always"}),
        ):
            known, unknown = (
                shown(scene.post(path, email=email, **more))
                for email in ("ada@example.org", "nobody@example.org")
            )
            attempts.note(path, known == unknown)
    assert "already" in str(scene.mail("ada@example.org", "already").mail["Subject"])
    assert scene.mail("nobody@example.org", "Confirm")
    assert mails_to(scene.office, "nobody@example.org", "password") == []


def test_nobody_learns_it_by_the_clock(scene: Scene) -> None:
    known = [f"known{n}@example.org" for n in range(SAMPLES // 2)]
    for number, email in enumerate(known):
        join(scene.client, scene.office, email, f"198.51.100.{number}")
    for path, more in (("register", {"password": PASSWORD}), ("password/forgotten", {})):
        taken: dict[bool, list[float]] = {True: [], False: []}
        for number in range(SAMPLES):
            # What one causes goes on while the other is asked: each goes first as often.
            for there in (True, False) if number % 4 < 2 else (False, True):
                email = known[number // 2] if there else f"{path[:8]}{number}@example.net"
                headers = {"X-Forwarded-For": f"203.0.113.{number}"}
                begun = time.perf_counter()
                words = {"email": email, **more}
                answer = scene.client.post(f"/v1/auth/{path}", json=words, headers=headers)
                taken[there].append(1000 * (time.perf_counter() - begun))
                assert answer.status_code == 202, answer.text
        apart = abs(statistics.median(taken[True]) - statistics.median(taken[False]))
        if MEASURED:
            name = "register" if "password" in more else "forgotten_password"
            figure(f"{name}_tells_accounts_apart", apart, "ms", "<=", 5)


def test_links_lead_to_ritmo_whatever_host_was_named(scene: Scene) -> None:
    headers = {"Host": EVIL, "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}"}
    with Attempts("links in mails by a forged host") as attempts:
        for path, about in (("register", "Confirm"), ("password/forgotten", "password")):
            email = "bob@example.org"
            if about == "password":
                token = secret_in(scene.mail(email, "Confirm"))
                assert scene.post("/v1/auth/confirm", token=token).status_code == 200
            words = {"email": email} | ({"password": PASSWORD} if about == "Confirm" else {})
            scene.client.post(f"/v1/auth/{path}", json=words, headers=headers)
            mail = scene.mail(email, about)
            words_of = mail.part("html") + mail.part("plain")
            attempts.note(path, EVIL not in words_of and f"{BASE}/c/" in words_of)


def test_no_header_of_a_mail_is_anybodys_to_write(scene: Scene) -> None:
    evil = f"\r\nBcc: eve@{EVIL}\r\n\r\nClick here"
    with Attempts("headers and words of mails") as attempts:
        for email in (f"c{evil}@example.org", f"eve@{EVIL}{evil}", f'"{evil}"@example.org'):
            answer = scene.post("/v1/auth/register", email=email, password=PASSWORD)
            attempts.note("address", answer.status_code == 422)
        answer = scene.post(
            "/v1/auth/register", email="cy@example.org", password=PASSWORD, name=f"Cy{evil}"
        )
        attempts.note("name with lines", answer.status_code == 422)
        named = {"email": "cy@example.org", "password": PASSWORD, "name": "Click http://evil"}
        scene.post("/v1/auth/register", **named)
        mail = scene.mail("cy@example.org", "Confirm")
        said = str(mail.mail) + mail.part("html") + mail.part("plain")
        attempts.note("name in a confirmation", "evil" not in said)
    assert not [one for one in scene.office.taken if one.recipient.endswith(EVIL)]


def test_a_page_asks_before_anything_is_done(scene: Scene) -> None:
    """The way of a person: a link that a scanner has looked at, a button, a forgotten password."""
    client = scene.client
    scene.post("/v1/auth/register", email="dan@example.org", password=PASSWORD, language="ru")
    token = secret_in(scene.mail("dan@example.org", "Подтвердите"))
    for _ in range(2):
        page = client.get(f"/c/{token}")
        assert (page.status_code, page.headers["content-language"]) == (200, "ru")
        assert "dan@example.org" in page.text
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert page.headers["referrer-policy"] == "no-referrer"
    credentials = {"email": "dan@example.org", "password": PASSWORD}
    assert scene.post("/v1/auth/login", **credentials).status_code == 401
    assert "открыта" in client.post(f"/c/{token}").text
    assert client.post(f"/c/{token}").status_code == 410
    assert client.get(f"/c/{token}").status_code == 410
    opened = scene.post("/v1/auth/login", **credentials)
    assert opened.status_code == 200
    scene.post("/v1/auth/password/forgotten", email="dan@example.org")
    token = secret_in(scene.mail("dan@example.org", "пароль"))
    assert 'type="password"' in client.get(f"/c/{token}").text
    for first, again in (("short", "short"), (NEXT, NEXT[1:]), ("", "")):
        wrong = client.post(f"/c/{token}", data={"password": first, "again": again})
        assert (wrong.status_code, "alert" in wrong.text) == (422, True)
    russian = {"Accept-Language": "ru"}
    for long in (129, 900):
        wrong = client.post(f"/c/{token}", data={"password": long * "a", "again": long * "a"})
        assert "at most 128 characters" in wrong.text, wrong.text
    typed = {"password": NEXT, "again": NEXT}
    done = client.post(f"/c/{token}", data=typed, headers=russian)
    assert "Новый пароль задан" in done.text
    refresh = {"refresh_token": opened.json()["refresh_token"]}
    assert scene.post("/v1/auth/refresh", **refresh).status_code == 401
    assert scene.post("/v1/auth/login", **credentials).status_code == 401
    assert scene.post("/v1/auth/login", **credentials | {"password": NEXT}).status_code == 200
    assert token not in scene.up.said


def test_an_address_is_changed_with_a_way_back(scene: Scene) -> None:
    headers = join(scene.client, scene.office, "eve@example.org")
    asked = scene.client.post("/v1/auth/email", json={"email": "new@example.org"}, headers=headers)
    assert asked.status_code == 202
    token = secret_in(scene.mail("new@example.org", "new address"))
    assert scene.post("/v1/auth/confirm", token=token).status_code == 204

    def me() -> httpx.Response:
        return scene.client.get("/v1/me", headers=headers)

    until(lambda: me().json()["email"] == "new@example.org", "the profile has the new address")
    undo = secret_in(scene.mail("eve@example.org", "was changed"))
    assert scene.client.post(f"/c/{undo}").status_code == 200
    until(lambda: me().status_code == 401, "the session has ended")
    words = {"email": "eve@example.org", "password": PASSWORD}
    assert scene.post("/v1/auth/login", **words).status_code == 200


def test_the_operator_sets_a_password(scene: Scene) -> None:
    join(scene.client, scene.office, "fay@example.org")
    typed = f"{NEXT}\n{NEXT}\n"
    said = ritmo("user", "password", "fay@example.org", data=scene.data, typed=typed)
    assert said.returncode == 0, said.stderr
    assert "fay@example.org has a new password, and no open session." in said.stdout
    words = {"email": "fay@example.org", "password": NEXT}
    assert scene.post("/v1/auth/login", **words).status_code == 200
    unknown = ritmo(
        "user", "password", "no@example.org", data=scene.data, typed=f"{NEXT}\n{NEXT}\n"
    )
    assert unknown.returncode == 1
    assert not re.search("Traceback", unknown.stderr)


def test_the_operator_invites_somebody_by_mail(scene: Scene) -> None:
    given = {"smtp_url": f"{scene.office.url}?tls=none"}
    words = ("user", "invite", "gil@example.org", "--language", "ru")
    said = ritmo(*words, data=scene.data, real=False, **given)
    assert said.stdout.strip() == "An invitation is on its way to gil@example.org.", said.stderr
    token = secret_in(scene.mail("gil@example.org", "приглашают"))
    typed = {"password": PASSWORD, "again": PASSWORD}
    assert 'type="password"' in scene.client.get(f"/c/{token}").text
    assert "is open" in scene.client.post(f"/c/{token}", data=typed).text
    assert scene.client.post(f"/c/{token}", data=typed).status_code == 410
    credentials = {"email": "gil@example.org", "password": PASSWORD}
    assert scene.post("/v1/auth/login", **credentials).status_code == 200
