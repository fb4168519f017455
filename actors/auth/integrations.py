"""Integrations: personal tokens with a user of the message broker, which is made by a job."""

import importlib
import pkgutil
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

import contracts
from actors.auth.broker_users import BrokerUsers
from actors.auth.personal_tokens import ended, make_token
from actors.auth.room import room
from actors.auth.tools import TheBrokerUsers, tools
from actors.runtime.rabbit.password import hashed
from actors.runtime.rabbit.users import INTEGRATION, Rights, integration_rights
from actors.runtime.room import Transaction, Who
from contracts.integrations import (
    CreateIntegration,
    Integration,
    Integrations,
    ListIntegrations,
    MadeIntegration,
    RevokeIntegration,
    SyncIntegration,
)
from contracts.message import Asked, Conflict, Done, NotFound
from contracts.personal_tokens import ExchangePersonalToken
from contracts.scopes import scope_of
from contracts.told import TOLD, scope_of_fact
from storage.auth import integrations, personal_tokens
from storage.auth.integrations import IntegrationRow
from storage.outbox import tell

MAX_INTEGRATIONS = 10
"""Integrations of one person."""


@room.answer
async def create_integration(
    command: CreateIntegration, who: Who, tx: Transaction, broker: TheBrokerUsers
) -> MadeIntegration:
    """Make an integration; the only time that its token is known here."""
    broker.check()
    now = datetime.now(UTC)
    row, token = await make_token(
        tx, who.user_id, command.name, command.scopes, command.expires_at, now
    )
    if await integrations.count(tx, who.user_id) >= MAX_INTEGRATIONS:
        raise Conflict(
            "too_many_integrations",
            "You have {most} integrations already; revoke one first.",
            most=MAX_INTEGRATIONS,
        )
    await integrations.add(tx, row.id, who.user_id, hashed(token, secrets.token_bytes(4)))
    await tell(tx, SyncIntegration(user_id=who.user_id, integration_id=row.id))
    [made] = await integrations.list_live(tx, now, token_id=row.id)
    return MadeIntegration(made=_shown(made), token=token)


@room.answer
async def list_integrations(query: ListIntegrations, who: Who, tx: Transaction) -> Integrations:
    """List the caller's integrations."""
    rows = await integrations.list_live(tx, datetime.now(UTC), who.user_id)
    return Integrations(integrations=tuple(map(_shown, rows)))


@room.answer
async def revoke_integration(command: RevokeIntegration, who: Who, tx: Transaction) -> Done:
    """End an integration: its token now, its user of the broker as soon as that can be asked."""
    wanted = command.integration_id
    ours = wanted in await integrations.list_ids(tx, who.user_id)
    if not ours or not await personal_tokens.revoke(tx, who.user_id, wanted):
        raise NotFound(
            "integration_not_found",
            "There is no integration {integration_id}.",
            integration_id=str(wanted),
        )
    await ended(tx, who.user_id, [wanted], datetime.now(UTC))
    return Done()


@room.do
async def sync_integration(job: SyncIntegration, tx: Transaction, broker: TheBrokerUsers) -> None:
    """Make the user of an integration, or take it away."""
    if not broker.known:
        return
    now = datetime.now(UTC)
    rows = await integrations.list_live(tx, now, token_id=job.integration_id)
    if not rows:
        await broker.remove([job.integration_id])
    for row in rows:
        await _put(tx, broker, row, now)


@room.tick("auth.integrations", every=60)
async def sync_all(tx: AsyncConnection) -> bool:
    """Have the broker know those integrations that live, and no others."""
    broker, now = tools.broker_users, datetime.now(UTC)
    if not broker.known:
        return False
    live = {row.token_id: row for row in await integrations.list_live(tx, now)}
    there = await broker.list_ids()
    if ended := there - live.keys():
        await broker.remove(ended)
    for lost in live.keys() - there:
        await _put(tx, broker, live[lost], now)
    return False


async def _put(
    tx: AsyncConnection, broker: BrokerUsers, row: IntegrationRow, now: datetime
) -> None:
    await broker.put(row.token_id, row.password_hash, rights_of(row))
    await integrations.note_synced(tx, row.token_id, now)


def rights_of(row: IntegrationRow) -> Rights:
    """Return what an integration may do: read the facts of its person, and ask, by its scopes."""
    scopes = frozenset(row.scopes)
    facts = [f"{fact.address}.{row.user_id}" for fact in TOLD if scope_of_fact(fact) in scopes]
    asks = [ask.address for ask in asks_of_people() if scope_of(ask) in scopes]
    return integration_rights(row.token_id, facts, [*asks, ExchangePersonalToken.address])


@cache
def asks_of_people() -> tuple[type[Asked[Any]], ...]:
    """Return all that people ask, of which some need no more than scopes."""
    for found in pkgutil.iter_modules(contracts.__path__):
        importlib.import_module(f"contracts.{found.name}")
    return tuple(one for one in _below(Asked) if not one.public and not one.fresh)


def _below(contract: type[Asked[Any]]) -> Iterator[type[Asked[Any]]]:
    for one in contract.__subclasses__():
        if "address" in vars(one) and one.__module__.startswith("contracts."):
            yield one
        yield from _below(one)


def _shown(row: IntegrationRow) -> Integration:
    """Show an integration to its owner."""
    return Integration.model_validate(
        {
            "integration_id": row.token_id,
            "name": row.name,
            "user": f"{INTEGRATION}{row.token_id}",
            "scopes": row.scopes,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "used_at": row.used_at,
            "ready": row.synced_at is not None,
        }
    )
