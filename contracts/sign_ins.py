"""Ways to sign in: which of them an installation offers, so that a page shows no other."""

from typing import ClassVar, Literal

from contracts.message import Query, Reply

RegistrationMode = Literal["open", "invitation", "closed"]
"""Who may open an account: everybody, whoever was invited, or nobody."""


class SignInWays(Reply):
    """What can be done without a session; it is the same for everybody."""

    oidc: bool
    """There is a provider of sign-ins."""
    passkeys: bool
    """Passkeys are known by the name of this host."""
    mails: bool
    """Mails are sent: a forgotten password can be set anew."""
    registration: RegistrationMode
    """Who may open an account."""
    founded: bool
    """There is an account; the first one is its administrator's."""


class GetSignInWays(Query[SignInWays]):
    """Say which ways to sign in there are."""

    address: ClassVar[str] = "auth.get_sign_in_ways"
    public: ClassVar[bool] = True
