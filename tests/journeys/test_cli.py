"""The `ritmo` command, beside a running Ritmo and alone; what it says reads well."""

import asyncio
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from storage import embedded as cluster
from storage.session import open_engine
from tests.daylio_files import daylio_csv, row
from tests.journeys.running import PASSWORD, Up, register, ritmo, until
from tests.loop_zip import YES_AUTO, YES_MANUAL, SomeHabit, loop_zip, some_days
from tests.show.running import settings

TYPED = f"{PASSWORD}\n{PASSWORD}\n"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that nobody works on, with one user."""
    data = tmp_path_factory.mktemp("alone") / "data"
    words = ("user", "add", "ada@example.org", "--name", "Ada")
    added = ritmo(*words, data=data, typed=TYPED, real=True)
    assert added.returncode == 0, added.stderr
    assert "Added ada@example.org." in added.stdout
    return data


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "export.zip"
    habits = [SomeHabit("Chess", some_days(30, [YES_MANUAL, YES_AUTO], date(2026, 7, 4)))]
    file.write_bytes(loop_zip(habits).read())
    return file


def refused(data: Path, *words: str, typed: str = "") -> str:
    """Run a command that fails; return its sentence."""
    done = ritmo(*words, data=data, typed=typed)
    said = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert said.startswith("Ritmo: ")
    assert said.endswith((".", "?"))
    return said.removeprefix("Ritmo: ")


def test_users_are_looked_after(alone: Path) -> None:
    typed = ritmo("user", "add", "bob@example.org", data=alone, typed=TYPED)
    assert typed.returncode == 0, typed.stderr
    assert PASSWORD not in typed.stdout + typed.stderr
    listed = ritmo("user", "list", data=alone).stdout
    assert "ada@example.org" in listed
    assert "bob@example.org" in listed
    searched = ritmo("user", "list", "--search", "bob", data=alone).stdout
    assert "ada@example.org" not in searched
    for word, said in (
        ("disable", "bob@example.org is user, disabled."),
        ("enable", "bob@example.org is user, enabled."),
        ("make-admin", "bob@example.org is admin, enabled."),
    ):
        assert said in ritmo("user", word, "bob@example.org", data=alone).stdout


def test_words_that_do_not_fit(alone: Path) -> None:
    add = ("user", "add")
    for words, typed in (
        (("bob",), TYPED),
        (("ada@example.org",), TYPED),
        (("short@example.org",), "short\nshort\n"),
    ):
        print(refused(alone, *add, *words, typed=typed))
    for word in ("add", "password"):
        # Nobody types a password twice for an address that is none.
        assert refused(alone, "user", word, "bob", typed="") == "This is not an e-mail address."
    zone = refused(alone, *add, "zoe@example.org", "--zone", "Mars/Olympus", typed=TYPED)
    assert "time zone" in zone
    assert "RITMO_" not in zone
    for word in ("disable", "enable", "make-admin"):
        assert "nobody@example.org" in refused(alone, "user", word, "nobody@example.org")
    assert "nobody" not in ritmo("user", "list", data=alone).stdout


def test_who_has_read_enough_is_no_fault(alone: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # as `| head` does
    words = [sys.executable, "-m", "ops", "doctor"]
    env = settings(data=str(alone))
    done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, env=env, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_an_import_from_the_command_line(alone: Path, export: Path) -> None:
    words = ("import", str(export), "--user", "ada@example.org")
    would = ritmo(*words, "--dry-run", data=alone, real=True)
    assert would.returncode == 0, would.stderr
    assert "Nothing was written: this was a dry run." in would.stdout
    done = ritmo(*words, data=alone)
    assert done.returncode == 0, done.stderr
    chess = next(line for line in done.stdout.splitlines() if "Chess" in line)
    assert [word for word in chess.split() if word.isdigit()] == ["30", "15", "15", "0"]
    again = next(line for line in ritmo(*words, data=alone).stdout.splitlines() if "Chess" in line)
    assert [word for word in again.split() if word.isdigit()][:2] == ["30", "0"]


def test_files_that_cannot_be_imported(alone: Path, export: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.zip"
    letter.write_text("dear diary")
    cut = tmp_path / "cut.zip"
    cut.write_bytes(export.read_bytes()[:-30])
    for file in (letter, cut):
        assert "zip" in refused(alone, "import", str(file), "--user", "ada@example.org").lower()
    assert "nobody@example.org" in refused(
        alone, "import", str(export), "--user", "nobody@example.org"
    )
    missing = ritmo("import", str(tmp_path / "none.zip"), "--user", "ada@example.org", data=alone)
    assert missing.returncode == 2
    assert "does not exist" in missing.stderr
    folder = ritmo("import", str(tmp_path), "--user", "ada@example.org", data=alone)
    assert folder.returncode in (1, 2)
    assert "Traceback" not in folder.stderr


def test_a_diary_from_the_command_line(alone: Path, tmp_path: Path) -> None:
    file = tmp_path / "daylio.csv"
    file.write_bytes(daylio_csv([row(mood="blau", note="sea"), row(mood="rad", time="noon")]))
    words = ("import", str(file), "--user", "ada@example.org")
    would = ritmo(*words, "--dry-run", data=alone)
    assert would.returncode == 0, would.stderr
    for said in ("mood_unknown: 1", "Without a time of day that can be read: 1"):
        assert said in would.stdout
    assert "--mood" in refused(alone, *words)
    assert "name=4" in refused(alone, *words, "--mood", "blau=9")
    done = ritmo(*words, "--mood", "blau=2", data=alone)
    assert done.returncode == 0, done.stderr
    blue = next(line for line in done.stdout.splitlines() if "blau" in line)
    assert blue.split()[1:6:2] == ["blau", "1", "2"]
    again = ritmo(*words, "--unknown-moods", "none", "--format", "daylio", data=alone)
    assert "already_there: 2" in again.stdout
    which = next(word for word in done.stdout.split() if word.count("-") == 4 and len(word) == 36)
    undo = ("undo-import", which, "--user", "ada@example.org")
    assert "2" in ritmo(*undo, data=alone).stdout
    anew = ritmo(*words, "--unknown-moods", "none", data=alone)
    assert "already_there" not in anew.stdout


def test_a_file_of_which_nothing_comes_in_is_a_failure(alone: Path, tmp_path: Path) -> None:
    file = tmp_path / "daylio.csv"
    file.write_bytes(daylio_csv([row(full_date="soon")]))
    failed = ritmo("import", str(file), "--user", "ada@example.org", data=alone)
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert "The date of row 2 cannot be read." in failed.stdout
    assert "Nothing in this file could be imported." in failed.stderr


def test_the_rest_of_the_commands_alone(alone: Path) -> None:
    assert "The database is at revision" in ritmo("migrate", data=alone).stdout
    assert "Nothing is parked." in ritmo("parked", "list", data=alone).stdout
    assert "Nothing is parked under the number 7." in refused(alone, "parked", "show", "7")
    assert "Nothing is parked under the number 7." in refused(alone, "parked", "replay", "7")
    assert "0 on their way again." in ritmo("parked", "replay", data=alone).stdout
    assert "keys verify tokens now" in ritmo("keys", "rotate", data=alone, real=True).stdout


STRANGE = "no JSON at all \x1b[31m[red]"


def park(data: Path) -> None:
    """Park four facts: two good ones, one that tells not whose it is, and one that is no JSON."""
    fact = "gen_random_uuid(), 'users.changed', gen_random_uuid(), '{}', 'Broken: a wall', 'users'"
    strange = f"NULL, '', NULL, '{STRANGE}', 'users hears nothing of the kind None', 'users'"
    nobody = "gen_random_uuid(), 'users.changed', NULL, '{\"n\": 1}', 'Unreadable: n', 'users'"

    async def write(url: str) -> None:
        engine = open_engine(url, 1)
        async with engine.begin() as tx:
            for row in (fact, strange, nobody, fact):
                columns = "message_id, address, user_id, body, reason, room"
                await tx.exec_driver_sql(f"INSERT INTO bus.parked ({columns}) VALUES ({row})")
        await engine.dispose()

    server = cluster.start(data / "postgres")
    try:
        asyncio.run(write(server.url))
    finally:
        server.stop()


def test_parked_facts_are_looked_after(alone: Path) -> None:
    park(alone)
    listed = ritmo("parked", "list", data=alone, real=True)
    assert listed.returncode == 0, listed.stderr
    for said in ("Broken: a wall", "users hears nothing of the kind None", "users.changed", "drop"):
        assert said in listed.stdout
    numbers = [line.split()[1] for line in listed.stdout.splitlines() if line.startswith("│")]
    good, nobody, strange, _ = numbers
    shown = ritmo("parked", "show", strange, data=alone)
    assert shown.returncode == 0, shown.stderr
    assert "no JSON at all \N{REPLACEMENT CHARACTER}[31m[red]" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert f"`ritmo parked drop {strange}`" in shown.stdout
    assert '"n": 1' in ritmo("parked", "show", nobody, data=alone).stdout
    assert f"{nobody}" in refused(alone, "parked", "replay", nobody)
    said = refused(alone, "parked", "replay")
    assert said.startswith("2 cannot be replayed")
    assert f"{strange}, {nobody}" in said
    left = ritmo("parked", "list", data=alone).stdout
    assert "hears nothing" in left
    assert good not in [line.split()[1] for line in left.splitlines() if line.startswith("│")]
    assert f"number {good}" in refused(alone, "parked", "drop", strange, good)
    dropped = ritmo("parked", "drop", strange, nobody, data=alone)
    assert dropped.returncode == 0, dropped.stderr
    assert "2 dropped." in dropped.stdout
    assert f"number {strange}" in refused(alone, "parked", "show", strange)


def test_beside_a_running_ritmo(embedded: Up, export: Path) -> None:
    data = embedded.output.parent / "data"
    assert ritmo("user", "add", "cli@example.org", data=data, typed=TYPED).returncode == 0
    words = {"email": "cli@example.org", "password": PASSWORD}
    assert embedded.client.post("/v1/auth/login", json=words).status_code == 200
    session = register(embedded.client, "web@example.org")
    done = ritmo("import", str(export), "--user", "web@example.org", data=data)
    assert "Chess" in done.stdout, done.stderr
    habits = embedded.client.get("/v1/habits", headers=session).json()["habits"]
    assert [habit["name"] for habit in habits] == ["Chess"]
    assert ritmo("user", "disable", "web@example.org", data=data).returncode == 0
    until(
        lambda: embedded.client.get("/v1/me", headers=session).status_code == 401,
        "the running Ritmo hears of it",
    )
    assert ritmo("keys", "rotate", data=data).returncode == 0
    words = {"email": "cli@example.org", "password": PASSWORD}
    token = embedded.client.post("/v1/auth/login", json=words).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert embedded.client.get("/v1/me", headers=bearer).status_code == 200
