"""Looking after users from the command line: the same asks as over HTTP."""

from rich.console import Console
from rich.table import Table

from actors.runtime.settings import Settings
from contracts.accounts import OpenAccount
from contracts.invitations import Invite
from contracts.message import new_id
from contracts.passwords import SetPassword
from contracts.totp import RemoveTotp
from contracts.users import ChangeUser, GetUser, ListUsers, Role
from ops.platform import at_hand, operator, vouching


async def add(
    settings: Settings, *, email: str, name: str, zone: str, language: str, password: str
) -> None:
    """Add a user."""
    async with at_hand(settings, make=True) as here:
        proof = await vouching(here).prove(OpenAccount, new_id())
        said = {"email": email, "password": password, "name": name, "zone": zone}
        given = {**said, "language": language, "welcome": True, "may_found": True, "proof": proof}
        opened = await here.bus.ask(OpenAccount.model_validate(given))
    console = Console(highlight=False)
    console.print(f"Added {email.strip().lower()}.")
    if opened.role == "admin":
        console.print("This is the first account here, so it is the administrator's.")


async def show(settings: Settings, search: str) -> None:
    """List users as a table."""
    table = Table("E-mail", "Name", "Zone", "Role", "Since", "State")
    cursor: str | None = None
    async with at_hand(settings) as here:
        while True:
            page = await here.bus.ask(ListUsers(search=search, cursor=cursor), operator())
            for user in page.users:
                table.add_row(
                    user.email,
                    user.name,
                    user.zone,
                    user.role,
                    f"{user.created_at:%Y-%m-%d}",
                    "disabled" if user.disabled else "",
                )
            cursor = page.cursor
            if cursor is None:
                break
    Console(highlight=False).print(table if table.rows else "There are no users.")


async def change(
    settings: Settings, email: str, *, disabled: bool | None = None, role: Role | None = None
) -> None:
    """Disable or enable a user, or change their role."""
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        changed = await here.bus.ask(
            ChangeUser(user_id=user.user_id, disabled=disabled, role=role), operator()
        )
    state = "disabled" if changed.disabled else "enabled"
    Console(highlight=False).print(f"{changed.email} is {changed.role}, {state}.")


async def set_password(settings: Settings, email: str, password: str) -> None:
    """Set a user's password."""
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        proof = await vouching(here).prove(SetPassword, user.user_id)
        await here.bus.ask(SetPassword(proof=proof, new_password=password))
    Console(highlight=False).print(f"{user.email} has a new password, and no open session.")


async def remove_totp(settings: Settings, email: str) -> None:
    """Turn a user's second factor off."""
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        proof = await vouching(here).prove(RemoveTotp, user.user_id)
        await here.bus.ask(RemoveTotp(proof=proof))
    Console(highlight=False).print(f"{user.email} has no second factor, and no open session.")


async def invite(settings: Settings, email: str | None, days: int, language: str) -> None:
    """Make an invitation."""
    given = {"email": email, "days": days, "language": language}
    async with at_hand(settings, make=True) as here:
        made = await here.bus.ask(Invite.model_validate(given), operator())
    console = Console(highlight=False, soft_wrap=True)
    if made.code is None:
        console.print(f"An invitation is on its way to {made.email}.")
    else:
        console.print(made.code)
        until = f"{made.expires_at:%Y-%m-%d %H:%M} UTC"
        console.print(f"It counts once, until {until}: send it as `invitation` when registering.")
