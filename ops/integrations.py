"""Integrations of people, from the command line: the same asks as over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from actors.runtime.settings import Settings
from contracts.integrations import CreateIntegration, ListIntegrations, RevokeIntegration
from contracts.principal import Principal
from contracts.scopes import GRANTABLE, USER, Scope
from contracts.users import GetUser
from ops.faults import CannotRun
from ops.platform import Platform, at_hand, operator


@asynccontextmanager
async def acting(settings: Settings, email: str) -> AsyncIterator[tuple[Platform, Principal]]:
    """Act as the person with an address."""
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        who = Principal(user_id=user.user_id, scopes=frozenset({USER}), service="ops")
        yield here, who


async def add(settings: Settings, email: str, name: str, scopes: str) -> None:
    """Make an integration, and show its password this once."""
    words = tuple(scopes.replace(",", " ").split())
    try:
        wanted = TypeAdapter(tuple[Scope, ...]).validate_python(words)
    except ValidationError:
        raise CannotRun(f"These are no scopes; there are {', '.join(GRANTABLE)}.") from None
    if not wanted:
        raise CannotRun(f"Name scopes with --scopes; there are {', '.join(GRANTABLE)}.")
    async with acting(settings, email) as (here, who):
        made = await here.bus.ask(CreateIntegration(name=name, scopes=wanted), who)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print(f"User of RabbitMQ: {made.made.user}")
    console.print(f"Password, shown this once: {made.token}")
    console.print(f"Queues: {made.made.user}.0 to {made.made.user}.9")
    console.print(f"Person: {who.user_id}")
    console.print(f"It ends on {made.made.expires_at:%Y-%m-%d}.")


async def show(settings: Settings, email: str) -> None:
    """List a person's integrations."""
    table = Table("Integration", "Name", "Scopes", "Ends", "Last used", "State")
    async with acting(settings, email) as (here, who):
        found = await here.bus.ask(ListIntegrations(), who)
    for one in found.integrations:
        used = f"{one.used_at:%Y-%m-%d}" if one.used_at else ""
        state = "" if one.ready else "not there yet"
        ends = f"{one.expires_at:%Y-%m-%d}"
        table.add_row(str(one.integration_id), one.name, " ".join(one.scopes), ends, used, state)
    Console(highlight=False).print(table if table.rows else "There are no integrations.")


async def revoke(settings: Settings, email: str, integration_id: UUID) -> None:
    """End an integration."""
    async with acting(settings, email) as (here, who):
        await here.bus.ask(RevokeIntegration(integration_id=integration_id), who)
    Console(highlight=False).print("It is revoked.")
