"""The public keys that verify access tokens."""

from fastapi import Depends
from starlette.responses import Response

from contracts.signing_keys import GetKeys, Keys
from gateway.answers import answer
from gateway.bodies import resource
from gateway.deps import TheBus, guest

router = resource("accounts")


@router.get(
    "/.well-known/jwks.json",
    response_model=Keys,
    dependencies=[Depends(guest)],
    summary="Get the public keys",
)
async def keys(bus: TheBus) -> Response:
    """Get the keys that verify access tokens, as a JWK set (RFC 7517)."""
    return answer(await bus.ask(GetKeys()), headers={"Cache-Control": "public, max-age=300"})
