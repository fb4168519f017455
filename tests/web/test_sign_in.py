"""Signing in with a browser: a passkey, and a second factor whose app is set up on a page."""

import pyotp
from playwright.sync_api import expect

from tests.journeys.running import PASSWORD
from tests.web.conftest import Profile
from tests.web.person import Person
from tests.web.test_today import accessible


def test_a_passkey_and_an_app(profile: Profile, ada: Person) -> None:
    context = profile()
    page = ada.sign_in(context)
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/settings/sign-in")
    accessible(page)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.get_by_role("link", name="Set it up").click()
    page.get_by_role("button", name="Go on").click()
    code = pyotp.TOTP(page.locator("code").inner_text())
    page.get_by_label("Code").fill(code.now())
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    recovery = page.locator(".codes li").first.inner_text()

    page.goto("/settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#day")).to_be_visible()

    page = profile().new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code of your app").fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#day")).to_be_visible()
    assert page.evaluate("fetch('/v1/me').then((answer) => answer.status)") == 200
