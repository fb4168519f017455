"""Bad input, over HTTP to a real Ritmo: each answer is a problem document, nothing half-written."""

import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.journeys.running import Up, register
from tests.loop_zip import YES_MANUAL, SomeHabit, loop_zip, some_days

Json = dict[str, Any]
FAR = str(date.today() + timedelta(days=400))


@pytest.fixture(scope="module")
def ada(embedded: Up) -> dict[str, str]:
    return register(embedded.client, "ada@example.org")


@pytest.fixture(scope="module")
def habit(embedded: Up, ada: dict[str, str]) -> Json:
    words = {
        "name": "Run",
        "measure": "amount",
        "target": {"value": 5},
        "start_day": str(date.today() - timedelta(days=30)),
    }
    made: Json = embedded.client.post("/v1/habits", json=words, headers=ada).json()
    return made


def problem(answer: httpx.Response, status: int, code: str | None = None) -> Json:
    """Check that an answer is a problem document that a person can act on."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: Json = answer.json()
    assert found["status"] == status
    assert found["trace_id"] == answer.headers["x-request-id"]
    assert found["code"] == (code or found["code"])
    assert found["detail"][0].isupper() or found["detail"][0] in "“`"
    assert found["detail"].endswith((".", "?", "!"))
    for error in found.get("errors", []):
        assert error["detail"]
        assert "pointer" in error or "parameter" in error
    return found


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"", 422, "invalid"),
        (b"\xff\xfe\x00", 400, "invalid_json"),
        (b"[" * 100_000, 400, "too_deep"),
        (b'{"name": ' + b"[" * 50 + b"]" * 50 + b"}", 400, "too_deep"),
        (b'{"name": "' + b"x" * (1 << 20) + b'"}', 413, "too_large"),
        (json.dumps({"name": "x" * 10_000}).encode(), 422, "invalid"),
        (b'{"name": 5}', 422, "invalid"),
        (b'{"name": "\\u0000"}', 422, "invalid"),
        (b'{"name": "x", "colour": 7}', 422, "invalid"),
        (b'{"name": "x", "owner": "me"}', 422, "invalid"),
        (b'{"name": "x", "start_day": "2025-02-30"}', 422, "invalid"),
        (b'{"name": "x", "start_day": "2025-02-29"}', 422, "invalid"),
        (b'{"name": "x", "start_day": 20250301}', 422, "invalid"),
        (b'{"name": "x", "target": {"value": NaN}}', 422, "invalid"),
        (b'{"name": "x", "target": {"value": -1}}', 422, "invalid"),
        (b'{"name": "x", "schedule": {"every": "year", "month": 2, "day": 30}}', 422, "invalid"),
        (b'{"name": "x", "schedule": {"every": "rule", "rrule": "FREQ=NOW"}}', 422, "invalid"),
        (b'{"name": "x", "schedule": {"every": "rule", "rrule": "\xd9\xa1"}}', 422, "invalid"),
    ],
)
def test_a_habit_that_makes_no_sense(
    embedded: Up, ada: dict[str, str], habit: Json, body: bytes, status: int, code: str
) -> None:
    client = embedded.client
    before = client.get("/v1/habits", headers=ada).json()["habits"]
    headers = ada | {"Content-Type": "application/json"}
    problem(client.post("/v1/habits", content=body, headers=headers), status, code)
    assert client.get("/v1/habits", headers=ada).json()["habits"] == before


@pytest.mark.parametrize(
    ("day", "body", "status"),
    [
        ("2025-02-30", b"{}", 422),
        ("tomorrow", b"{}", 422),
        ("1800-01-01", b"{}", 422),
        (FAR, b'{"value": 1}', 422),
        ("2200-12-31", b'{"value": 1}', 422),
        (str(date.today()), b'{"value": NaN}', 422),
        (str(date.today()), b'{"value": Infinity}', 422),
        (str(date.today()), b'{"value": -0.5}', 422),
        (str(date.today()), b'{"value": 1e10}', 422),
        (str(date.today()), b'{"value": "3"}', 422),
        (str(date.today()), b'{"value": true}', 422),
        (str(date.today()), b'{"state": "perhaps"}', 422),
        (str(date.today()), b'{"value": 1, "extra": 2}', 422),
        (str(date.today()), b'{"value": 1, "note": "' + b"x" * 2001 + b'"}', 422),
    ],
)
def test_a_check_in_that_makes_no_sense(
    embedded: Up, ada: dict[str, str], habit: Json, day: str, body: bytes, status: int
) -> None:
    path = f"/v1/habits/{habit['habit_id']}/check-ins"
    headers = ada | {"Content-Type": "application/json"}
    problem(embedded.client.put(f"{path}/{day}", content=body, headers=headers), status)
    assert embedded.client.get(path, headers=ada).json()["check_ins"] == []


def test_the_29th_of_february_is_kept(embedded: Up, ada: dict[str, str]) -> None:
    words = {"name": "Leap", "schedule": {"every": "year", "month": 2, "day": 29}}
    session = register(embedded.client, "leap@example.org")
    start = {**words, "start_day": "2023-01-01"}
    answer = embedded.client.post("/v1/habits", json=start, headers=session)
    assert answer.status_code == 201
    for day, due in (("2023-02-28", True), ("2024-02-28", False), ("2024-02-29", True)):
        today = embedded.client.get("/v1/today", params={"day": day}, headers=session).json()
        assert [habit["due"] for habit in today["habits"]] == [due], day


@pytest.mark.parametrize(
    "words",
    [
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
        {"zone": 1},
        {"email": "nobody"},
        {"email": "a@b@c"},
        {"email": None},
        {"password": "short"},
        {"password": "x" * 2000},
        {"language": "tlh"},
        {"name": "x" * 10_000},
        {"role": "admin"},
    ],
)
def test_an_account_that_makes_no_sense(embedded: Up, words: Json) -> None:
    good = {"email": "new@example.org", "password": "correct horse battery staple"}
    problem(embedded.client.post("/v1/auth/register", json=good | words), 422)
    login = embedded.client.post("/v1/auth/login", json=good)
    problem(login, 401, "wrong_credentials")


@pytest.mark.parametrize(
    "name",
    [
        "📚 читать 🧘🏽‍♀️",
        "قراءة عشر صفحات",
        "עֲשָׂרָה",
        "e\u0301",
        "𝒳" * 100,
        "'; DROP TABLE x; --",
        "<b>",
    ],
)
def test_names_of_all_people_come_back_intact(embedded: Up, ada: dict[str, str], name: str) -> None:
    client = embedded.client
    words = {"name": name, "tags": [name[:50]], "description": name}
    made = client.post("/v1/habits", json=words, headers=ada).json()
    found = client.get(f"/v1/habits/{made['habit_id']}", headers=ada).json()
    assert (found["name"], found["tags"], found["description"]) == (name, [name[:50]], name)
    tagged = client.get("/v1/habits", params={"tag": name[:50]}, headers=ada).json()["habits"]
    assert [one["name"] for one in tagged] == [name]
    assert client.delete(f"/v1/habits/{made['habit_id']}", headers=ada).status_code == 204


def test_what_is_somebody_elses_is_not_there(
    embedded: Up, ada: dict[str, str], habit: Json
) -> None:
    client = embedded.client
    mallory = register(client, "mallory@example.org")
    rest = client.post(
        "/v1/breaks", json={"from": "2026-01-01", "to": "2026-01-02"}, headers=ada
    ).json()
    session = client.get("/v1/auth/sessions", headers=ada).json()["sessions"][0]
    path, day = f"/v1/habits/{habit['habit_id']}", str(date.today())
    before = client.get(path, headers=ada).json()
    for method, address, words in (
        ("GET", path, None),
        ("PATCH", path, {"name": "mine"}),
        ("DELETE", path, None),
        ("GET", f"{path}/check-ins", None),
        ("GET", f"{path}/history", None),
        ("GET", f"{path}/streaks", None),
        ("PUT", f"{path}/check-ins/{day}", {"value": 1}),
        ("POST", f"{path}/check-ins/{day}/increment", {"by": 1}),
        ("DELETE", f"{path}/check-ins/{day}", None),
        ("POST", "/v1/undo", {"habit_id": habit["habit_id"]}),
        ("PUT", "/v1/habit-order", {"habit_ids": [habit["habit_id"]]}),
        ("POST", "/v1/breaks", {"from": day, "to": day, "habit_id": habit["habit_id"]}),
        ("PUT", f"/v1/breaks/{rest['break_id']}", {"from": day, "to": day}),
        ("DELETE", f"/v1/breaks/{rest['break_id']}", None),
        ("DELETE", f"/v1/auth/sessions/{session['session_id']}", None),
    ):
        problem(client.request(method, address, json=words, headers=mallory), 404)
    assert client.get(path, headers=ada).json() == before
    assert client.get("/v1/me", headers=ada).status_code == 200


def forged(good: str, **claims: object) -> str:
    """Sign the claims of a good token, or others, with a key of our own."""
    words = jwt.decode(good, options={"verify_signature": False}) | claims
    header = jwt.get_unverified_header(good)
    return jwt.encode(words, Ed25519PrivateKey.generate(), "EdDSA", headers=header)


def test_tokens_that_are_none_of_ours(embedded: Up, ada: dict[str, str]) -> None:
    good = ada["Authorization"].removeprefix("Bearer ")
    head, body, mark = good.split(".")
    unsigned = jwt.encode(jwt.decode(good, options={"verify_signature": False}), "", "none")
    for token in (
        "x",
        good[:-4] + "AAAA",
        f"{head}.{body}.",
        f"{head}.{body}x.{mark}",
        unsigned,
        forged(good),
        forged(good, scope="user admin"),
        forged(good, exp=1),
        "ы".encode().decode("latin-1"),
        "x" * 9000,
    ):
        headers = {"Authorization": f"Bearer {token}".encode("latin-1")}
        answer = embedded.client.get("/v1/me", headers=headers)  # type: ignore[arg-type]
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(embedded.client.get("/v1/me"), 401, "unauthenticated")


def test_a_hundred_times_the_same_is_once(embedded: Up) -> None:
    session = register(embedded.client, "eager@example.org")
    headers = session | {"Idempotency-Key": str(uuid4())}

    def post(_: int) -> httpx.Response:
        return embedded.client.post("/v1/habits", json={"name": "Once"}, headers=headers)

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(post, range(100)))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    made = {answer.json()["habit_id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    habits = embedded.client.get("/v1/habits", headers=session).json()["habits"]
    assert [habit["habit_id"] for habit in habits] == [*made]
    again = embedded.client.post("/v1/habits", json={"name": "Other"}, headers=headers)
    problem(again, 422, "key_reused")


def chess(**more: Any) -> bytes:
    """Write an export of one habit."""
    days = some_days(20, [YES_MANUAL], date(2026, 7, 4))
    return loop_zip([SomeHabit("Chess", days)], **more).read()


def bomb() -> bytes:
    """Write a small file that unpacks to a gigabyte."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("Habits.csv", "Position,Name\n001,Boom\n")
        with archive.open("Checkmarks.csv", "w", force_zip64=True) as table:
            for _ in range(1024):
                table.write(b"0" * (1 << 20))
    return file.getvalue()


def other_zip() -> bytes:
    """Write a zip that is no export."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../letter.txt", "dear diary")
    return file.getvalue()


@pytest.fixture(scope="module")
def importer(embedded: Up) -> dict[str, str]:
    return register(embedded.client, "importer@example.org")


@pytest.mark.parametrize(
    "written",
    [bytes, lambda: b"dear diary", lambda: chess()[:-30], lambda: chess()[:200], other_zip, bomb],
    ids=["empty", "text", "truncated", "head", "other", "bomb"],
)
def test_a_file_that_is_no_export(
    embedded: Up, importer: dict[str, str], written: Callable[[], bytes]
) -> None:
    files = {"file": ("export.zip", written(), "application/zip")}
    answer = embedded.client.post("/v1/import", files=files, headers=importer)
    problem(answer, 422)
    assert embedded.client.get("/v1/habits", headers=importer).json()["habits"] == []
    assert embedded.ready()


def test_a_form_that_is_none(embedded: Up, importer: dict[str, str]) -> None:
    client = embedded.client
    problem(client.post("/v1/import", content=chess(), headers=importer), 415)
    media = importer | {"Content-Type": "multipart/form-data; boundary=x"}
    problem(client.post("/v1/import", content=b"--y\r\n", headers=media), 400)
    wrong = {"other": ("export.zip", chess(), "application/zip")}
    problem(client.post("/v1/import", files=wrong, headers=importer), 422, "file_missing")


def test_a_byte_order_mark_is_no_part_of_a_name(embedded: Up) -> None:
    session = register(embedded.client, "bom@example.org")
    files = {"file": ("export.zip", chess(bom=True), "application/zip")}
    answer = embedded.client.post("/v1/import", files=files, headers=session)
    assert answer.status_code == 200, answer.text
    (report,) = answer.json()["habits"]
    assert (report["name"], report["read"], report["imported"]) == ("Chess", 20, 20)
