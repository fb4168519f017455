"""An installation of compose.yaml for drills: a project of its own, on a free port."""

import asyncio
import json
import os
import shlex
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import httpx

from tests.backends import free_port

ROOT = Path(__file__).parents[2]
PROJECT = "ritmo-drill"
IMAGE = "ritmo:drill"
COMMAND = 900.0
"""Seconds that a command may take; the first one builds the image."""

START = 240.0
"""Seconds that Ritmo may take to be ready after a start."""

HEAL = 60.0
"""Seconds within which Ritmo must be well again once what was broken is back."""


class Failed(Exception):
    """A drill did not hold; the message says why."""


class Published(TypedDict):
    """A port of a container; 0 where it is not published."""

    PublishedPort: int


class Container(TypedDict):
    """A container as `docker compose ps` describes it."""

    ID: str
    Service: str
    State: str
    Health: str
    Publishers: list[Published] | None


def demand(held: object, reason: str) -> None:
    """Let a drill fail unless this holds."""
    if not held:
        raise Failed(reason)


async def until(condition: Callable[[], Awaitable[object]], seconds: float, what: str) -> float:
    """Wait for something to become true; return after how many seconds it was."""
    began = time.monotonic()
    while not await condition():
        demand(time.monotonic() - began < seconds, f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(0.25)
    return time.monotonic() - began


@dataclass
class Stack:
    """The installation; `compose` are the words in place of `docker compose`."""

    compose_words: tuple[str, ...]
    port: int = field(default_factory=free_port)

    @classmethod
    def from_environment(cls) -> "Stack":
        """Take the command from DRILL_COMPOSE."""
        return cls(tuple(shlex.split(os.environ.get("DRILL_COMPOSE") or "docker compose")))

    @property
    def url(self) -> str:
        """Where Nginx listens."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Make a client that asks Nginx."""
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20, trust_env=False)

    async def run(self, *words: str, given: str = "", check: bool = True) -> str:
        """Run a command in the folder of compose.yaml; return what it says."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RITMO_")}
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=ROOT,
            env=kept
            | {
                "COMPOSE_PROJECT_NAME": PROJECT,
                "COMPOSE_DISABLE_ENV_FILE": "1",
                "COMPOSE_PROGRESS": "plain",
                "RITMO_PUBLISH": f"127.0.0.1:{self.port}",
                "RITMO_IMAGE": IMAGE,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(COMMAND):
                out, err = await process.communicate(given.encode())
        finally:
            if process.returncode is None:
                process.kill()
        if check and process.returncode != 0:
            raise Failed(f"`{' '.join(words)}` ended with {process.returncode}: {tail(err)}")
        return out.decode(errors="replace")

    async def compose(self, *words: str, given: str = "", check: bool = True) -> str:
        """Run `docker compose` with these words."""
        return await self.run(*self.compose_words, *words, given=given, check=check)

    async def inside(self, service: str, *words: str, index: int = 1) -> str:
        """Run a command in a container of a service."""
        return await self.compose("exec", "-T", "--index", str(index), service, *words)

    async def docker(self, *words: str) -> str:
        """Run `docker` with these words."""
        return (await self.run("docker", *words)).strip()

    async def up(self, *words: str) -> None:
        """Start what does not run, and wait until all of it is ready."""
        await self.compose("up", "-d", *words)
        await until(self.ready, START, "Ritmo is ready")

    async def down(self) -> None:
        """Take everything away, the volumes too."""
        await self.compose("down", "-v", "--remove-orphans")

    async def containers(self, *services: str) -> list[Container]:
        """Describe the containers of these services, or of all, those that have ended too."""
        lines = (await self.compose("ps", "-a", "--format", "json", *services)).splitlines()
        found: list[Container] = [json.loads(line) for line in lines if line.startswith("{")]
        return sorted(found, key=lambda one: one["ID"])

    async def well(self, service: str) -> bool:
        """Tell whether all containers of a service run, and are healthy."""
        found = await self.containers(service)
        return all(one["State"] == "running" and one["Health"] == "healthy" for one in found)

    async def ids(self, service: str) -> list[str]:
        """List the running containers of a service."""
        found = await self.containers(service)
        return [one["ID"] for one in found if one["State"] == "running"]

    async def addresses(self, service: str) -> set[str]:
        """List the addresses of a service's containers in the project's network."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return {await self.docker("inspect", "-f", form, one) for one in await self.ids(service)}

    async def healthy(self, service: str, number: int = 1) -> None:
        """Wait until so many containers of a service are healthy."""

        async def well() -> bool:
            found = await self.containers(service)
            return sum(one["Health"] == "healthy" for one in found) >= number

        await until(well, START, f"{number} healthy containers of {service}")

    async def ready(self) -> bool:
        """Ask /readyz."""
        return not await self.missing()

    async def missing(self) -> dict[str, str]:
        """Return the parts that /readyz names as missing; `nginx` where nobody answers."""
        try:
            async with self.client() as client:
                answer = await client.get("/readyz")
        except httpx.TransportError as error:
            return {"nginx": type(error).__name__}
        if answer.status_code == 200:
            return {}
        parts: dict[str, str] = answer.json().get("parts", {"gateway": answer.json()["code"]})
        return {name: how for name, how in parts.items() if how != "ok"}


def tail(said: bytes) -> str:
    """Return the end of what a command said, on one line."""
    return " | ".join(said.decode(errors="replace").strip().splitlines()[-4:])
