"""One Ritmo and one Chromium for all tests of pages; each test has a browser profile of its own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.databases import prepared
from tests.journeys.running import PASSWORD, Up, up
from tests.web.person import Person

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""How Chromium starts as root, without a screen, and without looking for hosts of others."""

PATIENCE = 60_000
"""Milliseconds after which what does not happen counts as a failure."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def ritmo(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo for all tests of pages."""
    with up(prepared(cluster, tmp_path_factory.mktemp("web") / "data")) as running:
        yield running


@pytest.fixture(scope="package")
def chromium(ritmo: Up) -> Iterator[Browser]:
    """Start the browser: Debian's, or another one of the system.

    Its event loop runs in this thread until it is closed: so Ritmo, which needs one to start, is
    first, and the browser ends with the package.
    """
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "the tests of pages need chromium; please install it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        yield browser
        browser.close()


Profile = Callable[..., BrowserContext]
"""Opens a profile: a context with its own cookies and storage."""


@pytest.fixture
def profile(chromium: Browser, ritmo: Up) -> Iterator[Profile]:
    """Open profiles of the browser; at the end no page may have broken the policy, or a script."""
    opened: list[BrowserContext] = []
    wrongs: list[str] = []

    def open_one(**words: Any) -> BrowserContext:
        usual = {"viewport": {"width": 390, "height": 844}, "timezone_id": "Europe/Berlin"}
        context = chromium.new_context(
            base_url=f"http://localhost:{ritmo.port}", **(usual | {"locale": "en-GB"} | words)
        )
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: wrongs.append(str(error.error)))
        context.on(
            "console",
            lambda said: wrongs.append(said.text) if "Content Security" in said.text else None,
        )
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert wrongs == []


@pytest.fixture
def ada(ritmo: Up, request: pytest.FixtureRequest) -> Iterator[Person]:
    """Somebody with an account of their own, who uses the API beside the pages."""
    name = request.node.name.partition("[")[0].replace("_", "-")
    person = Person(ritmo, f"{name[:50]}@example.org", PASSWORD)
    yield person
    person.client.close()
