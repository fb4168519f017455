"""What letters about an account say: secret links, and what its owner has to know.

They hold no word of whoever caused them: some go to people who have no account.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from actors.notifications.letter import Button, LetterWords
from actors.notifications.occasion import Occasion
from contracts.speech import say

ELSE = "If that was not you, set a new password and end all sessions."
CHANGES = {
    "passkey_added": "A passkey was added to your account: {when}.",
    "passkey_dropped": "A passkey was taken from your account: {when}.",
    "identity_linked": "A sign-in by another provider was linked to your account: {when}.",
    "identity_dropped": "A sign-in by another provider is linked to your account no more: {when}.",
    "chat_linked": "A chat in Telegram was linked to your account: {when}.",
    "chat_dropped": "A chat in Telegram is linked to your account no more: {when}.",
    "totp_on": "The second factor of your account was switched on: {when}.",
    "totp_off": "The second factor of your account was switched off: {when}.",
}


def _letter(
    of: Occasion, title: str, *lines: str, button: str = "", aside: str = "", mark: str = ""
) -> LetterWords:
    """Write a short letter: its title, what it says, and perhaps a button."""
    said = tuple(say(of.language, line, _known(of)) for line in lines)
    link = of.links.get("open", "")
    return LetterWords(
        subject=say(of.language, title),
        heading=say(of.language, title),
        preview=said[0],
        paragraphs=said,
        buttons=(Button(say(of.language, button), link, main=True),) if button and link else (),
        aside=(say(of.language, aside),) if aside else (),
        mark=say(of.language, mark) if mark else "",
    )


def _known(of: Occasion) -> dict[str, str]:
    """Return what the sentences are filled with: when it was, and by which program."""
    agent = of.text("agent") or say(of.language, "an unknown program")
    return {"when": _when(of), "agent": agent}


def _when(of: Occasion) -> str:
    """Write when something was, by the clock of its reader."""
    from babel.dates import format_datetime

    if not of.text("at"):
        return ""
    try:
        zone = ZoneInfo(of.text("zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    at = datetime.fromisoformat(of.text("at")).astimezone(zone)
    form = "d MMMM, HH:mm ZZZZ" if of.language == "ru" else "MMMM d, HH:mm ZZZZ"
    return format_datetime(at, form, tzinfo=zone, locale=of.language)


def confirm_account(of: Occasion) -> LetterWords:
    """Ask whether an account is to be opened with this address."""
    return _letter(
        of,
        "Confirm your address",
        "Somebody wants to open an account in Ritmo with this address. If that is you, confirm it "
        "within a day.",
        button="Confirm the address",
        aside="If that was not you, do nothing: no account is opened, and nothing more is sent.",
    )


def invitation(of: Occasion) -> LetterWords:
    """Invite somebody."""
    return _letter(
        of,
        "You are invited to Ritmo",
        "Whoever runs a Ritmo, which keeps habits and a diary, invites you to open an account.",
        button="Open an account",
        aside="If you do not know why, do nothing: no account is opened.",
    )


def account_exists(of: Occasion) -> LetterWords:
    """Tell somebody who has an account that it was asked for another."""
    return _letter(
        of,
        "You have an account already",
        "Somebody wanted to use this address for another account in Ritmo. You have one already, "
        "so nothing was changed.",
        "If that was you, log in; if you do not remember the password, ask for a new one.",
        aside="If that was not you, you need do nothing.",
    )


def reset_password(of: Occasion) -> LetterWords:
    """Offer to set a new password."""
    return _letter(
        of,
        "Set a new password",
        "Somebody asked for a new password for your account in Ritmo. If that was you, set it "
        "within 30 minutes.",
        button="Set a new password",
        aside="If that was not you, do nothing: your password stays as it is.",
    )


def confirm_address(of: Occasion) -> LetterWords:
    """Ask whether an account is to have this address."""
    return _letter(
        of,
        "Confirm your new address",
        "Somebody wants to use this address for their account in Ritmo. If that is you, confirm it "
        "within a day.",
        button="Confirm the address",
        aside="If that was not you, do nothing: nothing is changed, and nothing more is sent.",
    )


def address_changed(of: Occasion) -> LetterWords:
    """Tell the old address that there is a new one."""
    return _letter(
        of,
        "Your address was changed",
        "Your account in Ritmo has another address now, and mails go there.",
        "If that was not you, take it back within 7 days. All sessions end then, and you set a new "
        "password.",
        button="Take it back",
        mark="Security",
    )


def new_sign_in(of: Occasion) -> LetterWords:
    """Tell of a sign-in from a device that was not known."""
    line = "Somebody signed in to your account from a new device ({agent}): {when}."
    return _letter(of, "A new sign-in", line, ELSE, mark="Security")


def token_replayed(of: Occasion) -> LetterWords:
    """Tell that a token was used twice."""
    return _letter(
        of,
        "A session was ended",
        "A token of one of your sessions was used a second time: {when}. Somebody may have a copy, "
        "so the session was ended.",
        "If you were logged out just then, log in again. If you do not know why this happened, set "
        "a new password.",
        mark="Security",
    )


def password_changed(of: Occasion) -> LetterWords:
    """Tell that there is a new password."""
    line = "The password of your account was changed: {when}. Other sessions were ended."
    return _letter(of, "Your password was changed", line, ELSE, mark="Security")


def factor_changed(of: Occasion) -> LetterWords:
    """Tell that somebody signs in otherwise now."""
    line = CHANGES.get(of.text("what"), "Another way to sign in was chosen: {when}.")
    return _letter(of, "How you sign in was changed", line, ELSE, mark="Security")


ACCOUNT_LETTERS: Mapping[str, Callable[[Occasion], LetterWords]] = {
    "confirm_account": confirm_account,
    "invitation": invitation,
    "account_exists": account_exists,
    "reset_password": reset_password,
    "confirm_address": confirm_address,
    "address_changed": address_changed,
    "new_sign_in": new_sign_in,
    "token_replayed": token_replayed,
    "password_changed": password_changed,
    "factor_changed": factor_changed,
}
"""By the name of the template."""
