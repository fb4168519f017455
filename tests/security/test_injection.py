"""Words stay words: whatever is written, none becomes a statement, markup, a header or a log line.

Every text that an operation of the OpenAPI document takes, in its body, its query, its path or a
header, is tried with every payload; `make test` tries one payload for each, in turn.
"""

import email
import email.policy
import json
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.journeys.running import Up, until
from tests.security.attempts import MEASURED, Attempts
from tests.security.person import Operation, Person, arrive, live, operations, with_ids
from tests.security.test_idor import ENDING, at_rest, everything

SUM, PRODUCT = "987654321*123456789", "121932631112635269"
"""What nobody should work out; too long to come up by chance."""

PAYLOADS = {
    "sql: a statement": "'; DROP SCHEMA habits CASCADE; --",
    "sql: always true": "' OR '1'='1",
    "sql: a pattern": "%' ESCAPE '%",
    "sql: a parameter": "$1 :name %(name)s ? \\' \\",
    "html: a script": "<script>alert(1)</script>",
    "html: an attribute": "\"'><img src=x onerror=alert(1)>",
    "html: an entity": "&lt;script&gt;alert(1)&lt;/script&gt;</title></style>",
    "html: a link": "javascript:alert(1)",
    "crlf: a header": "x\r\nX-Injected: yes\r\n\r\n<html>",
    "crlf: a recipient": "x\nBcc: stranger@example.org",
    "template: jinja": f"{{{{{SUM}}}}}{{% print({SUM}) %}}",
    "template: format": f"{{0.__class__}} ${{{SUM}}} #{{{SUM}}} %(asctime)s %n",
    "log: a line": 'x"}\n{"event": "forged", "level": "error"}',
    "log: a terminal": "\x1b[2J\x1b]0;forged\x07",
    "path: upwards": "../../../../etc/passwd",
    "csv: a formula": '=HYPERLINK("http://192.0.2.1","x")',
    "a null": "x\x00y",
    "a lone surrogate": "\ud800",
}

HEADERS = (
    *("Accept-Language", "User-Agent", "Accept", "If-Match", "If-None-Match", "Origin"),
    *("Idempotency-Key", "traceparent", "X-Request-Id", "X-Forwarded-For", "Referer", "Host"),
)

KEPT = {"/v1/auth/password", "/v1/channels/apprise", "/v1/me"}
"""Changed last or not at all: a password or an address that is lost would end the attack."""


class Markup(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed") and not dict(attrs).get("src"):
            self.active.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.active.append(f"{tag} {name}={value}")

    @classmethod
    def of(cls, text: str) -> list[str]:
        parser = cls()
        parser.feed(text)
        return parser.active


@pytest.fixture(scope="module")
def people(ritmo: Up) -> tuple[Person, Person]:
    """Open two accounts: one that is attacked from, one whose things must stay as they are."""
    arrive(ritmo, "first-of-injection")
    mallory, ann = arrive(ritmo, "mallorysmark"), arrive(ritmo, "annsmark9107")
    live(mallory)
    live(ann)
    return mallory, ann


def texts(body: Any) -> Iterator[tuple[str | int, ...]]:
    """List the places of a body that hold text."""
    if isinstance(body, str):
        yield ()
    items = (
        body.items() if isinstance(body, dict) else enumerate(body) if type(body) is list else ()
    )
    for name, value in items:
        for rest in texts(value):
            yield (name, *rest)


def put(body: Any, place: tuple[str | int, ...], text: str) -> Any:
    """Return a body with another text in a place."""
    if not place:
        return text
    copy: Any = dict(body) if isinstance(body, dict) else list(body)
    copy[place[0]] = put(copy[place[0]], place[1:], text)
    return copy


Request = tuple[str, str, dict[str, Any]]
"""What it is, the path, and what is sent besides the session."""


def places(one: Operation, person: Person) -> Iterator[list[Request]]:
    """List for each text that an operation takes the requests with every payload in it."""
    path, bodies = one.at(person.ids), [with_ids(body, person.ids) for body in one.bodies()]
    usual: dict[str, Any] = {"json": bodies[0]} if bodies else {}
    for body in bodies:
        for place in texts(body):
            yield [
                (f"{place} {kind}", path, encoded(put(body, place, payload)))
                for kind, payload in PAYLOADS.items()
            ]
    for parameter in one.parameters:
        name, where = parameter["name"], parameter["in"]
        if where == "query":
            yield [
                (f"?{name} {kind}", f"{path}?{name}={written(payload)}", usual)
                for kind, payload in PAYLOADS.items()
            ]
        elif where == "path":
            ids = [(kind, {**person.ids, name: written(p)}) for kind, p in PAYLOADS.items()]
            yield [(f"{name} {kind}", one.at(changed), usual) for kind, changed in ids]


def encoded(body: Any) -> dict[str, Any]:
    """Write a body as JSON in ASCII, so that what no UTF-8 can say goes along as well."""
    return {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}


def written(payload: str) -> str:
    return quote(payload.encode(errors="surrogatepass"), safe="")


def held(answer: httpx.Response) -> bool:
    """Say whether an answer is whole: no fault, no header but ours, nothing a browser runs."""
    media = answer.headers.get("content-type", "")
    return (
        answer.status_code < 500
        and "x-injected" not in answer.headers
        and PRODUCT not in answer.text
        and not (media.startswith("text/html") and Markup.of(answer.text))
    )


def test_words_stay_words_in_requests(ritmo: Up, people: tuple[Person, Person]) -> None:
    mallory, ann = people
    found = [one for one in operations(ritmo.client) if one.name not in ENDING]
    before, turn = at_rest(ann, found), cycle(range(len(PAYLOADS)))
    with Attempts("injection") as attempts:
        for one in found:
            if one.path in KEPT or one.method == "delete" or one.streams:
                continue
            for requests in places(one, mallory):
                for what, path, sent in requests if MEASURED else [requests[next(turn)]]:
                    headers = {**mallory.header, **sent.get("headers", {})}
                    answer = mallory.client.request(
                        one.method, path, **{**sent, "headers": headers}
                    )
                    said = f"{one.name} {what}: {answer.status_code} {answer.text[:200]}"
                    attempts.note(said, held(answer) and ann.mark not in answer.text)
        for name in HEADERS:
            for kind, payload in PAYLOADS.items():
                value = payload.encode(errors="surrogatepass").translate(None, b"\r\n\x00")
                for path in ("/v1/today", "/", "/l/nothing", "/nothing"):
                    raw = {**{k.encode(): v.encode() for k, v in mallory.header.items()}}
                    answer = mallory.client.get(path, headers={**raw, name.encode(): value})
                    attempts.note(f"{name}: {kind} at {path}: {answer.text[:200]}", held(answer))
        after = everything(ann, found)
        for name, said in before.items():
            attempts.note(f"Ann's {name} has changed", after[name] == said)


def mails(folder: Path) -> list[EmailMessage]:
    """Read all the mails that have been sent."""
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in folder.rglob("*.eml")
    ]


def test_words_stay_words_in_mails_and_pages(ritmo: Up, people: tuple[Person, Person]) -> None:
    mallory, ann = people
    folder = ritmo.output.with_suffix("") / "mail"
    habits = []
    with Attempts("injection into mails and pages") as attempts:
        for kind, payload in PAYLOADS.items():
            habit = {"name": payload, "cue": payload, "question": payload, "description": payload}
            made = mallory.client.post(
                "/v1/habits",
                headers={**mallory.header, "Content-Type": "application/json"},
                content=json.dumps(habit),
            )
            attempts.note(f"{kind}: {made.status_code} {made.text[:200]}", made.status_code < 500)
            habits += [made.json()["habit_id"]] if made.is_success else []
        seen = {message["Message-ID"] for message in mails(folder)}
        for habit_id in habits:
            reminder = {
                "text": PAYLOADS["html: an attribute"],
                "times": ["20:00"],
                "habit_id": habit_id,
                "channels": ["email"],
            }
            made_id = mallory.ask("POST", "/v1/reminders", json=reminder)["reminder_id"]
            mallory.ask("POST", f"/v1/reminders/{made_id}/test")
            mallory.ask("DELETE", f"/v1/reminders/{made_id}")

        def fresh() -> list[EmailMessage]:
            # Some that Ann asked for herself may come late.
            found = (one for one in mails(folder) if one["Message-ID"] not in seen)
            return [one for one in found if ann.mark not in one["Subject"]]

        until(lambda: len(fresh()) >= len(habits), "every mail is sent")
        for message in fresh():
            html = message.get_body(("html",))
            plain = message.get_body(("plain",))
            assert html is not None
            assert plain is not None
            what = f"{message['Subject']!r}"
            attempts.note(
                f"{what}: to {message['To']}", message["To"].addresses[0].addr_spec == mallory.email
            )
            attempts.note(
                f"{what}: headers {message.keys()}", not {"Bcc", "X-Injected"} & {*message.keys()}
            )
            attempts.note(f"{what}: markup", not Markup.of(html.get_content()))
            worked_out = PRODUCT in f"{what}{html.get_content()}{plain.get_content()}"
            attempts.note(f"{what}: a template", not worked_out)
            found = links(html.get_content())
            assert found
            for link in found:
                page = ritmo.client.get(link, headers={"Accept": "text/html"})
                attempts.note(f"{what}: {link} {page.status_code}", held(page))


def links(html: str) -> set[str]:
    """List the addresses of Ritmo's own that a mail leads to."""
    found: set[str] = set()

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            address = dict(attrs).get("href") or ""
            if "/l/" in address:
                found.add(address[address.index("/l/") :])

    Links().feed(html)
    return found


def test_words_stay_words_in_the_log(ritmo: Up, people: tuple[Person, Person]) -> None:
    with Attempts("injection into the log") as attempts:
        for line in ritmo.said.splitlines():
            if line.startswith("{"):
                attempts.note(line[:300], json.loads(line)["event"] != "forged")
            attempts.note(f"{line[:300]!r}", "\x1b" not in line and "Traceback" not in line)
