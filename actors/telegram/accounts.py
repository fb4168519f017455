"""Accounts of people who come from Telegram: opened by /start, and entered from a Mini App.

An account that a chat opened has no password. It stays the chat's: unlinked, it comes back with
/start. An address or a passkey can be added to it by who has signed in.
"""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ValidationError

from actors.runtime.room import TheBus, Transaction
from actors.telegram.mini_app import opened_by
from actors.telegram.room import TheSettings, room
from actors.telegram.turn import Turn
from contracts.accounts import BeginSession, OpenAccount
from contracts.bus import deadline_in
from contracts.language import Language
from contracts.message import Conflict, Unauthenticated
from contracts.telegram import ChatChanged, SignIn
from contracts.tokens import Tokens
from contracts.users import CreateProfile
from storage.outbox import tell
from storage.telegram import owners, proofs

NO_BOT = "This Ritmo has no Telegram bot. Whoever runs it can set one: RITMO_TELEGRAM_TOKEN."

PATIENCE = 5.0
"""Seconds that auth has to open an account."""


async def begin(turn: Turn, name: str, username: str) -> None:
    """Give a chat an account: the one that it opened before, or a new one."""
    before = await owners.at_home(turn.tx, turn.chat.chat_id)
    if before is None:
        user_id = await _open(turn, name)
        home = turn.chat.chat_id
    else:
        user_id, home = before.user_id, None
    version = await owners.join(turn.tx, user_id, turn.chat.chat_id, name, username, home=home)
    await tell(turn.tx, ChatChanged(user_id=user_id, version=version, name=name, linked=True))
    turn.chat.user_id = user_id


async def _open(turn: Turn, name: str) -> UUID:
    """Open an account, with a profile; begun again, this update opens the same one."""
    user_id = uuid5(NAMESPACE_URL, turn.key)
    language: Language = "ru" if turn.language == "ru" else "en"
    proof = await turn.bus.prove(OpenAccount, user_id)
    try:
        command = OpenAccount(proof=proof, name=name, language=language)
    except ValidationError:  # a name that cannot be seen
        command = OpenAccount(proof=proof, language=language)
    await turn.bus.ask(command, deadline=deadline_in(PATIENCE))
    profile = CreateProfile(email="", name=command.name, language=language)
    await turn.bus.ask(profile, deadline=deadline_in(PATIENCE), on_behalf_of=user_id)
    return user_id


@room.answer
async def sign_in(command: SignIn, tx: Transaction, bus: TheBus, given: TheSettings) -> Tokens:
    """Let somebody in for whom Telegram vouches."""
    if given.telegram_token is None:
        raise Conflict("telegram_off", NO_BOT)
    now, token = datetime.now(UTC), given.telegram_token.get_secret_value()
    opener = opened_by(command.init_data, token, now)
    owner = await owners.of_chat(tx, opener.telegram_id)
    if owner is None:
        text = "No account is linked to you in Telegram. Write /start to the bot, or link one."
        raise Unauthenticated("telegram_unknown", text)
    if not await proofs.take(tx, opener.hash, owner.user_id, opener.expires_at):
        text = "This was used already. Close the app in Telegram, and open it again."
        raise Unauthenticated("init_data_used", text)
    session = BeginSession(
        proof=await bus.prove(BeginSession, owner.user_id),
        otp=command.otp,
        passkey=command.passkey,
        device=command.device,
    )
    return await bus.ask(session, deadline=deadline_in(PATIENCE))
