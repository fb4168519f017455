"""How one signs in: password, app, passkeys, provider, and the sessions that are open."""

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.identities import BeginOidcLink, DropIdentity, LinkIdentity, ListIdentities
from contracts.message import Denied, Invalid, Refused, Unauthenticated
from contracts.passkeys import DropPasskey, ListPasskeys, RenamePasskey
from contracts.passwords import ChangePassword
from contracts.sessions import EndAllSessions, EndSession, ListSessions
from contracts.sign_ins import GetSignInWays
from contracts.totp import BeginTotp, ConfirmTotp, DropTotp, GetTotp, RenewRecoveryCodes
from gateway.cookies import drop_cookie, put_cookie
from gateway.deps import Hashing, TheBus
from gateway.identities import ATTEMPT
from gateway.problems import status_of
from gateway.web.given import id_given
from gateway.web.layout import go, show
from gateway.web.route import Posted, Visitor, pages, wrong_words
from gateway.web.sign_in import ATTEMPT_SECONDS, attempt_kept, attempt_of

router = pages()

PLACE = "/settings/sign-in"


@router.get(PLACE)
async def look(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Show how one signs in, and where one has."""
    return await _shown(request, me, bus)


@router.post(f"{PLACE}/password")
async def change_password(
    request: Request, form: Posted, me: Visitor, bus: TheBus, hashing: Hashing
) -> Response:
    """Set a new password."""
    try:
        command = ChangePassword(
            password=form.get("password", ""), new_password=form.get("new_password", "")
        )
        async with hashing:
            await bus.ask(command, me)
    except ValidationError:
        raise Invalid("weak_password", "This password is too long.") from None
    except Invalid as no:
        return await _shown(request, me, bus, no)
    return go(PLACE, said="saved")


@router.post(f"{PLACE}/sessions")
async def end_sessions(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """End one session, or all others."""
    one = form.get("session_id", "")
    if one:
        await bus.ask(EndSession(session_id=id_given(one)), me)
    else:
        await bus.ask(EndAllSessions(but_this=True), me)
    return go(PLACE, said="saved")


@router.get(f"{PLACE}/app")
async def begin_app(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Lay out the steps to a second factor; nothing is made by looking."""
    return show(request, "settings/app.html", step="begin", wrong="")


@router.post(f"{PLACE}/app")
async def set_up_app(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Make a secret for an app, or have it count by a code."""
    if not form.get("code"):
        secret = await bus.ask(BeginTotp(), me)
        return _app(request, secret.secret, secret.uri)
    try:
        codes = await bus.ask(ConfirmTotp(code=form["code"][:60]), me)
    except Invalid as no:
        kept = form.get("secret", ""), form.get("uri", "")
        return _app(request, *kept, wrong=wrong_words(request, no), status=status_of(no))
    return show(request, "settings/app.html", step="codes", codes=codes.codes, wrong="")


def _app(request: Request, secret: str, uri: str, wrong: str = "", status: int = 200) -> Response:
    """Show a secret for an app, as text and as a picture to be scanned."""
    import segno

    picture = segno.make(uri[:500], micro=False).svg_data_uri(scale=4, border=1)
    words = {"step": "scan", "secret": secret, "uri": uri, "picture": picture, "wrong": wrong}
    return show(request, "settings/app.html", status, **words)


@router.post(f"{PLACE}/app/codes")
async def renew_codes(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Give other recovery codes."""
    codes = await bus.ask(RenewRecoveryCodes(), me)
    return show(request, "settings/app.html", step="codes", codes=codes.codes, wrong="")


@router.post(f"{PLACE}/app/off")
async def drop_app(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Have the password be enough again."""
    await bus.ask(DropTotp(), me)
    return go(PLACE, said="saved")


@router.post(f"{PLACE}/passkeys")
async def change_passkey(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Call a passkey something else, or take it away."""
    passkey_id = id_given(form.get("passkey_id", ""))
    if "drop" in form:
        await bus.ask(DropPasskey(passkey_id=passkey_id), me)
    else:
        try:
            await bus.ask(RenamePasskey(passkey_id=passkey_id, name=form.get("name", "")), me)
        except ValidationError:
            raise Invalid("invalid", "A name has 1 to 60 characters.") from None
    return go(PLACE, said="saved")


@router.get(f"{PLACE}/provider")
async def begin_link(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Send the browser to the provider, to come back with an identity to be linked."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Denied("other_site", "This did not come from a page of Ritmo. Open it there.")
    started = await bus.ask(BeginOidcLink(), me)
    response = go(started.url)
    kept = attempt_kept(started, "link")
    put_cookie(request, response, ATTEMPT, kept, ATTEMPT_SECONDS)
    return response


@router.get(f"{PLACE}/provider/back")
async def link(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Link the identity with which the browser has come back."""
    state, verifier, _ = attempt_of(request)
    given = request.query_params
    try:
        if not state or given.get("state", "") != state:
            raise Unauthenticated("wrong_identity", "This sign-in does not fit; begin anew.")
        code = given.get("code", "")
        await bus.ask(LinkIdentity(state=state, code=code, verifier=verifier), me)
    except ValidationError:
        raise Invalid("identity_unfit", "This sign-in does not fit; begin anew.") from None
    except Unauthenticated as no:
        raise Invalid(no.code, no.text) from None  # the session is as it was
    response = go(PLACE, said="saved")
    drop_cookie(request, response, ATTEMPT)
    return response


@router.post(f"{PLACE}/identities")
async def drop_identity(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Have nobody sign in by an identity any more."""
    await bus.ask(DropIdentity(identity_id=id_given(form.get("identity_id", ""))), me)
    return go(PLACE, said="saved")


async def _shown(request: Request, me: Visitor, bus: TheBus, no: Refused | None = None) -> Response:
    """Lay out the page; `no`: why the password was not changed."""
    return show(
        request,
        "settings/sign_in.html",
        status_of(no) if no else 200,
        wrong=wrong_words(request, no) if no else "",
        ways=await bus.ask(GetSignInWays(), me),
        totp=await bus.ask(GetTotp(), me),
        sessions=(await bus.ask(ListSessions(), me)).sessions,
        passkeys=(await bus.ask(ListPasskeys(), me)).passkeys,
        identities=(await bus.ask(ListIdentities(), me)).identities,
    )
