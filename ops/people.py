"""Looking after users from the command line: the same asks as over HTTP."""

from rich.console import Console
from rich.table import Table

from actors.runtime.settings import Settings
from contracts.accounts import OpenAccount
from contracts.message import new_id
from contracts.users import ChangeUser, GetUser, ListUsers, Role
from ops.platform import at_hand, operator, vouching


async def add(
    settings: Settings, *, email: str, name: str, zone: str, language: str, password: str
) -> None:
    """Add a user."""
    async with at_hand(settings, make=True) as here:
        proof = await vouching(here).prove(OpenAccount, new_id())
        said = {"email": email, "password": password, "name": name, "zone": zone}
        given = {**said, "language": language, "welcome": True, "proof": proof}
        await here.bus.ask(OpenAccount.model_validate(given))
    Console(highlight=False).print(f"Added {email.strip().lower()}.")


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
