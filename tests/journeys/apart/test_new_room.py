"""A room is added in the four steps that README.md names, and in nothing else."""

import asyncio
import re
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from storage.embedded import connect_url
from storage.session import open_engine
from tests import backends
from tests.databases import prepared
from tests.journeys import steps
from tests.journeys.running import register, until
from tests.show.running import RITMO, ritmo

CHECKS = (
    *("tests/test_shape.py", "tests/test_problem_codes.py", "tests/domain/test_goals.py"),
    *("tests/domain/test_speech.py::test_every_sentence_stands_once_in_a_catalog",),
    *("tests/test_contracts.py::test_every_ask_reply_and_fact_is_kept",),
    *("tests/gateway/test_routes.py", "tests/gateway/test_openapi.py"),
    *(
        f"tests/gateway/test_problems.py::test_every_{what}"
        for what in ("sentence_has_a_translation", "part_has_a_russian_name")
    ),
)
"""What says of any room whether something was forgotten; in the copy, goals is one of them."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the steps were followed."""
    made = steps.copied(tmp_path_factory.mktemp("goals"))
    left_behind = made / "actors" / "plans" / "__pycache__"
    left_behind.mkdir(parents=True)  # as of a room of another branch
    written = steps.follow(made)
    assert len(written) == 10, written
    return made


def rows(data: Path) -> int:
    """Count the goals that the database holds."""

    async def count() -> int:
        url = connect_url(data / "postgres")
        assert url is not None
        engine = open_engine(url, 1)
        async with engine.connect() as tx:
            found: int = (await tx.execute(text("SELECT count(*) FROM goals.goals"))).scalar_one()
        await engine.dispose()
        return found

    return asyncio.run(count())


@pytest.mark.parametrize("way", ["embedded", "over RabbitMQ"])
def test_the_room_answers(
    tree: Path, cluster: Path, node: backends.Private, tmp_path: Path, way: str
) -> None:
    data = prepared(cluster, tmp_path / "data")  # of a Ritmo without the room
    with ExitStack() as stack:
        amqp = None if way == "embedded" else node.host("goals")
        running = ritmo(amqp, start_in=tree, data=str(data))
        client = stack.enter_context(running)
        parts = client.get("/readyz").json()["parts"]
        assert parts["goals"] == "ok"
        assert "plans" not in parts

        ann = register(client, "ann@example.org")
        bob = register(client, "bob@example.org")
        assert client.get("/v1/goal", headers=ann).json() == {"words": "", "version": 0}
        told = {"words": " Run  a marathon"}
        key = ann | {"Idempotency-Key": "once"}
        answers = [client.put("/v1/goal", json=told, headers=key) for _ in range(2)]
        assert {answer.text for answer in answers} == {'{"words":"Run a marathon","version":1}'}
        found = client.get("/v1/goal", headers=ann)
        assert (found.json()["words"], found.headers["etag"]) == ("Run a marathon", '"1"')
        known = ann | {"If-None-Match": '"1"'}
        assert client.get("/v1/goal", headers=known).status_code == 304
        assert client.get("/v1/goal", headers=bob).json()["words"] == ""
        wrong = client.put("/v1/goal", json={"words": "a\u0000b"}, headers=ann)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/words")
        assert client.put("/v1/goal", json={"word": "Swim"}, headers=ann).status_code == 422
        assert client.get("/v1/goal").status_code == 401
        documented(client)

        assert client.put("/v1/goal", json={"words": "Swim"}, headers=bob).status_code == 200
        assert rows(data) == 2
        assert client.delete("/v1/me", headers=ann).status_code == 204
        until(lambda: rows(data) == 1, "her goal is erased")
        assert client.get("/v1/goal", headers=bob).json() == {"words": "Swim", "version": 1}
        if amqp is None:
            words = (*RITMO, "doctor", "--data", str(data))
            assert re.search(r"✓ goals +The room goals lives\.", steps.run(tree, *words))


def documented(client: httpx.Client) -> None:
    """See that OpenAPI, AsyncAPI and the page tell of the room."""
    document = client.get("/openapi.json").json()
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert tags["goals"] == "What a person wants to reach."
    assert {*document["paths"]["/v1/goal"]} == {"get", "put"}
    put = document["paths"]["/v1/goal"]["put"]
    said = "Set the caller's goal.\n\nScope: `goals:write`."
    assert (put["tags"], put["description"]) == (["goals"], said)
    assert {"200", "401", "409", "422", "503"} <= {*put["responses"]}
    words = document["components"]["schemas"]["SetGoal"]["properties"]["words"]
    assert words["maxLength"] == 200
    assert words["description"] == "The goal, in their own words; empty: none."
    assert "version" in document["components"]["schemas"]["Goal"]["properties"]
    told = client.get("/asyncapi").text
    for address in ("goals.get_goal", "goals.set_goal"):
        assert address in told
    assert '<section id="goals">' in client.get("/docs").text


def test_checks_hold_for_it(tree: Path) -> None:
    linted = steps.run(tree, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert "0 broken" in linted
    code = [str(path) for path in sorted(tree.rglob("*goals*")) if path.suffix in (".py", "")]
    assert len(code) >= 6
    for words in (("format", "--check"), ("check",)):
        steps.run(tree, sys.executable, "-m", "ruff", *words, "--no-cache", *code)
    assert " passed" in steps.pytest(tree, *CHECKS, "-r", "s", "-v")


ERASING = re.compile(r"\n\n@room\.hear\nasync def erase_person.*?(?=\n\n@room|\Z)", re.DOTALL)
FORGOTTEN = (
    # What is left out or wrong, in which file, and what is said of it.
    (
        "actors/goals/goals.py",
        ERASING,
        "",
        "goals keeps a user_id in goals, and hears no UserDeleted",
    ),
    ("compose.yaml", re.compile(r"\n  goals: .*"), "", "compose.yaml does not run goals"),
    ("actors/goals/domain.py", re.compile(r"\Z"), "from storage import tags\n", "imports tags"),
)


RULES = "erases or same_shape or own_tables"
"""The tests that say so. That they say nothing of the whole tree was seen before."""


def test_what_is_forgotten_is_named(tree: Path) -> None:
    whole = {name: (tree / name).read_text() for name, *_ in FORGOTTEN}
    try:
        for name, part, instead, _ in FORGOTTEN:
            wrong = part.sub(instead, whole[name], count=1)
            assert wrong != whole[name]
            (tree / name).write_text(wrong)
        told = steps.pytest(tree, "tests/test_shape.py", "-vv", "-k", RULES, well=False)
    finally:
        for name, before in whole.items():
            (tree / name).write_text(before)
    assert [said for *_, said in FORGOTTEN if said not in told] == []
    assert f"{len(FORGOTTEN)} failed" in told
