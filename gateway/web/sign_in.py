"""The pages on which one signs in: by password and code, by a passkey, or by a provider."""

import json

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.bus import deadline_in
from contracts.identities import BeginOidc, OidcSignIn, OidcStart
from contracts.message import Refused, Unauthenticated
from contracts.passkeys import PasskeySignIn
from contracts.proof import Prove
from contracts.sessions import Login
from contracts.sign_ins import GetSignInWays
from gateway.cookies import cookie_of, drop_cookie, put_cookie
from gateway.deps import FromDevice, Hashing, TheBus, door_of
from gateway.devices import admit_device, token_of
from gateway.forms import form_of
from gateway.identities import ATTEMPT
from gateway.problems import status_of
from gateway.web.layout import go, safe_place, show
from gateway.web.route import Posted, Visitor, pages, wrong_words
from gateway.web.session import ended, renewed, signed_in

router = pages(for_guests=True)
own = pages()

ATTEMPT_SECONDS = 600

MAX_CREDENTIAL = 20_000
"""Bytes of what a device with a passkey answers."""


@router.get("/sign-in")
async def look(request: Request, bus: TheBus, device: FromDevice) -> Response:
    """Ask who one is; who has signed in already goes on."""
    place = safe_place(request.query_params.get("next", ""))
    if cookie := cookie_of(request):
        try:
            await door_of(request).exchange.verify_cookie(cookie, device)
        except Unauthenticated:
            return await _ask(request, bus, place)
        return go(place)
    return await _ask(request, bus, place)


@router.post("/sign-in")
async def sign_in(request: Request, bus: TheBus, device: FromDevice) -> Response:
    """Begin a session with a password, and a code where one is needed."""
    form, deadline, door = await form_of(request, 4000), deadline_in(), door_of(request)
    email, place = form.get("email", "")[:254], safe_place(form.get("next", ""))
    token, otp = token_of(request, None), form.get("otp", "").strip()[:60]
    try:
        await admit_device(request, bus, email, token)
        command = Login(
            email=email,
            password=form.get("password", ""),
            otp=otp or None,
            device=device,
            device_token=token,
        )
        async with door.hashing if token is None else door.returning:
            tokens = await bus.ask(command, deadline=deadline)
    except ValidationError:
        wrong = Unauthenticated("wrong_credentials", "The e-mail address or the password is wrong.")
        return await _ask(request, bus, place, wrong, email)
    except Refused as no:
        return await _ask(request, bus, place, no, email)
    return await signed_in(request, bus, tokens, deadline, email, place)


@router.post("/sign-in/passkey")
async def sign_in_by_passkey(request: Request, bus: TheBus, device: FromDevice) -> Response:
    """Begin a session with what a device has signed."""
    form, deadline = await form_of(request, MAX_CREDENTIAL), deadline_in()
    place = safe_place(form.get("next", ""))
    try:
        command = PasskeySignIn(credential=json.loads(form.get("credential", "")), device=device)
        tokens = await bus.ask(command, deadline=deadline)
    except (ValueError, RecursionError):
        no: Refused = Unauthenticated("wrong_passkey", "This passkey does not fit; try again.")
        return await _ask(request, bus, place, no)
    except Refused as refusal:
        return await _ask(request, bus, place, refusal)
    return await signed_in(request, bus, tokens, deadline, None, place)


@router.get("/sign-in/provider")
async def go_to_provider(request: Request, bus: TheBus) -> Response:
    """Send the browser to the provider; it keeps what it has to come back with."""
    started = await bus.ask(BeginOidc())
    response = go(started.url)
    put_cookie(request, response, ATTEMPT, attempt_kept(started, "in"), ATTEMPT_SECONDS)
    return response


@router.get("/sign-in/provider/back")
async def come_back(request: Request, bus: TheBus, device: FromDevice) -> Response:
    """Begin a session with what the provider has given."""
    deadline, given = deadline_in(), request.query_params
    state, verifier, meant = attempt_of(request)
    try:
        if not given.get("code") or given.get("state", "") != state:
            raise Unauthenticated("wrong_identity", "This sign-in does not fit; begin anew.")
        if meant == "link":
            return go("/settings/sign-in/provider/back", state=state, code=given["code"])
        command = OidcSignIn(state=state, code=given["code"], verifier=verifier, device=device)
        tokens = await bus.ask(command, deadline=deadline)
    except (Refused, ValidationError) as error:
        unfit = Unauthenticated("wrong_identity", "This sign-in does not fit; begin anew.")
        response = await _ask(request, bus, "/", error if isinstance(error, Refused) else unfit)
    else:
        response = await signed_in(request, bus, tokens, deadline, None, "/")
    drop_cookie(request, response, ATTEMPT)
    return response


def attempt_kept(started: OidcStart, meant: str) -> str:
    """Write down with what the browser goes to the provider; `meant`: to come `in`, or to `link`.

    It is no secret from its owner, and no script reads it.
    """
    return "~".join((started.state, started.verifier, meant))


def attempt_of(request: Request) -> tuple[str, str, str]:
    """Return with which state and verifier this browser went to the provider, and what for."""
    parts = request.cookies.get(ATTEMPT, "")[:5000].split("~")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")


@own.get("/prove")
async def look_at_proof(request: Request) -> Response:
    """Ask once more who one is, before what a thief would do."""
    place = safe_place(request.query_params.get("next", ""))
    return show(request, "prove.html", place=place, wrong="")


@own.post("/prove")
async def prove(
    request: Request, form: Posted, me: Visitor, bus: TheBus, hashing: Hashing
) -> Response:
    """Take the proof, and go on."""
    deadline, place = deadline_in(), safe_place(form.get("next", ""))
    otp = form.get("otp", "").strip()[:60]
    try:
        command = Prove(otp=otp) if otp else Prove(password=form.get("password", "")[:1024])
        async with hashing:
            proof = await bus.ask(command, me, deadline=deadline)
    except Refused as no:
        wrong = wrong_words(request, no)
        return show(request, "prove.html", status_of(no), place=place, wrong=wrong)
    who = await door_of(request).verifier.verify(proof.access_token)
    return await renewed(request, bus, who, deadline, place)


@own.post("/sign-out")
async def sign_out(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """End the session of this browser."""
    return await ended(request, bus, me)


async def _ask(
    request: Request, bus: TheBus, place: str, no: Refused | None = None, email: str = ""
) -> Response:
    """Lay out how one can sign in here; `no`: why that did not go well."""
    ways = await bus.ask(GetSignInWays())
    code = no.code if no else ""
    shown = show(
        request,
        "sign_in.html",
        status_of(no) if no else 200,
        place=place,
        ways=ways,
        email=email,
        code=code,
        wrong=wrong_words(request, no) if no else "",
    )
    if code:
        shown.headers["X-Ritmo-Code"] = code
    return shown


router.routes.extend(own.routes)
