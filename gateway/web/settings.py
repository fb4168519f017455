"""Settings: the list of what can be set, by page."""

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from gateway.web.layout import is_there, show
from gateway.web.route import pages

router = pages()


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page of settings: its address, what it is called, and what it is for."""

    path: str
    name: str
    about: str


SETTINGS = (
    SettingsPage("/settings/profile", "Profile", "Name, language, time zone, begin of day."),
    SettingsPage("/settings/reminders", "Reminders", "When Ritmo speaks, and when it is silent."),
    SettingsPage("/settings/channels", "Channels", "Where reminders go: mail, Telegram, others."),
    SettingsPage("/settings/links", "Links", "Telegram and calendars."),
    SettingsPage(
        "/settings/sign-in", "Sign-in and devices", "Password, codes, passkeys, sessions."
    ),
    SettingsPage("/settings/tokens", "Access tokens", "For scripts and machines."),
    SettingsPage("/settings/data", "Import and export", "Bring what you have; take it with you."),
    SettingsPage("/settings/people", "People", "Who has an account here, and invitations."),
    SettingsPage("/settings/backups", "Backups", "How old they are, and whether they are good."),
)
"""Pages of settings, in order; one is shown once it is there."""


@router.get("/settings")
async def look(request: Request) -> Response:
    """List what can be set."""
    there = [one for one in SETTINGS if is_there(request, one.path)]
    return show(request, "settings.html", settings=there)
