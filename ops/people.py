"""Looking after users from the command line: the same asks as over HTTP."""

from getpass import getuser

from rich.console import Console
from rich.table import Table

from actors.runtime.settings import Settings
from contracts.accounts import Register
from contracts.tokens import Device
from contracts.users import ChangeUser, CreateProfile, GetUser, ListUsers, Role
from ops.platform import at_hand, operator


async def add(
    settings: Settings, *, email: str, name: str, zone: str, language: str, password: str
) -> None:
    """Add a user."""
    register = Register.model_validate(
        {"email": email, "password": password, "name": name, "zone": zone, "language": language}
    )
    register = register.model_copy(update={"device": Device(agent=f"ritmo, {getuser()}")})
    async with at_hand(settings, make=True) as here:
        tokens = await here.bus.ask(register)
        who = await here.verifier.verify(tokens.access_token)
        profile = CreateProfile(
            email=register.email,
            name=register.name,
            zone=register.zone,
            language=register.language,
        )
        user = await here.bus.ask(profile, who)
    Console(highlight=False).print(f"Added {user.email}.")


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
