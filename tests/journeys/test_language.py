"""One language for a person: what rooms say and what goes wrong, whatever their browser likes."""

import re

import httpx
import pytest

from tests.journeys.running import PASSWORD, Up

TEXTS = {"en": re.compile(r"[a-z]"), "ru": re.compile(r"[а-я]")}
OTHER = {"en": "ru", "ru": "en"}


def is_in(language: str, text: str) -> bool:
    """Tell whether a text is written in a language, names and codes aside."""
    return bool(TEXTS[language].search(text)) and (language == "ru" or not TEXTS["ru"].search(text))


@pytest.fixture(params=["en", "ru"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def person(embedded: Up, language: str) -> httpx.Client:
    """Register with a browser of this language, and go on with one of the other."""
    client = embedded.client
    words = {"email": f"{language}-speaker@example.org", "password": PASSWORD}
    answer = client.post("/v1/auth/login", json=words)
    if answer.status_code != 200:
        headers = {"Accept-Language": f"{language}-XX, de;q=0.5"}
        answer = client.post("/v1/auth/register", json=words, headers=headers)
        assert answer.json()["user"]["language"] == language
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    client.headers["Accept-Language"] = OTHER[language]
    return client


def test_errors(person: httpx.Client, language: str) -> None:
    for answer in (
        person.get("/v1/habits/01890a5d-ac96-774b-bcce-b302099a8057"),
        person.post("/v1/habits", json={"name": ""}),
        person.post("/v1/habits", content=b"{", headers={"Content-Type": "application/json"}),
        person.get("/v1/today", params={"spelt": "wrong"}),
        person.get("/v1/users"),
    ):
        problem = answer.json()
        assert answer.headers["content-language"] == language
        assert is_in(language, problem["title"] + problem["detail"]), problem
        assert all(is_in(language, one["detail"]) for one in problem.get("errors", []))


def test_words_of_rooms(person: httpx.Client, language: str) -> None:
    habit = person.post("/v1/habits", json={"name": "1"}).json()["habit_id"]
    reminder = person.post("/v1/reminders", json={"habit_id": habit}).json()["reminder_id"]
    why = person.get(f"/v1/reminders/{reminder}/why").json()["words"]
    assert why
    assert all(is_in(language, text) for text in why)
    channels = person.get("/v1/channels").json()["channels"]
    assert all(is_in(language, one["note"]) for one in channels if one["note"])
    assert is_in(language, person.get("/v1/analytics/associations").json()["method"])
    digest = person.get("/v1/reminders/digest").json()
    assert is_in(language, digest["text"])


def test_guests_are_answered_in_the_language_of_their_header(embedded: Up, language: str) -> None:
    headers = {"Accept-Language": language, "Authorization": ""}
    wrong = {"email": "nobody@example.org", "password": "a wrong password of nobody"}
    refused = embedded.client.post("/v1/auth/login", json=wrong, headers=headers)
    assert refused.status_code == 401
    assert is_in(language, refused.json()["detail"])


def test_a_new_language_holds_from_the_next_answer_on(person: httpx.Client, language: str) -> None:
    for wanted in (OTHER[language], language):
        assert person.patch("/v1/me", json={"language": wanted}).status_code == 200
        assert person.get("/v1/today?day=x").headers["content-language"] == wanted
