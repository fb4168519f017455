"""A fresh proof: /v1/auth/proof, before what a stolen token must not be enough for."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from starlette.responses import Response

from contracts.accounts import Text
from contracts.proof import Proof, Prove
from gateway.answers import answer
from gateway.bodies import Body, Said, resource
from gateway.deps import Hashing, TheBus
from gateway.identity import Me

router = resource("accounts")


class Evidence(Body):
    """The password, or a code of the second factor."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"password": "correct horse battery staple"}]}
    )
    password: Text | None = Field(default=None, repr=False)
    """The password; null: a code is given instead."""
    otp: Annotated[str, Field(max_length=20)] | None = Field(default=None, repr=False)
    """A code of the second factor; null: the password is given instead."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        """Refuse none, and both."""
        if (self.password is None) == (self.otp is None):
            raise ValueError("give `password`, or `otp`")
        return self


@router.post("/v1/auth/proof", response_model=Proof, summary="Show who I am once more")
async def prove(body: Said[Evidence], me: Me, bus: TheBus, hashing: Hashing) -> Response:
    """Show once more who the caller is, for what asks for it (`proof_required`) in 10 minutes."""
    async with hashing:
        return answer(await bus.ask(Prove(password=body.password, otp=body.otp), me))
