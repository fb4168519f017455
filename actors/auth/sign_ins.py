"""Ways to sign in: what is set up here."""

from actors.auth.room import room
from actors.auth.tools import TheMode, ThePost, TheProvider, TheRelyingParty
from actors.runtime.room import Transaction
from contracts.sign_ins import GetSignInWays, SignInWays
from storage.auth import installation


@room.answer
async def get_sign_in_ways(
    query: GetSignInWays,
    tx: Transaction,
    mode: TheMode,
    party: TheRelyingParty,
    provider: TheProvider,
    post: ThePost,
) -> SignInWays:
    """Say what is set up, and whether somebody has an account already."""
    return SignInWays.model_validate(
        {
            "oidc": provider.is_on,
            "passkeys": party.is_on,
            "mails": post.there_is_a_server,
            "registration": mode,
            "founded": await installation.is_founded(tx),
        }
    )
