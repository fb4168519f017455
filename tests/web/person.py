"""Somebody who uses pages, and the API beside them to look at what has become of it."""

from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.running import Up, client_of


class Person:
    """An account, with a client of the API that holds its own session."""

    def __init__(self, ritmo: Up, email: str, password: str) -> None:
        self.email, self.password = email, password
        self.client = client_of(ritmo.port)
        words = {"email": email, "password": password, "zone": "Europe/Berlin"}
        told = self.client.post("/v1/auth/register", json=words).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {told['access_token']}"

    def ask(self, method: str, path: str, **words: Any) -> Any:
        answer = self.client.request(method, path, **words)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def habit(self, name: str, **words: Any) -> str:
        """Begin a habit; return its id."""
        return str(self.ask("POST", "/v1/habits", json={"name": name, **words})["habit_id"])

    def today(self) -> dict[str, Any]:
        """Return the habits of today by name."""
        return {one["name"]: one for one in self.ask("GET", "/v1/today")["habits"]}

    def sign_in(self, context: BrowserContext) -> Page:
        """Sign in with a browser; return the page of today."""
        page = context.new_page()
        page.goto("/")
        page.get_by_label("E-mail").fill(self.email)
        page.get_by_label("Password").fill(self.password)
        page.get_by_label("Password").press("Enter")
        expect(page.locator("#day")).to_be_visible()
        return page


def worker_ready(page: Page) -> None:
    """Wait until the service worker has kept what a page needs without a network."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    expect(page.locator("#day")).to_be_visible()
