"""A post office in a thread, for a Ritmo in a process of its own; and its database, looked into."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from sqlalchemy import text

from storage import embedded as cluster
from storage.session import open_engine
from tests.journeys.running import PASSWORD, Up, until
from tests.smtp_server import MailServer, Taken, mail_server


@contextmanager
def post_office(*, withholds: bool = False) -> Iterator[MailServer]:
    """Run a mail server in a thread; if it `withholds`, nothing is answered until `let_go`."""
    loop = asyncio.new_event_loop()
    opened, closing = threading.Event(), asyncio.Event()
    servers: list[MailServer] = []

    async def serve() -> None:
        async with mail_server() as server:
            server.withholds = asyncio.Event() if withholds else None
            servers.append(server)
            opened.set()
            await closing.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert opened.wait(30)
    try:
        yield servers[0]
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join(30)


def secret_in(mail: Taken) -> str:
    """Return the secret of the link in a mail."""
    found = re.search(r"/c/([A-Za-z0-9_-]{43})", mail.part("plain"))
    assert found is not None, mail.part("plain")
    return found[1]


def mails_to(office: MailServer, email: str, about: str) -> list[Taken]:
    """Return the mails to somebody whose subject has some words."""
    mine = [one for one in office.taken if one.recipient == email]
    return [one for one in mine if about in str(one.mail["Subject"])]


def join(
    client: httpx.Client, office: MailServer, email: str, address: str = "", **more: str
) -> dict[str, str]:
    """Register, and confirm the address; return the header that the session needs.

    `address` is where they seem to come from.
    """
    words = {"email": email, "password": PASSWORD, **more}
    headers = {"X-Forwarded-For": address} if address else {}
    answer = client.post("/v1/auth/register", json=words, headers=headers)
    assert answer.status_code == 202, answer.text
    until(lambda: mails_to(office, email, "Confirm"), "the link has come")
    token = secret_in(mails_to(office, email, "Confirm")[-1])
    answer = client.post("/v1/auth/confirm", json={"token": token})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def database_of(running: Up) -> str:
    """Return the address of the embedded database."""
    url = cluster.connect_url(running.output.parent / "data" / "postgres")
    assert url is not None
    return url


def changed(running: Up, statement: str) -> int:
    """Change the database, so that time moves for one row; return how many rows did."""

    async def run() -> int:
        engine = open_engine(database_of(running), 1)
        async with engine.begin() as tx:
            rows = (await tx.execute(text(statement))).rowcount
        await engine.dispose()
        return rows

    return asyncio.run(run())
