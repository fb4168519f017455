"""Where the secret links in mails lead: /c/{token}, pages for people without a login.

Programs that scan mails follow links: looking (GET) changes nothing, only the button (POST) acts.
"""

from html import escape

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.message import Gone, Invalid, Refused
from contracts.passwords import ResetPassword
from contracts.registrations import Confirm, LookAtMailLink, MailLink, MailPurpose, SignUp
from contracts.speech import say
from gateway.deps import Hashing, TheBus, guest
from gateway.forms import form_of
from gateway.language import liked
from gateway.link_pages import page_of, refused_page
from gateway.links import PageRoute

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)], route_class=PageRoute)

QUESTIONS: dict[MailPurpose, str] = {
    "confirm": "Open an account with {email}?",
    "reset": "Set a new password",
    "address": "Use {email} for your account?",
    "undo": "Take {email} back?",
    "invitation": "Open an account with {email}?",
}
HINTS: dict[MailPurpose, str] = {
    "confirm": "Press the button, and the account is open. Then log in.",
    "reset": "All sessions end. Then log in with the new password.",
    "address": "Mails go there from then on.",
    "undo": "Your account gets its old address back, and all sessions end.",
    "invitation": "Choose a password. Then log in.",
}
BUTTONS: dict[MailPurpose, str] = {
    "confirm": "Open the account",
    "reset": "Set it",
    "address": "Use this address",
    "undo": "Take it back",
    "invitation": "Open the account",
}
ANSWERS: dict[MailPurpose, str] = {
    "confirm": "Your account is open. You can log in now.",
    "reset": "Your new password is set. You can log in now.",
    "address": "Your account has its new address.",
    "undo": "Your account has its old address back. Now set a new password.",
    "invitation": "Your account is open. You can log in now.",
}


@router.get("/c/{token}")
async def look(request: Request, token: str, bus: TheBus) -> Response:
    """Show what a link is for; nothing is done."""
    link = await _found(bus, token)
    return _ask(link, link.language or liked(request.scope))


@router.post("/c/{token}")
async def act(request: Request, token: str, bus: TheBus, hashing: Hashing) -> Response:
    """Do what a link is for."""
    form, link = await form_of(request), await _found(bus, token)
    language = link.language or liked(request.scope)
    try:
        if link.purpose == "reset":
            async with hashing:
                await bus.ask(ResetPassword(token=token, new_password=_password(form)))
        elif link.purpose == "invitation":
            invited = {"email": link.email, "language": language, "invitation": token}
            async with hashing:
                await bus.ask(SignUp.model_validate({**invited, "password": _password(form)}))
        else:
            await bus.ask(Confirm(token=token, sign_in=False))
    except Invalid as no:
        wrong = [say(language, one.detail) for one in no.fields] or [
            say(language, no.text, no.params)
        ]
        return _ask(link, language, " ".join(wrong))
    except Refused as no:
        return refused_page(no, language)
    title = escape(say(language, ANSWERS[link.purpose]))
    home = f'<nav><a href="/">{escape(say(language, "Open Ritmo"))}</a></nav>'
    body = f'<section><h2 class="ok">{title}</h2></section>{home}'
    return page_of(say(language, ANSWERS[link.purpose]), body, language)


def _password(form: dict[str, str]) -> str:
    """Read the new password off the form. Refuses with `Invalid`."""
    first, again = form.get("password", ""), form.get("again", "")
    if first != again:
        raise Invalid("weak_password", "These are two different passwords; type it again.")
    return first


async def _found(bus: TheBus, token: str) -> MailLink:
    try:
        return await bus.ask(LookAtMailLink(token=token))
    except ValidationError:
        text = "This link was used, or it is too old. Please ask for another one."
        raise Gone("link_void", text) from None


def _ask(link: MailLink, language: str, wrong: str = "") -> Response:
    """Lay out what a link is for, and the button that does it; `wrong`: why it did not."""
    title = say(language, QUESTIONS[link.purpose], {"email": link.email})
    hint = escape(say(language, HINTS[link.purpose]))
    alert = f'<p class="away" role="alert">{escape(wrong)}</p>' if wrong else ""
    fields = _fields(language) if link.purpose in ("reset", "invitation") else ""
    button = escape(say(language, BUTTONS[link.purpose]))
    body = (
        f"<section><h2>{escape(title)}</h2>{alert}<p>{hint}</p>"
        f'<form method="post">{fields}<button>{button}</button></form></section>'
    )
    return page_of(title, body, language, 422 if wrong else 200)


def _fields(language: str) -> str:
    """Lay out the fields for a new password."""
    labels = (
        ("password", say(language, "New password, at least 8 characters")),
        ("again", say(language, "The same once more")),
    )
    return "".join(
        f'<p><label>{escape(label)}<br><input type="password" name="{name}" required minlength="8"'
        ' maxlength="128" autocomplete="new-password"></label></p>'
        for name, label in labels
    )
