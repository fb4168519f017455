"""Headers that lie, contradict each other, or carry what belongs elsewhere, change nothing."""

import json
import socket

import pytest

from tests.journeys.running import PASSWORD, Up
from tests.security.attempts import Attempts
from tests.security.person import arrive

EVIL = "evil.example"


def raw(running: Up, head: bytes, body: bytes = b"") -> bytes:
    """Send a request as it stands; return all that is answered until the other side closes."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as line:
        line.sendall(head + b"Connection: close\r\n\r\n" + body)
        pieces = []
        while piece := line.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def statuses(answer: bytes) -> list[int]:
    """List the statuses of the answers that came over one connection."""
    lines = answer.split(b"\r\n")
    return [int(line.split()[1]) for line in lines if line.startswith(b"HTTP/1.1 ")]


def test_no_header_says_where_ritmo_is(ritmo: Up) -> None:
    with Attempts("headers that name another host") as attempts:
        for name in ("Host", "X-Forwarded-Host", "X-Host", "X-Original-URL", "Forwarded", "Origin"):
            for path in ("/openapi.json", "/docs", "/v1/nowhere", "/livez"):
                value = f"host={EVIL}" if name == "Forwarded" else EVIL
                answer = ritmo.client.get(path, headers={name: value})
                said = answer.text + str(answer.headers)
                attempts.note(f"{name} {path}", EVIL not in said and answer.status_code < 500)


def test_no_header_says_who_somebody_is(ritmo: Up) -> None:
    arrive(ritmo, "headers-admin")
    me, other = arrive(ritmo, "headers-me"), arrive(ritmo, "headers-other")
    names = ("X-User-Id", "X-Principal", "Principal", "X-Remote-User", "Remote-User", "X-Sub")
    with Attempts("headers that name another person") as attempts:
        for name in (*names, "X-Forwarded-User", "X-Auth-Request-User", "X-Scopes", "X-Role"):
            lie = {name: "admin" if "o" in name[-4:] else other.ids["user_id"]}
            answer = ritmo.client.get("/v1/me", headers=lie)
            attempts.note(f"{name} alone", answer.status_code == 401)
            answer = ritmo.client.get("/v1/me", headers=lie | me.header)
            attempts.note(f"{name} beside", answer.json()["email"] == me.email)
            answer = ritmo.client.get("/v1/users", headers=lie | me.header)
            attempts.note(f"{name} for administrators", answer.status_code == 403)
        both = b"".join(
            f"Authorization: {who.header['Authorization']}\r\n".encode() for who in (me, other)
        )
        answered = raw(ritmo, b"GET /v1/me HTTP/1.1\r\nHost: x\r\n" + both)
        shown = [who.email for who in (me, other) if who.email.encode() in answered]
        attempts.note(f"two bearers: {shown}", len(shown) <= 1)
        for verb in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
            answer = ritmo.client.get("/v1/me", headers=me.header | {verb: "DELETE"})
            attempts.note(verb, answer.status_code == 200)
        assert ritmo.client.get("/v1/me", headers=me.header).status_code == 200


LENGTHS = [
    b"Content-Length: 5\r\nContent-Length: 6\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: +5\r\n",
    b"Content-Length: 0x5\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"Content-Length : 5\r\n",
    b" Content-Length: 5\r\n",
    b"X: y\n\tz\r\n",
    b"X\x00: y\r\n",
    b"X: \x00\r\n",
    b"X: a\rb\r\n",
]


@pytest.mark.parametrize("lengths", LENGTHS)
def test_no_request_hides_in_the_body_of_another(ritmo: Up, lengths: bytes) -> None:
    """Whatever a body's length is said to be, what follows is not taken for a second request."""
    hidden = b"0\r\n\r\nGET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with Attempts(f"smuggling by {lengths!r}") as attempts:
        answer = raw(ritmo, head + lengths, hidden)
        attempts.note(f"{answer[:200]!r}", b"hidden" not in answer)
        attempts.note(f"{statuses(answer)}", all(400 <= one < 500 for one in statuses(answer)))


ODD = ("a\tb", "<script>", "x" * 4000, "\xff\xfe", "a; Set-Cookie: b=c", "%0d%0aA: b")
COOKIES = ("__Host-device=" + "x" * 5000, '__Host-device="', "__Host-device=\xff", "=;=;")


def test_what_is_sent_does_not_come_back_as_a_header(ritmo: Up) -> None:
    words = {"email": "nobody@example.org", "password": PASSWORD}
    with Attempts("headers that are answered") as attempts:
        for name in ("X-Request-Id", "Traceparent", "Accept-Language", "Origin", "Cookie"):
            for value in (
                "a\tb",
                "<script>",
                "x" * 4000,
                "\xff\xfe",
                "a; Set-Cookie: b=c",
                "%0d%0aA: b",
            ):
                header = {name.encode(): value.encode("latin-1")}
                answer = ritmo.client.post("/v1/auth/login", json=words, headers=header)
                attempts.note(f"{name}: {answer.status_code}", answer.status_code == 401)
                said = [v for n, v in answer.headers.items() if n != "x-request-id"]
                attempts.note(f"{name} {value!r} in headers", value not in said)
                attempts.note(f"{name} in the body", value not in answer.text)
        for value in (
            "__Host-device=" + "x" * 5000,
            '__Host-device="',
            "__Host-device=\xff",
            "=;=;",
        ):
            header = {b"Cookie": value.encode("latin-1")}
            answer = ritmo.client.post("/v1/auth/login", json=words, headers=header)
            attempts.note(f"{value[:20]!r}: {answer.status_code}", answer.status_code == 401)


def test_only_json_is_taken_for_json(ritmo: Up) -> None:
    """A form of another site can send text and forms with the cookies of a browser, but no JSON."""
    body = json.dumps({"email": "nobody@example.org", "password": PASSWORD}).encode()
    with Attempts("media types") as attempts:
        for media in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
            "application/json; charset=utf-7",
            "text/json",
            "",
        ):
            answer = ritmo.client.post(
                "/v1/auth/login", content=body, headers={"Content-Type": media}
            )
            attempts.note(f"{media}: {answer.status_code}", answer.status_code == 415)
