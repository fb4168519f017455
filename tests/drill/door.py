"""Drills of the door: Nginx, and gateways that are added, moved and killed behind it."""

import json

import httpx

from gateway.edge import SECURITY
from tests.drill.ledger import Ledger, Person, insist
from tests.drill.stack import HEAL, Stack, demand, until

GATEWAYS = 2
"""How many there are by default."""

COUNT = (
    "import urllib.request as web, re;"
    "text = web.urlopen('http://127.0.0.1:8000/metrics').read().decode();"
    "found = re.findall(r'ritmo_http_seconds_count\\{.*route=\"/v1/habits\".*\\} (\\S+)', text);"
    "print(int(sum(map(float, found))))"
)
"""Prints how often a gateway was asked for habits."""

WRONG = {"email": "nobody@example.org", "password": "wrong wrong wrong"}
LOGIN = """
import json, sys, urllib.request as web, urllib.error as no
kind = {"Content-Type": "application/json"}
try: web.urlopen(web.Request("http://nginx:8080/v1/auth/login", sys.argv[1].encode(), kind))
except no.HTTPError as answer: print(json.load(answer)["code"])
"""
"""Logs in from within a container, and prints the code of the refusal."""


async def scaled(stack: Stack, people: list[Person]) -> None:
    """Each of three gateways gets requests, at once; going back to two is not noticed."""
    ledger = await Ledger.open(stack, people)
    async with ledger.kept():
        await scale(stack, 3)
        await until(lambda: all_asked(stack, ledger, 3), HEAL, "each of three gateways is asked")
        await ledger.more(20)
        await scale(stack, GATEWAYS)
        await ledger.more(40)
    demand(not ledger.refused, f"people noticed: {dict(ledger.refused)}")
    await ledger.settle()


async def scale(stack: Stack, number: int) -> None:
    """Run so many gateways."""
    await stack.compose("up", "-d", "--no-deps", "--scale", f"gateway={number}", "gateway")
    await stack.healthy("gateway", number)


async def all_asked(stack: Stack, ledger: Ledger, number: int) -> bool:
    """Ask for habits; tell whether every gateway has answered some of it."""
    before = [await asked(stack, one) for one in range(1, number + 1)]
    for _ in range(30):
        await insist(ledger.people[0].client, "GET", "/v1/habits", refused=ledger.refused)
    after = [await asked(stack, one) for one in range(1, number + 1)]
    return all(now > then for now, then in zip(after, before, strict=True))


async def asked(stack: Stack, index: int) -> int:
    """Return how often a gateway was asked for habits."""
    return int(await stack.inside("gateway", "python", "-c", COUNT, index=index))


async def moved(stack: Stack, people: list[Person]) -> None:
    """Gateways come back under other addresses; Nginx is told nothing and finds them."""
    ledger = await Ledger.open(stack, people)
    before = await stack.addresses("gateway")
    async with ledger.kept():
        await ledger.more(10)
        await stack.compose("rm", "-sf", "gateway")
        # Somebody else takes their places.
        await stack.compose("up", "-d", "--no-deps", "--scale", "auth=4", "auth")
        await stack.compose("up", "-d", "--no-deps", "gateway")
        after = await stack.addresses("gateway")
        demand(not before & after, f"they did not move: {before} {after}")
        await stack.healthy("gateway", GATEWAYS)
        await until(stack.ready, HEAL, "Nginx finds the gateways")
        await ledger.more(20)
        await stack.compose("up", "-d", "--no-deps", "--scale", "auth=1", "auth")
    await ledger.settle()


async def killed(stack: Stack, people: list[Person]) -> None:
    """One of two gateways dies; whoever asks from then on is answered by the other."""
    ledger = await Ledger.open(stack, people)
    dead = (await stack.ids("gateway"))[0]
    async with ledger.kept():
        await ledger.more(10)
        await stack.docker("kill", dead)
        async with stack.client() as client:
            client.headers.update(ledger.people[0].client.headers)
            for method in ("GET", "POST", "GET", "PATCH", "DELETE", "PUT") * 5:
                answer = await client.request(method, "/v1/habits")
                demand(answer.status_code < 500, f"{method}: {answer.status_code} {answer.text}")
        await ledger.more(10)
        await stack.docker("start", dead)
        await stack.healthy("gateway", GATEWAYS)
    await ledger.settle()


async def frozen(stack: Stack, people: list[Person]) -> None:
    """One of two gateways freezes; people are slowed down, but nothing is lost."""
    ledger = await Ledger.open(stack, people)
    cold = (await stack.ids("gateway"))[0]
    async with ledger.kept():
        await ledger.more(10)
        await stack.docker("pause", cold)
        try:
            await ledger.more(10)
        finally:
            await stack.docker("unpause", cold)
        await ledger.more(10)
    await ledger.settle()


async def errors(stack: Stack, people: list[Person]) -> None:
    """What Nginx answers itself is a problem document; no address is forged; no figures shown."""
    async with stack.client() as client:
        for method, path, headers, status in (
            ("GET", "/metrics", {}, 404),
            ("GET", "/%6detrics", {}, 404),
            ("TRACE", "/v1/habits", {}, 405),
            ("GET", "/" + "a" * 9000, {}, 431),
            ("GET", "/", {"X-Long": "a" * 9000}, 431),
        ):
            expect_problem(await client.request(method, path, headers=headers), status)
        for path, size in (("/v1/auth/login", 70_000), ("/v1/habits", (1 << 20) + 1)):
            expect_problem(await client.post(path, content=b"x" * size), 413)
        await forged(stack, client)
        await stack.compose("stop", "gateway")
        try:
            for method in ("GET", "POST"):
                answer = await client.request(method, "/v1/habits")
                # Nobody is there: Linux says so at once, or nobody says anything.
                expect_problem(answer, 504 if answer.status_code == 504 else 502)
                demand(answer.headers.get("retry-after"), "502 or 504 without Retry-After")
        finally:
            await stack.compose("start", "gateway")
        await until(stack.ready, HEAL, "Ritmo is ready")


def expect_problem(answer: httpx.Response, status: int) -> None:
    """Demand a problem document with the headers of every answer."""
    said = f"{answer.request.method} {answer.request.url.path[:40]}: {answer.status_code}"
    demand(answer.status_code == status, f"{said}, not {status}")
    media = answer.headers["content-type"]
    demand(media == "application/problem+json", f"{said} as {media}")
    demand(json.loads(answer.content)["status"] == status, answer.text)
    for name, value in SECURITY:
        demand(answer.headers.get(name.decode()) == value.decode(), f"{said} without {name!r}")


async def forged(stack: Stack, client: httpx.AsyncClient) -> None:
    """Logins from one address are counted together, whatever it says of itself.

    Another address has a count of its own in the gateways: they believe Nginx. (The room counts
    wrong passwords of a whole network, which here is that of all containers.)
    """
    codes = set()
    for number in range(30):
        said = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        answer = await client.post("/v1/auth/login", json=WRONG, headers=said)
        codes.add(answer.json()["code"])
    demand(
        codes & {"rate_limited", "too_many_attempts"}, f"30 wrong logins of one address: {codes}"
    )
    code = (await stack.inside("courier", "python", "-c", LOGIN, json.dumps(WRONG))).strip()
    demand(code in ("wrong_credentials", "too_many_attempts"), f"another address: {code}")
