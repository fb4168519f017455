"""Where Google sends browsers back to, and where it tells of changes: `/calendar/google/`."""

from html import escape

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from contracts.google import FinishGoogle, HearGoogle
from contracts.message import Denied, Refused
from contracts.speech import say
from gateway.answers import nothing
from gateway.deps import TheBus, guest
from gateway.google import COOKIE, PLACE
from gateway.language import liked
from gateway.link_pages import refused_page
from gateway.web.plain import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)])


@router.get("/calendar/google/callback")
async def come_back(request: Request, bus: TheBus) -> Response:
    """Finish a link in the browser that began it; another one is told what to do."""
    language = liked(request.scope)
    state, code = (request.query_params.get(name, "")[:2000] for name in ("state", "code"))
    proof = request.cookies.get(COOKIE, "")[:100]
    try:
        if not proof:
            if not code:
                raise Denied("google_refused", "Google was not allowed to link the calendar.")
            return _handed_over(state, code, language)
        await bus.ask(FinishGoogle(state=state[:100], proof=proof, code=code))
    except Refused as no:
        return refused_page(no, language)
    title = say(language, "Google Calendar is linked")
    line = say(language, "Your habits appear there in a moment. You can close this page.")
    done = page(title, f"<h1>{title}</h1><p>{line}</p>", language)
    done.delete_cookie(COOKIE, path=PLACE)
    done.headers["Cache-Control"] = "no-store"
    return done


@router.post("/calendar/google/changes")
async def hear_google(request: Request, bus: TheBus) -> Response:
    """Take in that something has changed there."""
    channel = request.headers.get("x-goog-channel-id", "")[:64]
    token = request.headers.get("x-goog-channel-token", "")[:256]
    if channel and token:
        await bus.ask(HearGoogle(channel_id=channel, token=token))
    return nothing()


def _handed_over(state: str, code: str, language: str) -> Response:
    """Show what whoever began this needs to finish it: this browser is not known to be theirs."""
    title = say(language, "Almost linked")
    line = say(language, "Send this to the program in which you began, and to nobody else:")
    shown = f"<h1>{title}</h1><p>{line}</p><pre>{escape(state)}\n{escape(code)}</pre>"
    told = page(title, shown, language)
    told.headers["Cache-Control"] = "no-store"
    return told
