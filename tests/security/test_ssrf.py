"""No notice leads inside, and no calendar: however an address is written, whoever answers for it.

A canary listens on this machine; nothing may ever knock there. That each address would lead there
is shown by the same attempts with private addresses allowed.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from actors.notifications.webhooks.client import Helper
from actors.notifications.webhooks.plugins import PLUGINS
from contracts.message import Invalid
from tests.security.addresses import HOSTED, PRIVATE, SERVICES, TRICKS
from tests.security.attempts import MEASURED, Attempts, figure

REBINDING = Path(__file__).with_name("rebinding.py")
CALENDARS = Path(__file__).with_name("calendar_addresses.py")


class Canary:
    """A port on this machine, and how often somebody came."""

    def __init__(self) -> None:
        self.port = 0
        self.visits = 0
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        try:
            await reader.read(65536)
            writer.write(self.answer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def canary() -> AsyncIterator[Canary]:
    """Listen on both loopback addresses, at one port."""
    one = Canary()
    server = await asyncio.start_server(one.meet, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    other = await asyncio.start_server(one.meet, "::1", one.port)
    async with server, other:
        yield one


@pytest.fixture(scope="module")
def helper() -> Iterator[Helper]:
    helper = Helper()
    yield helper
    helper.close()


async def refused(helper: Helper, url: str) -> bool:
    """Tell whether an address is not kept."""
    try:
        await helper.check(url, allow_private=False)
    except Invalid:
        return True
    return False


async def sent(helper: Helper, url: str, *, allow_private: bool) -> bool:
    """Tell whether a notice is said to have been sent."""
    outcome = await helper.send(url, "Title", "Body", allow_private=allow_private)
    return outcome.kind == "sent"


def test_every_service_is_tried() -> None:
    assert {*HOSTED, *SERVICES} == set(PLUGINS)


async def test_no_written_form_of_a_private_host_is_reached(helper: Helper) -> None:
    # Each form with a few services, and each service with a few forms; all of both when measured.
    few = ("custom_json", "ntfy", "matrix.base")
    async with canary() as one:

        async def attempt(module: str, host: str) -> None:
            url = HOSTED[module].replace("{host}", f"{host}:{one.port}")
            if host in PRIVATE:
                attempts.note(f"keep {url}", await refused(helper, url))
            said = await sent(helper, url, allow_private=False)
            attempts.note(f"send {url}", not said)

        with Attempts("SSRF: written forms") as attempts:
            await asyncio.gather(
                *(
                    attempt(module, host)
                    for module in HOSTED
                    for host in (*PRIVATE, *TRICKS)
                    if MEASURED or module in few or host in PRIVATE[:2]
                )
            )
            attempts.note(f"the canary was visited {one.visits} times", one.visits == 0)
        if MEASURED:
            figure("ssrf_written_forms", one.visits, "visits", "<=", 0)


async def test_a_name_that_leads_elsewhere_by_then_is_not_followed() -> None:
    async with canary() as one:
        helper = Helper((sys.executable, str(REBINDING), str(one.port)))
        try:
            with Attempts("SSRF: rebinding") as attempts:
                for module, url in {**HOSTED, **SERVICES}.items():
                    there = url.replace("{host}", "rebinding.example")
                    kept = not await refused(helper, there)
                    attempts.note(f"{module} is kept: the name was public then", kept)
                    said = await sent(helper, there, allow_private=False)
                    attempts.note(f"{module} is not sent", not said and one.visits == 0)
            for module, url in {**HOSTED, **SERVICES}.items():
                before = one.visits
                await sent(helper, url.replace("{host}", "rebinding.example"), allow_private=True)
                assert one.visits > before, f"{module} would not have come this way anyway"
        finally:
            helper.close()


async def test_redirects_are_not_followed(helper: Helper) -> None:
    async with canary() as aim, canary() as first:
        with Attempts("SSRF: redirects") as attempts:
            for status in (301, 302, 303, 307, 308):
                first.answer = (
                    f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:{aim.port}/\r\n"
                    "Content-Length: 0\r\nConnection: close\r\n\r\n"
                ).encode()
                for module, url in HOSTED.items():
                    if not (MEASURED or status == 307):
                        continue
                    there = url.replace("{host}", f"127.0.0.1:{first.port}")
                    there += ("&" if "?" in there else "?") + "redirect=yes"
                    before = first.visits
                    said = await sent(helper, there, allow_private=True)
                    attempts.note(f"{module} {status}", not said and aim.visits == 0)
                    assert first.visits > before, f"{module} did not come to be redirected"


FILES = (
    "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz1234567890?template=/etc/passwd",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?template=/etc/passwd",
    "tgram://123456789:abcdefg_hijklmnop/12315544/?template=/etc/passwd",
    "workflow://host:443/abcdef123/signature/?template=/etc/passwd",
    "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz1234567890"
    "abcdefghijklmnopqrstuvwxyz1234?template=/etc/passwd",
    "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz1234567890?%74emplate=/etc/passwd",
    "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz1234567890?TEMPLATE=/etc/passwd",
    "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz1234567890?tts=no;template=/etc/passwd",
    "vapid://a@b.example/c@d.example?keyfile=/etc/passwd&subfile=/etc/passwd",
    "fcm://project@key/device?keyfile=/etc/passwd",
    "ntfy://topic?attach=file:///etc/passwd",
    "ntfy://topic?email=victim@example.org",
    "mailto://a:b@9.9.9.9?pgpprv=/etc/passwd",
    *("syslog://", "dbus://", "glib://", "gnome://", "macosx://", "windows://", "blink1://"),
    *("mqtt://9.9.9.9/topic", "irc://9.9.9.9/x", "xmpp://a:b@9.9.9.9", "rsyslog://9.9.9.9"),
    *("smpp://a:b@9.9.9.9/1/2", "growl://9.9.9.9", "aprs://a:1@b", "amqp://9.9.9.9/q"),
    *("file:///etc/passwd", "gopher://9.9.9.9/", "dict://9.9.9.9/", "ftp://9.9.9.9/"),
    *("json://9.9.9.9/\r\nHost: x", "json://9.9.9.9/\x00", "json://", "://", "json:/9.9.9.9"),
)


async def test_files_and_other_doors_are_shut(helper: Helper) -> None:
    with Attempts("SSRF: files and protocols") as attempts:
        for url in FILES:
            attempts.note(f"keep {url}", await refused(helper, url))
            outcome = await helper.send(url, "Title", "Body", allow_private=True)
            attempts.note(f"send {url}: {outcome}", outcome.kind == "refused")


async def test_public_addresses_are_kept(helper: Helper) -> None:
    for module, url in HOSTED.items():
        assert not await refused(helper, url.replace("{host}", "9.9.9.9")), module
    for module, url in SERVICES.items():
        if module not in ("workflows", "bluesky", "zulip"):  # their hosts would be looked up
            assert not await refused(helper, url), module


async def calendars(port: int, urls: list[str]) -> list[list[str]]:
    """Have calendars fetched under their guard; return why nothing came, twice for each."""
    script = str(CALENDARS)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, script, str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said, _ = await process.communicate(json.dumps(urls).encode())
    found: list[list[str]] = json.loads(said)
    return found


async def test_no_calendar_is_fetched_from_inside() -> None:
    async with canary() as one:
        hosts = (*PRIVATE, *TRICKS)
        urls = [
            f"{scheme}://{host}{port}/mine.ics"
            for host in hosts
            for scheme, port in (("https", ""), ("http", f":{one.port}"), ("webcal", ":8443"))
        ]
        urls += ["file:///etc/passwd", "ftp://9.9.9.9/x", "gopher://9.9.9.9/", "https:///x", "//x"]
        said = await calendars(0, urls)
        with Attempts("SSRF: calendars") as attempts:
            for url, codes in zip(urls, said, strict=True):
                attempts.note(f"{url} {codes}", all(codes) and "calendar_broken" not in codes)
            attempts.note(f"the canary was visited {one.visits} times", one.visits == 0)
        assert len(hosts) >= 60
        refused = [codes[1] for codes in said].count("calendar_private")
        assert refused > len(hosts), "most lead inside, and it is the guard that keeps them out"
        # A name that was public when it was looked at, and is this machine when it is used.
        rebound = [f"http://rebinding.example:{one.port}/", "https://rebinding.example/"]
        assert await calendars(one.port, rebound) == [
            ["calendar_address", "calendar_private"],
            ["calendar_private", "calendar_private"],
        ]
        assert one.visits == 0
