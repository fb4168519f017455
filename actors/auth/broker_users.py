"""Users of RabbitMQ for integrations, made by its management interface.

The address is the operator's choice (`RITMO_AMQP_MANAGEMENT_URL`): it is asked for a few seconds,
no redirect is followed, no proxy of the environment is used, and an answer is read up to a bound.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import structlog

from actors.runtime.rabbit.users import INTEGRATION, Rights
from actors.runtime.settings import Settings
from contracts.message import Conflict, Unavailable

log = structlog.get_logger()

SECONDS = 4.0
"""Seconds that RabbitMQ has for all that it is asked at once."""

MAX_BYTES = 8 << 20
"""Bytes of an answer: of some ten thousands of users."""

MAX_CONNECTIONS, MAX_CHANNELS = 5, 20
"""Of one integration at once."""


class BrokerUsers:
    """The users of integrations at RabbitMQ; off where its management is not known."""

    def __init__(self, settings: Settings) -> None:
        """Know where it is; nothing is asked yet."""
        secret = settings.amqp_management_url
        parts = urlsplit(secret.get_secret_value() if secret else "")
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port or 15672}" if secret else ""
        self._login = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._vhost = quote(unquote(parts.path.lstrip("/")) or "/", safe="")

    @property
    def known(self) -> bool:
        """Tell whether there are integrations here."""
        return bool(self._base)

    def check(self) -> None:
        """Refuse with `Conflict` where there are none."""
        if not self.known:
            text = "Integrations at the message broker are not set up here; use an access token."
            raise Conflict("integrations_off", text)

    async def put(self, integration_id: UUID, password_hash: str, rights: Rights) -> None:
        """Make a user, or make it what it should be. Refuses with `Unavailable`."""
        name = f"{INTEGRATION}{integration_id}"
        user = {
            "password_hash": password_hash,
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": "",
        }
        may = {"configure": rights.configure, "write": rights.write, "read": rights.read}
        # What it may do comes before who it is: else it could do more for a moment.
        asked: list[tuple[str, str, object]] = [
            ("PUT", f"users/{name}", user),
            ("PUT", f"user-limits/{name}/max-connections", {"value": MAX_CONNECTIONS}),
            ("PUT", f"user-limits/{name}/max-channels", {"value": MAX_CHANNELS}),
            *(
                (
                    "PUT",
                    f"topic-permissions/{self._vhost}/{name}",
                    {"exchange": exchange, "write": write, "read": read},
                )
                for exchange, (write, read) in rights.topics.items()
            ),
            ("PUT", f"permissions/{self._vhost}/{name}", may),
        ]
        await self._ask(asked)

    async def remove(self, integration_ids: Iterable[UUID]) -> None:
        """Take users away, with their connections. Refuses with `Unavailable`."""
        names = [f"{INTEGRATION}{one}" for one in integration_ids]
        await self._ask(
            [
                asked
                for name in names
                for asked in (
                    ("DELETE", f"users/{name}", None),
                    ("DELETE", f"connections/username/{name}", None),
                )
            ]
        )

    async def list_ids(self) -> set[UUID]:
        """Return the integrations that have a user. Refuses with `Unavailable`."""
        [found] = await self._ask([("GET", "users", None)])
        names = [str(user["name"]) for user in found if isinstance(user, dict)]
        return {
            UUID(name.removeprefix(INTEGRATION)) for name in names if name.startswith(INTEGRATION)
        }

    async def _ask(self, asked: Iterable[tuple[str, str, object]]) -> list[Any]:
        """Ask one thing after another; what is not there need not be taken away."""
        import aiohttp  # heavy; only where integrations are

        answers = []
        headers = {"Authorization": aiohttp.encode_basic_auth(*self._login)}
        try:
            async with (
                asyncio.timeout(SECONDS),
                aiohttp.ClientSession(headers=headers, trust_env=False) as session,
            ):
                for method, path, body in asked:
                    url = f"{self._base}/api/{path}"
                    async with session.request(
                        method, url, json=body, allow_redirects=False
                    ) as answer:
                        if answer.status >= 300 and answer.status != 404:
                            log.warning("broker refuses", path=path, status=answer.status)
                            raise _away()
                        text = await answer.content.read(MAX_BYTES)
                        answers.append(json.loads(text) if method == "GET" else None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("broker away", why=type(error).__name__)
            raise _away() from None
        return answers


def _away() -> Unavailable:
    text = "The message broker cannot be asked at the moment; try again later."
    return Unavailable("broker_away", text, retry_after=5)
