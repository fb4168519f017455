"""`python -m tests.upgrade CHECKOUT NAME`: make a database as the Ritmo in a folder makes it."""

import gzip
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx

from ops.faults import CannotRun
from tests.show.running import ritmo, settings
from tests.upgrade import NOTICE
from tests.upgrade.kept import FOLDER
from tests.upgrade.life import Person, live, record

LATE = """
import asyncio, sys
from pathlib import Path
from datetime import date
from uuid import UUID
from actors.runtime.settings import Settings
from contracts.check_ins import CheckIn
from contracts.principal import Principal
from ops.platform import database, platform

async def late(data, user, habit, day):
    settings = Settings(data=Path(data))
    async with database(settings, own=True) as url, platform(settings, url) as here:
        who = Principal(user_id=UUID(user), scopes=frozenset({"user"}))
        said = CheckIn(habit_id=UUID(habit), day=date.fromisoformat(day), note="not yet carried")
        await here.bus.ask(said, who)

asyncio.run(late(*sys.argv[1:]))
"""
"""A check-in that no courier has taken yet, as after a crash: run by the Ritmo in question."""

DUMP = """
import subprocess, sys
from pathlib import Path
from storage import embedded
from storage.cluster import BIN

server = embedded.start(Path(sys.argv[1]) / "postgres")
try:
    url = server.url.replace("postgresql+asyncpg", "postgresql")
    words = ["--no-owner", "--no-privileges", "--dbname", url]
    done = subprocess.run([str(BIN / "pg_dump"), *words], stdout=subprocess.PIPE, check=True)
    sys.stdout.buffer.write(done.stdout)
finally:
    server.stop()
"""
"""The whole database as SQL: run by the Ritmo in question."""


def main(words: list[str]) -> int:
    """Let people live, keep the database, and record what is said of it."""
    checkout, name = Path(words[0]).resolve(), words[1]
    with tempfile.TemporaryDirectory(prefix="ritmo-upgrade-") as folder:
        data = Path(folder, "data")
        with running(checkout, data) as client:
            people = live(client)
            cleo = people[-1]
            late = (user_of(cleo), cleo.ids["Floss"], str(cleo.today()))
        run(checkout, LATE, str(data), *late)
        dump = run(checkout, DUMP, str(data))
        sessions = [who.tokens for who in people]
        with running(checkout, data) as client:
            told = tell(client, people, data / "mail")
        for known, tokens in zip(told["people"], sessions, strict=True):
            known["tokens"] = tokens
    told = {"about": NOTICE, "by": name, **told}
    FOLDER.mkdir(exist_ok=True)
    about = "".join(f"-- {line}".rstrip() + "\n" for line in NOTICE.splitlines()).encode()
    pack(FOLDER / f"{name}.sql.gz", about + dump)
    pack(FOLDER / f"{name}.json.gz", json.dumps(told, ensure_ascii=False).encode())
    return 0


def pack(path: Path, text: bytes) -> None:
    """Write a file, compressed; the same text makes the same file."""
    path.write_bytes(gzip.compress(text, mtime=0))


@contextmanager
def running(checkout: Path, data: Path) -> Iterator[httpx.Client]:
    """Run the Ritmo in question over a data folder."""
    unhurried = {"rate_per_minute": "1000000", "allow_private_webhooks": "true"}
    program = [str(checkout / ".venv" / "bin" / "python"), "-m", "ops"]
    with ritmo(program=program, start_in=checkout, data=str(data), **unhurried) as client:
        yield client


def run(checkout: Path, code: str, *words: str) -> bytes:
    """Run some Python in the place of the Ritmo in question; return what it prints."""
    program = [str(checkout / ".venv" / "bin" / "python"), "-c", code, *words]
    done = subprocess.run(program, cwd=checkout, env=settings(), check=True, stdout=subprocess.PIPE)
    return done.stdout


def user_of(who: Person) -> str:
    """Return the id of a person."""
    return str(who.ask("GET", "/v1/me")["user_id"])


def tell(client: httpx.Client, people: list[Person], mails: Path) -> dict[str, Any]:
    """Record what people see, with what opens their accounts, and a link from a mail."""
    told: dict[str, Any] = {"at": datetime.now(UTC).isoformat(), "people": []}
    for who in people:
        who.client = client
        answers = record(who)
        known = {"email": who.email, "language": who.language}
        told["people"].append({**known, "ids": who.ids, "answers": answers})
    told["link"] = link(mails)
    return told


def link(mails: Path) -> str:
    """Find the link behind the button "Done" of the mail that has come."""
    for mail in mails.rglob("*.eml"):
        parsed = message_from_bytes(mail.read_bytes(), policy=default)
        html = parsed.get_body(("html",))
        found = re.search(
            r'href="[^"]+(/l/[^"]+)"[^>]*>\s*Done', html.get_content() if html else ""
        )
        if found:
            return found[1]
    raise CannotRun("There is no mail with a link.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
