"""What becomes of a delivery: every answer of a server, and every attempt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from actors.notifications.domain import (
    GIVE_UP,
    MAX_UNSURE,
    DeliveryOutcome,
    Stage,
    Tried,
    after,
    before,
    judge,
)
from actors.notifications.letter import Button, DigestWords, Inlaid, LetterWords, one_line, write
from actors.notifications.link_token import Claim, read, sign
from actors.notifications.mime import BadAddress, enclose, mailbox, sender_of
from actors.notifications.occasion import Data, Occasion
from actors.notifications.smtp import server_of
from actors.notifications.texts import LETTERS
from actors.notifications.webhooks.client import masked
from actors.runtime.public_addresses import is_public
from contracts.message import Gone, NotFound, new_id

NOW = datetime(2031, 5, 5, 12, tzinfo=UTC)
FIRST = Tried(1, 0, NOW, None)
MINUTE = timedelta(minutes=1)


def test_a_passing_fault_is_tried_again_with_longer_pauses() -> None:
    pauses = [
        (after(DeliveryOutcome("later"), replace(FIRST, attempts=n), NOW).due_at - NOW) / MINUTE
        for n in range(1, 7)
    ]
    assert pauses == [1, 5, 15, 60, 60, 60]


def test_a_server_that_asks_for_more_time_gets_it() -> None:
    verdict = after(DeliveryOutcome("later", wait=7 * MINUTE), FIRST, NOW)
    assert (verdict.state, verdict.due_at) == ("retry", NOW + 7 * MINUTE)


def test_nothing_is_tried_after_it_stopped_being_useful() -> None:
    tried = replace(FIRST, attempts=3, useful_until=NOW + 14 * MINUTE)
    assert after(DeliveryOutcome("later", "smtp_451"), tried, NOW).state == "expired"
    assert after(DeliveryOutcome("later"), replace(tried, attempts=2), NOW).state == "retry"
    late = replace(tried, useful_until=NOW - MINUTE)
    verdict = before(late, NOW, suppressed=False)
    assert verdict is not None
    assert verdict.state == "expired"
    assert before(tried, NOW, suppressed=False) is None


def test_what_has_no_end_is_given_up_some_day() -> None:
    old = replace(FIRST, created_at=NOW - GIVE_UP)
    assert after(DeliveryOutcome("later"), old, NOW).state == "failed"


def test_who_takes_no_mail_is_left_alone() -> None:
    verdict = after(DeliveryOutcome("no_mailbox", "smtp_550"), FIRST, NOW)
    assert (verdict.state, verdict.suppress, verdict.over) == ("suppressed", True, True)
    held = before(FIRST, NOW, suppressed=True)
    assert held is not None
    assert held.state == "suppressed"


def test_an_unsure_attempt_is_repeated_but_not_for_ever() -> None:
    verdict = after(DeliveryOutcome("unsure"), FIRST, NOW)
    assert (verdict.state, verdict.unsure) == ("retry", True)
    assert (
        after(DeliveryOutcome("unsure"), replace(FIRST, unsure=MAX_UNSURE), NOW).state == "failed"
    )
    crashed = before(replace(FIRST, unsure=MAX_UNSURE + 1), NOW, suppressed=False)
    assert crashed is not None
    assert crashed.state == "failed"
    assert before(replace(FIRST, unsure=1), NOW, suppressed=False) is None


@pytest.mark.parametrize(
    ("code", "message", "stage", "kind"),
    [
        (421, "4.3.2 Closing", "recipient", "later"),
        (450, "4.2.1 Greylisted", "recipient", "later"),
        (451, "local error", "data", "later"),
        (452, "4.2.2 Full", "recipient", "later"),
        (550, "5.1.1 No such user", "recipient", "no_mailbox"),
        (550, "No such user", "recipient", "no_mailbox"),
        (551, "Moved", "recipient", "no_mailbox"),
        (553, "5.1.3 Bad syntax", "recipient", "no_mailbox"),
        (554, "5.1.1 Unknown", "data", "no_mailbox"),
        (552, "5.2.2 Mailbox full", "recipient", "later"),
        (550, "5.2.2 Mailbox full", "recipient", "later"),
        (552, "Too much", "data", "later"),
        (552, "5.3.4 Too large", "data", "refused"),
        (550, "5.7.1 Policy", "recipient", "refused"),
        (550, "5.7.26 Unauthenticated sender", "data", "refused"),
        (554, "Relay denied", "recipient", "refused"),
        (550, "Sender unknown", "sender", "refused"),
        (550, "5.1.1 Sender unknown", "sender", "refused"),
        (550, "Looks like spam", "data", "refused"),
        (530, "5.7.0 Authenticate first", "sender", "later"),
        (535, "5.7.8 Bad login", "greeting", "later"),
        (554, "Go away", "greeting", "later"),
    ],
)
def test_answers_are_judged(code: int, message: str, stage: Stage, kind: str) -> None:
    outcome = judge(code, message, stage)
    assert outcome.kind == kind
    assert outcome.detail.startswith(f"smtp_{code}")
    assert "user" not in outcome.detail


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, "starttls"),
        ("smtp://mail.example.org:25?tls=none", "mail.example.org", 25, "none"),
        ("smtps://mail.example.org", "mail.example.org", 465, "always"),
        ("smtp://localhost:25", "localhost", 25, "none"),
        ("smtp://127.0.0.1:25?tls=starttls", "127.0.0.1", 25, "starttls"),
        ("smtp://[::1]:25", "::1", 25, "none"),
    ],
)
def test_servers_are_named_by_addresses(url: str, host: str, port: int, tls: str) -> None:
    server = server_of(url)
    assert (server.host, server.port, server.tls) == (host, port, tls)


def test_passwords_are_read_and_never_shown() -> None:
    server = server_of("smtp://ann%40example.org:s%2Fecret@mail.example.org")
    assert (server.user, server.password) == ("ann@example.org", "s/ecret")
    assert "ecret" not in repr(server)
    for url in ("http://u:hidden@mail", "smtp://", "smtp://u:hidden@mail:port", "smtp://m?tls=no"):
        with pytest.raises(ValueError) as no:
            server_of(url)
        assert "hidden" not in str(no.value)


LETTER = write(
    LetterWords("Subject\r\nBcc: eve@example.org", "Heading", paragraphs=("Body",)), "en"
)
SENDER = sender_of("Ritmo <ritmo@example.org>")


def test_nothing_of_a_name_gets_into_other_headers() -> None:
    to = mailbox("ann@example.org", "Ann\r\nBcc: eve@example.org\r\n\r\nHello")
    mail = enclose(LETTER, SENDER, to, new_id(), NOW)
    raw = mail.as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc" not in head
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["To"].addresses] == ["ann@example.org"]


@pytest.mark.parametrize(
    "address",
    ["", "ann", "@example.org", "ann@", "a\r\nRCPT TO:<eve@x>@example.org", "ann @example.org"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress) as no:
        mailbox(address)
    assert "eve" not in str(no.value)


def test_domains_are_written_in_ascii() -> None:
    assert mailbox("ann@bücher.example").address == "ann@xn--bcher-kva.example"


def test_the_same_delivery_has_the_same_message_id() -> None:
    delivery = new_id()
    to = mailbox("ann@example.org", "Анна")
    ids = {enclose(LETTER, SENDER, to, delivery, NOW)["Message-ID"] for _ in range(2)}
    assert ids == {f"<{delivery}@example.org>"}


@pytest.mark.parametrize("template", LETTERS)
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"streak": 1},
        {"about": "2031-05-05"},
        {"test": True},
        {"cue": "чай", "done": 3.0, "needed": 8.0, "measure": "count", "unit": "л"},
    ],
)
def test_every_letter_is_written_in_every_language(
    template: str, language: str, more: Data
) -> None:
    data: Data = {"habit": "Чтение", "name": "Ann", "streak": 12, "silent_days": 3, "late": True}
    data = {**data, **more}
    names = ("done", "skip", "snooze", "earlier", "later", "never")
    links = {name: f"https://x/l/{number}" for number, name in enumerate(names)}
    words = LETTERS[template](Occasion(language, data, "https://x", links))
    letter = write(words, language)
    assert len(letter.subject) <= 78
    assert words.heading in letter.text
    assert f'<html lang="{language}">' in letter.html
    for button in (*words.buttons, *words.links):
        assert button.url in letter.html
        assert button.url in letter.text
    if language == "ru":
        english = LETTERS[template](Occasion("en", data, "https://x", links))
        assert english.paragraphs != words.paragraphs or not words.paragraphs
        assert {b.label for b in (*english.buttons, *english.links)}.isdisjoint(
            b.label for b in (*words.buttons, *words.links)
        )


def test_html_in_what_people_wrote_is_text() -> None:
    evil = "<script>alert(1)</script>{{ 7 * 7 }}"
    data = {"habit": evil, "text": "<img src=x onerror=alert(1)>", "name": evil}
    letter = write(LETTERS["reminder"](Occasion("en", data)), "en")
    assert "<script" not in letter.html
    assert "<img" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert "49" not in letter.html
    assert evil in letter.text


def test_styles_are_written_into_the_elements() -> None:
    words = LetterWords("Hello", "Hello", buttons=(Button("Done", "https://x/l/1", main=True),))
    letter = write(words, "en")
    assert 'class="button main"' in letter.html
    assert "border-radius: 99px" in letter.html.partition('class="button main"')[2][:400]
    assert "prefers-color-scheme: dark" in letter.html
    assert "http" not in letter.html.replace("https://x/l/1", "")


def test_pictures_lie_in_the_mail_itself() -> None:
    words = DigestWords("Week", "Week", pictures=(Inlaid("mood-0", "Moods", b"\x89PNG"),))
    letter = write(words, "en")
    assert 'src="cid:mood-0"' in letter.html
    mail = enclose(letter, SENDER, mailbox("a@example.org"), new_id(), NOW, "https://x/u/t")
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = list(mail.walk())[-1]
    assert (picture["Content-ID"], picture.get_content()) == ("<mood-0>", b"\x89PNG")
    assert mail["List-Unsubscribe"] == "<https://x/u/t>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_subjects_are_short_and_one_line() -> None:
    assert one_line("a\n\tb  c\u2028d\x00e") == "a b c d e"
    assert len(one_line("x" * 500)) == 78


KEY = b"k" * 32


def test_links_say_what_they_are_for_and_nothing_else() -> None:
    claim = Claim("done", new_id(), "ru", new_id(), day=NOW.date(), link_id=new_id())
    fresh = datetime.now(UTC)
    token = sign(claim, KEY, fresh)
    said = read(token, KEY)
    assert replace(said, expires_at=None) == claim
    assert said.expires_at is not None
    with pytest.raises(NotFound):
        read(token, b"x" * 32)
    with pytest.raises(NotFound):
        read(token[:-4] + "AAAA", KEY)
    with pytest.raises(Gone):
        read(sign(claim, KEY, fresh - timedelta(days=8)), KEY)


def test_a_token_that_is_not_signed_is_none() -> None:
    import jwt

    said = {"aud": "ritmo:link", "exp": 4102444800, "jti": new_id().hex, "p": "done", "l": "en"}
    unsigned = jwt.encode({**said, "u": new_id().hex}, "", algorithm="none")
    with pytest.raises(NotFound):
        read(unsigned, KEY)
    other = jwt.encode({**said, "u": new_id().hex, "aud": "else"}, KEY, algorithm="HS256")
    with pytest.raises(NotFound):
        read(other, KEY)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"),
        *("224.0.0.1", "255.255.255.255", "172.16.0.1", "::", "198.18.0.1"),
    ],
)
def test_private_addresses_are_known(address: str) -> None:
    import ipaddress

    assert not is_public(ipaddress.ip_address(address))
    assert is_public(ipaddress.ip_address("93.184.216.34"))
    assert is_public(ipaddress.ip_address("2606:2800:220:1:248:1893:25c8:1946"))


def test_secret_addresses_are_shown_in_part() -> None:
    assert masked("ntfys://user:password@ntfy.sh/topic") == "ntfys://…opic"
