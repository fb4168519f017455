"""The door in front of the gateways: the real Nginx, over the configuration that is shipped."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from contracts.speech import say
from gateway.edge import SECURITY, UNLESS_GIVEN
from gateway.problems import TITLES
from tests.journeys.nginx import OUTER_PROXY, Nginx, nginx, until

METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH")
RETRY = {429, 502, 503, 504}


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Nginx]:
    async with nginx(tmp_path) as running:
        yield running


def caller(door: Nginx, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(
        base_url=door.url, transport=transport, headers=headers, timeout=30, trust_env=False
    )


def response(raw: bytes) -> httpx.Response:
    """Read a response that came over a plain line."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return httpx.Response(int(first.split(" ")[1]), headers=headers, content=body)


def expect_problem(answer: httpx.Response, status: int, language: str = "en") -> None:
    """Expect what a gateway would have written."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == language
    found = json.loads(answer.content)
    assert set(found) == {"type", "title", "status", "detail", "instance", "code", "trace_id"}
    assert found["status"] == status
    assert found["type"] == f"urn:ritmo:problem:{found['code']}"
    assert found["trace_id"] == answer.headers["x-request-id"]
    assert found["instance"].startswith("/")
    if status in TITLES:
        assert found["title"] == say(language, TITLES[status])
    assert found["detail"].endswith(".")
    russian = any("а" <= letter <= "я" for letter in found["title"] + found["detail"])
    assert russian == (language == "ru")
    assert ("retry-after" in answer.headers) == (status in RETRY)
    for name, value in (*SECURITY, *UNLESS_GIVEN):
        assert answer.headers.get_list(name.decode()) == [value.decode()]
    assert "nginx/" not in answer.headers["server"]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_what_it_refuses_itself_is_a_problem_document(door: Nginx, language: str) -> None:
    accept = {"en": "de, en;q=0.5", "ru": "ru-RU, en;q=0.5"}[language]
    async with door.gateway("127.0.0.2") as gateway, caller(door) as client:
        client.headers["Accept-Language"] = accept
        for path in ("/metrics", "//metrics", "/%6detrics", "/v1/../metrics", "/metrics?x"):
            line = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Language: {accept}\r\n"
            got = await door.raw(f"{line}Connection: close\r\n\r\n".encode())
            expect_problem(response(got), 404, language)
        expect_problem(await client.request("TRACE", "/v1/habits"), 405, language)
        # Refused before the language is read.
        expect_problem(await client.get("/" + "a" * 9000), 431)
        expect_problem(await client.get("/", headers={"X-Long": "a" * 9000}), 431, language)
        assert not gateway.got
    for method in ("GET", "POST"):
        expect_problem(await client_of(door, accept, method), 502, language)


async def client_of(door: Nginx, accept: str, method: str) -> httpx.Response:
    async with caller(door) as client:
        return await client.request(method, "/v1/today", headers={"Accept-Language": accept})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: zip\r\n\r\n", 501),
        (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ],
)
async def test_what_is_no_request_gets_a_problem_document(
    door: Nginx, sent: bytes, status: int
) -> None:
    async with door.gateway("127.0.0.2") as gateway:
        expect_problem(response(await door.raw(sent)), status)
        assert not gateway.got


async def test_a_problem_is_json_whatever_the_address_holds(door: Nginx) -> None:
    for path in (b'/"\\x', b"/%22%0a", b"/a b", b"/\xff", b"/\x01", b'/l/"', b"/{}$uri?\\"):
        got = response(await door.raw(b"GET " + path + b" HTTP/1.0\r\n\r\n"))
        assert got.status_code in (400, 502)
        expect_problem(got, got.status_code)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/auth/login", 64 << 10),
        ("/v1/habits", 1 << 20),
        ("/l/token", 1 << 20),
        ("/v1/import", 51 << 20),
    ],
)
async def test_bodies_are_bounded_as_in_the_gateway(door: Nginx, path: str, most: int) -> None:
    async def pieces(size: int) -> AsyncIterator[bytes]:
        while size > 0:
            yield b"x" * min(size, 1 << 16)
            size -= 1 << 16

    async with door.gateway("127.0.0.2") as gateway, caller(door) as client:
        answer = await client.post(path, content=b"x" * most)
        assert answer.status_code == 200
        assert [len(one.body) for one in gateway.got] == [most]
        gateway.got.clear()
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {most + 1}\r\n\r\n"
        expect_problem(response(await door.raw(head.encode())), 413)
        if path != "/v1/import":  # passed on while it comes: the gateway counts
            expect_problem(await client.post(path, content=pieces((1 << 20) + 1)), 413)
        assert not gateway.got


async def test_gateways_are_added_moved_and_taken_away(door: Nginx) -> None:
    async def served(client: httpx.AsyncClient, wanted: set[str]) -> bool:
        answers = [await client.get("/") for _ in range(30)]
        assert {answer.status_code for answer in answers} == {200}
        return {answer.text for answer in answers} == wanted

    async with caller(door) as client, door.gateway("127.0.0.2"):
        await until(lambda: served(client, {"127.0.0.2"}))
        async with door.gateway("127.0.0.3"), door.gateway("127.0.0.4"):
            await until(lambda: served(client, {f"127.0.0.{n}" for n in (2, 3, 4)}))
        await until(lambda: served(client, {"127.0.0.2"}))
        async with door.gateway("127.0.0.5"):
            door.names.addresses.remove("127.0.0.2")
            await until(lambda: served(client, {"127.0.0.5"}))
            door.names.addresses.append("127.0.0.2")


async def test_a_gateway_that_is_gone_is_passed_over(door: Nginx) -> None:
    async with door.gateway("127.0.0.2") as gateway, caller(door) as client:
        door.names.addresses.append("127.0.0.3")  # nobody listens there
        for method in METHODS:
            answers = [await client.request(method, "/", content=b"x") for _ in range(10)]
            assert {answer.status_code for answer in answers} == {200}, method
        assert len(gateway.got) == 10 * len(METHODS)


async def test_what_may_have_been_done_is_not_sent_again(door: Nginx) -> None:
    async with (
        door.gateway("127.0.0.2", "close") as dying,
        door.gateway("127.0.0.3") as well,
        caller(door) as client,
    ):
        for number in range(20):
            assert (await client.get(f"/get/{number}")).status_code == 200
            for method in ("POST", "PATCH"):
                answer = await client.request(method, f"/{method}/{number}", content=b"x")
                if answer.status_code != 200:
                    expect_problem(answer, 502)
        arrived = [one.path for one in (*dying.got, *well.got) if one.method in ("POST", "PATCH")]
        assert len(arrived) == len(set(arrived)) == 40
        assert dying.got, "the dying gateway was never tried"


async def test_a_gateway_that_does_not_answer_is_no_answer_in_time(tmp_path: Path) -> None:
    async with (
        nginx(tmp_path, proxy_read_timeout="1s") as door,
        door.gateway("127.0.0.2", "hang") as gateway,
        caller(door) as client,
    ):
        expect_problem(await client.post("/v1/habits", content=b"{}"), 504)
        assert len(gateway.got) == 1


async def test_nobody_forges_an_address(door: Nginx) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Real-IP": "1.1.1.1",
    }
    async with door.gateway("127.0.0.2") as gateway:
        for address in ("127.0.0.1", "127.0.0.8"):
            async with caller(door, address) as client:
                await client.get("/", headers=forged)
            assert gateway.got[-1].headers["x-forwarded-for"] == address
            assert gateway.got[-1].headers["x-forwarded-proto"] == "http"
        async with caller(door, OUTER_PROXY) as client:
            await client.get("/", headers=forged)
            assert gateway.got[-1].headers["x-forwarded-for"] == "203.0.113.7"
            assert gateway.got[-1].headers["x-forwarded-proto"] == "https"
            await client.get("/", headers={"X-Forwarded-For": "203.0.113.7"})
            assert gateway.got[-1].headers["x-forwarded-proto"] == "http"
            answer = await client.get("/metrics", headers=forged)
            assert answer.headers["strict-transport-security"]


async def test_one_id_leads_through_all_logs(door: Nginx) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = {"Traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    async with door.gateway("127.0.0.2") as gateway, caller(door) as client:
        for headers, wanted in (
            (parent, trace),
            ({"X-Request-Id": "mine-12345"}, "mine-12345"),
            ({"X-Request-Id": 'no"good'}, None),
            ({"Traceparent": "00-" + "0" * 32 + "-00f067aa0ba902b7-01"}, None),
            ({}, None),
        ):
            await client.get("/", headers=headers)
            passed = gateway.got[-1].headers["x-request-id"]
            refused = (await client.get("/metrics", headers=headers)).headers["x-request-id"]
            assert passed == refused == wanted if wanted else len(passed) == len(refused) == 32
            await until(partial(logged, door, f"trace {passed}"))


async def logged(door: Nginx, words: str) -> bool:
    return words in door.log


async def test_no_log_keeps_a_token_or_what_somebody_looks_for(door: Nginx) -> None:
    async with caller(door) as client:
        for path in (
            *("/c/sEcReT", "/l/sEcReT", "/u/sEcReT?sEcReT", "/v1/journal/entries?q=sEcReT"),
            *("/v1/hooks/sEcReT/check-in", "/v1/hooks/sEcReT"),
            *("/calendar/sEcReT.ics", "/calendar/sEcReT/page"),
        ):
            await client.get(path)  # no gateway: errors, too
            async with door.gateway("127.0.0.2"):
                await client.get(path)
        await client.get("/", headers={"Referer": "http://x/l/sEcReT"})
        await client.get("/v1/last")
    await until(lambda: logged(door, "/v1/last"))
    assert "/v1/journal/entries" in door.log
    assert "/l/..." in door.log
    assert "/v1/hooks/..." in door.log
    assert "/calendar/..." in door.log
    assert "sEcReT" not in door.log


async def test_a_stream_of_events_comes_as_it_is_sent(door: Nginx) -> None:
    async with (
        door.gateway("127.0.0.2", "stream"),
        caller(door) as client,
        client.stream("GET", "/v1/events") as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        async for text in answer.aiter_text():
            assert text == "event: ready\n"
            break


async def test_an_address_has_so_many_requests_open_at_once(door: Nginx) -> None:
    async with door.gateway("127.0.0.2", "hang") as gateway:
        lines = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(100)]
        for _, writer in lines:
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nslow")
        await until(lambda: refused(door))
        assert not gateway.got, "a body that is not there yet has no gateway wait"
        gateway.manner = "answer"
        async with caller(door, "127.0.0.8") as client:
            assert (await client.get("/")).status_code == 200
        for _, writer in lines:
            writer.close()


async def refused(door: Nginx) -> bool:
    async with caller(door) as client:
        answer = await client.get("/livez", timeout=1)
        if answer.status_code == 503:
            expect_problem(answer, 503)
        return answer.status_code == 503


async def test_a_body_that_stops_coming_ends_its_line(tmp_path: Path) -> None:
    async with nginx(tmp_path, client_body_timeout="1s") as door, door.gateway("127.0.0.2") as one:
        sent = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nslow"
        assert await door.raw(sent) == b""
        assert not one.got


async def test_an_address_begins_so_many_requests_a_second(tmp_path: Path) -> None:
    async with (
        nginx(tmp_path, RITMO_NGINX_PER_SECOND="1") as door,
        door.gateway("127.0.0.2") as gateway,
        caller(door) as client,
    ):
        answers = [await client.get("/") for _ in range(220)]
        assert {answer.status_code for answer in answers} == {200, 429}
        assert len(gateway.got) == sum(answer.status_code == 200 for answer in answers)
        expect_problem(answers[-1], 429)
        async with caller(door, "127.0.0.8") as another:
            assert (await another.get("/")).status_code == 200


async def test_with_a_certificate_it_speaks_tls_and_http_2(tmp_path: Path) -> None:
    certificate(tmp_path / "tls")
    tls = str(tmp_path / "tls")
    trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "fullchain.pem")
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    async with nginx(tmp_path, RITMO_NGINX_TLS=tls) as door, door.gateway("127.0.0.2") as gateway:
        _, writer = await asyncio.open_connection("localhost", door.port, ssl=trusted)
        line = writer.get_extra_info("ssl_object")
        assert line.selected_alpn_protocol() == "h2"
        assert line.version() == "TLSv1.3"
        writer.close()
        async with httpx.AsyncClient(verify=trusted, trust_env=False) as client:
            answer = await client.get(f"https://localhost:{door.port}/v1/habits")
            assert answer.status_code == 200
            assert gateway.got[-1].headers["x-forwarded-proto"] == "https"
            refused = await client.get(f"https://localhost:{door.port}/metrics")
            assert refused.headers["strict-transport-security"]
        async with caller(door) as client:
            plain = await client.get("/v1/habits?a=b")
            assert plain.status_code == 308
            assert plain.headers["location"] == f"https://127.0.0.1:{door.port}/v1/habits?a=b"


def certificate(folder: Path) -> None:
    """Make a key and a certificate for localhost that it has signed itself."""
    folder.mkdir()
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    words += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    words += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(words, check=True, capture_output=True)
