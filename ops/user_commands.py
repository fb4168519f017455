"""The `ritmo user` commands."""

from typing import Annotated

import typer

from ops.command import Data, Database, Zone, complain, run, settings_of


def _address(email: str) -> str:
    """Look at an address before a password is asked for."""
    from actors.auth.domain import checked_email
    from contracts.message import Invalid
    from ops.faults import sentence

    try:
        return checked_email(email)
    except Invalid as no:
        complain(sentence(no, None))
        raise typer.Exit(1) from None


Email = Annotated[str, typer.Argument(callback=_address)]

user_app = typer.Typer(help="Look after users.", no_args_is_help=True)


@user_app.command("add")
def user_add(
    email: Email,
    name: Annotated[str, typer.Option(help="What to call them.")] = "",
    zone: Zone = None,
    language: Annotated[str, typer.Option(help="en or ru.")] = "en",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
    data: Data = None,
    database: Database = None,
) -> None:
    """Add a user."""
    from ops.people import add
    from ops.zone import machine_zone

    settings = settings_of(data=data, database_url=database)
    where = zone or machine_zone()
    run(add(settings, email=email, name=name, zone=where, language=language, password=password))


@user_app.command("list")
def user_list(search: str = "", data: Data = None, database: Database = None) -> None:
    """List users."""
    from ops.people import show

    run(show(settings_of(data=data, database_url=database), search))


@user_app.command("invite")
def user_invite(
    email: Annotated[
        str | None, typer.Argument(help="Who may use it; whoever has the code, if not given.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it counts.", min=1, max=30)] = 7,
    language: Annotated[str, typer.Option(help="The mail's: en or ru.")] = "en",
    data: Data = None,
    database: Database = None,
) -> None:
    """Let somebody register, once: by mail, or by a code that is shown."""
    from ops.people import invite

    run(invite(settings_of(data=data, database_url=database), email, days, language))


@user_app.command("password")
def user_password(
    email: Email,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
    data: Data = None,
    database: Database = None,
) -> None:
    """Set a user's password, and end their sessions; a second factor stays on."""
    from ops.people import set_password

    run(set_password(settings_of(data=data, database_url=database), email, password))


@user_app.command("totp-off")
def user_totp_off(email: str, data: Data = None, database: Database = None) -> None:
    """Turn a second factor off whose app and recovery codes are lost; their sessions end."""
    from ops.people import remove_totp

    run(remove_totp(settings_of(data=data, database_url=database), email))


@user_app.command("disable")
def user_disable(email: str, data: Data = None, database: Database = None) -> None:
    """Keep a user out, and end their sessions."""
    from ops.people import change

    run(change(settings_of(data=data, database_url=database), email, disabled=True))


@user_app.command("enable")
def user_enable(email: str, data: Data = None, database: Database = None) -> None:
    """Let a user in again."""
    from ops.people import change

    run(change(settings_of(data=data, database_url=database), email, disabled=False))


@user_app.command("make-admin")
def user_make_admin(email: str, data: Data = None, database: Database = None) -> None:
    """Make a user an administrator."""
    from ops.people import change

    run(change(settings_of(data=data, database_url=database), email, role="admin"))
