"""Today in a browser: a newcomer, a keyboard alone, no scripts at all, and what is refused."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.running import PASSWORD
from tests.web.conftest import Profile
from tests.web.person import Person

EVIL = "<b onclick=alert(1)>שלום</b> " + "w" * 60
axe = Axe()


def row(page: Page, name: str) -> Any:
    """Find a habit on the page."""
    return page.locator(".habit").filter(has_text=name)


def accessible(page: Page) -> None:
    """Expect that axe-core has nothing to say."""
    found = axe.run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_a_newcomer_comes_to_a_first_streak(profile: Profile) -> None:
    page = profile().new_page()
    page.goto("/")
    accessible(page)
    page.get_by_role("link", name="Open an account").click()
    page.get_by_label("E-mail").fill("newcomer@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    accessible(page)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Read ten pages").check()
    accessible(page)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Without reminders").click()
    accessible(page)
    tick = row(page, "Read ten pages").locator(".tick")
    tick.click()
    expect(page.get_by_text("Logged: Read ten pages.").first).to_be_visible()
    expect(page.get_by_text("All that was due is done.")).to_be_visible()
    page.locator(".snackbar button").click()
    expect(page.get_by_text("All that was due is done.")).to_be_hidden()
    expect(tick).to_have_attribute("aria-pressed", "false")
    tick.click()
    expect(page.get_by_text("1 is done")).to_be_visible()
    page.get_by_role("link", name="The day before").click()
    expect(page.get_by_text("Yesterday")).to_be_visible()
    row(page, "Read ten pages").locator(".tick").click()
    expect(page.get_by_text("All that was due is done.")).to_be_visible()
    page.get_by_role("link", name="The day after").click()
    expect(row(page, "Read ten pages").locator(".streak")).to_contain_text("2 days")
    assert "rt_web_" not in page.evaluate("document.cookie")


def test_everything_of_a_day_by_keyboard_alone(profile: Profile, ada: Person) -> None:
    ada.habit("Read")
    ada.habit("Drink", measure="count", target={"value": 8})
    ada.habit("No sugar", kind="quit")
    page = profile(color_scheme="dark", locale="ru-RU").new_page()
    page.goto("/sign-in")
    keys = page.keyboard
    keys.type(ada.email)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(row(page, "Read")).to_be_visible()
    page.wait_for_load_state()  # by then scripts listen to keys
    keys.press("ArrowDown")
    expect(row(page, "Read").locator(".tick")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("+")
    expect(row(page, "Drink").locator(".progress")).to_have_text("1 of 8")
    keys.press("m")
    keys.type("5")
    keys.press("Enter")
    expect(row(page, "Drink").locator(".progress")).to_have_text("5 of 8")
    expect(row(page, "Drink").locator(".tick")).to_be_focused()
    keys.press("ArrowUp")
    keys.press("Space")
    expect(page.get_by_text("1 is done")).to_be_visible()
    keys.press("u")
    expect(page.get_by_text("1 is done")).to_be_hidden()
    keys.press("?")
    expect(page.locator("#keys")).to_be_visible()
    accessible(page)
    keys.press("Escape")
    row(page, "No sugar").locator("summary").focus()
    keys.press("Enter")
    row(page, "No sugar").locator("[data-grip]").focus()
    keys.press("Space")
    keys.press("ArrowUp")
    keys.press("Space")
    keys.press("[")
    expect(page.get_by_text("Yesterday")).to_be_visible()
    keys.press("]")
    expect(row(page, "Drink").locator(".progress")).to_have_text("5 of 8")
    day = ada.today()
    assert (day["Read"]["state"], day["Drink"]["value"]) == (None, 5)
    history = ada.ask("GET", f"/v1/habits/{day['Drink']['habit_id']}/history")["changes"]
    assert {one["source"] for one in history} == {"web"}


def test_a_day_without_scripts(profile: Profile, ada: Person) -> None:
    ada.habit(EVIL)
    ada.habit("Run", measure="amount", unit="km", target={"value": 5})
    page = ada.sign_in(profile(java_script_enabled=False))
    expect(page.get_by_text("<b onclick=alert(1)>")).to_be_visible()
    row(page, "www").locator(".tick").click()
    page.get_by_role("button", name="Undo").click()
    assert ada.today()[EVIL]["state"] is None
    row(page, "Run").locator("summary").click()
    row(page, "Run").get_by_label("How much?").fill("2,5")
    row(page, "Run").get_by_label("Note").fill("around the lake")
    row(page, "Run").get_by_role("button", name="Log it").click()
    run = ada.today()["Run"]
    assert (run["value"], run["state"], run["note"]) == (2.5, "partial", "around the lake")
    page.get_by_role("button", name="good").click()
    expect(page.get_by_role("button", name="good")).to_have_attribute("aria-pressed", "true")
    (entry,) = ada.ask("GET", "/v1/journal/entries")["entries"]
    assert entry["mood"] == 4


def test_what_happens_elsewhere_is_followed(profile: Profile, ada: Person) -> None:
    habit = ada.habit("Read")
    page = ada.sign_in(profile())
    expect(row(page, "Read").locator(".tick")).to_have_attribute("aria-pressed", "false")
    ada.ask("PUT", f"/v1/habits/{habit}/check-ins/today")
    expect(page.get_by_text("All that was due is done.")).to_be_visible()
    ada.ask("DELETE", "/v1/auth/sessions")
    page.reload()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
