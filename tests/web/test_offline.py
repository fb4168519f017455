"""Without a network: what is tapped waits, is sent once, and is never dropped in silence."""

import os
import random

from playwright.sync_api import expect

from tests.journeys.running import PASSWORD
from tests.web.conftest import Profile
from tests.web.person import Person, worker_ready
from tests.web.test_today import row

TAPS = int(os.environ.get("RITMO_WEB_TAPS", "24"))
"""Taps of the ledger; `make chaos` has more."""


def test_a_ledger_of_taps_in_two_tabs(profile: Profile, ada: Person) -> None:
    """Whatever the network does and however often a page is loaded: none is lost, none doubled."""
    habit = ada.habit("Count", measure="count", target={"value": 10 * TAPS})
    context, chance = profile(), random.Random(16)
    first = ada.sign_in(context)
    worker_ready(first)
    second = context.new_page()
    second.goto("/")
    offline = False
    for tap in range(TAPS):
        page = first if tap % 2 else second
        seen = page.locator(".snackbar").get_attribute("data-seq") or ""
        row(page, "Count").get_by_role("button", name="Count: +1", exact=True).press("Enter")
        expect(page.locator(".snackbar")).not_to_have_attribute("data-seq", seen)
        if chance.random() < 0.25:
            offline = not offline
            context.set_offline(offline)
        if chance.random() < 0.2:
            page.reload()
            expect(row(page, "Count")).to_be_visible()
    context.set_offline(False)
    first.reload()
    expect(first.locator("#waiting")).to_be_hidden()
    second.reload()
    expect(second.locator("#waiting")).to_be_hidden()
    expect(row(first, "Count").locator(".progress")).to_contain_text(f"{TAPS} of")
    assert ada.today()["Count"]["value"] == TAPS
    changes = ada.ask("GET", f"/v1/habits/{habit}/history?limit=500")["changes"]
    assert len(changes) == min(TAPS, 500)


def test_a_day_is_kept_and_what_is_refused_is_shown(profile: Profile, ada: Person) -> None:
    kept, gone = ada.habit("Alpha"), ada.habit("Beta")
    context = profile()
    page = ada.sign_in(context)
    worker_ready(page)
    context.set_offline(True)
    row(page, "Alpha").locator(".tick").click()
    row(page, "Beta").locator(".tick").click()
    page.get_by_role("button", name="good").click()
    expect(page.locator("#waiting-count")).to_have_text("3 waiting")
    page.reload()
    expect(row(page, "Alpha").locator(".tick")).to_have_attribute("aria-pressed", "true")
    page.goto("/settings")
    expect(page.get_by_role("heading", name="No network")).to_be_visible()
    ada.ask("DELETE", f"/v1/habits/{gone}?forever=true")
    ada.ask("DELETE", "/v1/auth/sessions?but_this=true")
    page.locator("#main").get_by_role("link", name="Today").click()
    context.set_offline(False)
    page.locator("#waiting summary").click()
    page.get_by_role("link", name="Sign in to send it").click()
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.locator("#waiting-count")).to_have_text("Not taken: 1")
    page.locator("#waiting summary").click()
    expect(page.locator("#waiting")).to_contain_text("Beta: There is no habit")
    page.get_by_role("button", name="Throw it away: Beta").click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert ada.today()["Alpha"]["state"] == "done"
    (entry,) = ada.ask("GET", "/v1/journal/entries")["entries"]
    assert entry["mood"] == 4
    assert len(ada.ask("GET", f"/v1/habits/{kept}/history")["changes"]) == 1
