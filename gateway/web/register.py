"""The pages on which one opens an account, and says that a password was forgotten."""

from zoneinfo import available_timezones

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.bus import deadline_in
from contracts.message import Invalid, Refused
from contracts.passwords import ForgotPassword
from contracts.registrations import SignUp
from contracts.sign_ins import GetSignInWays
from contracts.speech import say
from contracts.users import CreateProfile
from gateway.accounts import CONFIRM_FIRST
from gateway.deps import FromDevice, Hashing, TheBus, TheVerifier, at_register
from gateway.forms import form_of
from gateway.language import liked
from gateway.passwords import RESET_SENT
from gateway.problems import status_of
from gateway.web.layout import show
from gateway.web.route import pages, wrong_words
from gateway.web.session import kept

router = pages(for_guests=True)

FIRST_PLACE = "/welcome"
"""Where a newcomer goes first."""


@router.get("/register")
async def look(request: Request, bus: TheBus) -> Response:
    """Ask for what an account needs."""
    return await _ask(request, bus, {"invitation": request.query_params.get("invitation", "")})


@router.post("/register", dependencies=[Depends(at_register)])
async def register(
    request: Request, bus: TheBus, verifier: TheVerifier, device: FromDevice, hashing: Hashing
) -> Response:
    """Open an account, and begin its first session; or say that a mail asks to confirm it."""
    form, deadline, language = await form_of(request, 6000), deadline_in(), liked(request.scope)
    zone = form.get("zone", "")
    words = {
        "email": form.get("email", ""),
        "password": form.get("password", ""),
        "name": form.get("name", ""),
        "zone": zone if zone in available_timezones() else "UTC",
        "language": language,
        "invitation": form.get("invitation") or None,
    }
    try:
        command = SignUp.model_validate({**words, "device": device})
        async with hashing:
            signed_up = await bus.ask(command, deadline=deadline)
    except ValidationError:
        unfit = Invalid("invalid", "Something in this form does not fit; look at it again.")
        return await _ask(request, bus, form, unfit)
    except Refused as no:
        return await _ask(request, bus, form, no)
    if signed_up.tokens is None:
        title = say(language, CONFIRM_FIRST)
        return show(request, "refused.html", title=title, lines=[], again="", back="/sign-in")
    who = await verifier.verify(signed_up.tokens.access_token)
    named = ("email", "name", "zone", "language")
    profile = CreateProfile.model_validate({one: getattr(command, one) for one in named})
    await bus.ask(profile, who, deadline=deadline)
    return await kept(request, bus, verifier, signed_up.tokens, deadline, FIRST_PLACE)


@router.get("/forgotten")
async def look_at_forgotten(request: Request, bus: TheBus) -> Response:
    """Ask whose password was forgotten."""
    ways = await bus.ask(GetSignInWays())
    return show(request, "forgotten.html", ways=ways, wrong="", said="")


@router.post("/forgotten")
async def forgotten(request: Request, bus: TheBus, device: FromDevice) -> Response:
    """Have a link mailed; whether there is an account is not told."""
    form, ways = await form_of(request), await bus.ask(GetSignInWays())
    try:
        await bus.ask(ForgotPassword(email=form.get("email", ""), device=device))
    except ValidationError:
        wrong = say(liked(request.scope), "This is not an e-mail address.")
        return show(request, "forgotten.html", 422, ways=ways, wrong=wrong, said="")
    except Refused as no:
        wrong = wrong_words(request, no)
        return show(request, "forgotten.html", status_of(no), ways=ways, wrong=wrong, said="")
    said = say(liked(request.scope), RESET_SENT)
    return show(request, "forgotten.html", ways=ways, wrong="", said=said)


async def _ask(
    request: Request, bus: TheBus, form: dict[str, str], no: Refused | None = None
) -> Response:
    """Lay out the form; `no`: why it was not taken."""
    return show(
        request,
        "register.html",
        status_of(no) if no else 200,
        ways=await bus.ask(GetSignInWays()),
        wrong=wrong_words(request, no) if no else "",
        name=form.get("name", ""),
        email=form.get("email", ""),
        invitation=form.get("invitation", ""),
    )
