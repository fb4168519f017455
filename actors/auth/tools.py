"""What the handlers work with besides the transaction, made anew whenever the room is opened."""

from typing import Annotated

from fast_depends import Depends

from actors.auth.broker_users import BrokerUsers
from actors.auth.device_tokens import DeviceTokens
from actors.auth.guard import Guard
from actors.auth.keyring import Keyring
from actors.auth.oidc import Provider
from actors.auth.password_hashes import Hasher
from actors.auth.password_policy import PasswordPolicy
from actors.auth.post import Post
from actors.auth.relying_party import RelyingParty
from actors.runtime.mailed import SECRET_NAME as MAILED
from actors.runtime.secret import InstallationSecret
from actors.runtime.settings import Settings


class AuthTools:
    """The tools of the one auth room in this process."""

    def __init__(self) -> None:
        """Lay nothing out; `open` does."""
        self.hasher = Hasher()
        self.policy = PasswordPolicy()

    def open(self, settings: Settings) -> None:
        """Begin to count wrong passwords, and forget the secrets of another database."""
        self.mails = settings.smtp_url is not None
        self.registration = settings.registration
        self.mailed = InstallationSecret(MAILED)
        self.guard = Guard(settings.login_per_minute, settings.redis())
        self.keyring = Keyring()
        self.broker_users = BrokerUsers(settings)
        self.party = RelyingParty.of(settings)
        self.provider = Provider(settings)
        self.device_tokens = DeviceTokens()


tools = AuthTools()


async def _guard() -> Guard:
    return tools.guard


async def _hasher() -> Hasher:
    return tools.hasher


async def _policy() -> PasswordPolicy:
    return tools.policy


async def _keyring() -> Keyring:
    return tools.keyring


async def _provider() -> Provider:
    return tools.provider


async def _broker_users() -> BrokerUsers:
    return tools.broker_users


async def _party() -> RelyingParty:
    return tools.party


async def _device_tokens() -> DeviceTokens:
    return tools.device_tokens


async def _mode() -> str:
    return tools.registration


TheMode = Annotated[str, Depends(_mode)]
"""Who may register: `open`, `invitation` or `closed`."""


async def _post() -> Post:
    return Post(tools.mailed, there_is_a_server=tools.mails)


ThePost = Annotated[Post, Depends(_post)]
"""Has mails sent with secret links, few enough."""

TheDeviceTokens = Annotated[DeviceTokens, Depends(_device_tokens)]
"""Makes and knows the tokens of devices."""

TheGuard = Annotated[Guard, Depends(_guard)]
"""Slows the guessing of passwords."""

TheHasher = Annotated[Hasher, Depends(_hasher)]
"""Makes and checks password hashes."""

ThePolicy = Annotated[PasswordPolicy, Depends(_policy)]
"""Checks new passwords."""

TheKeyring = Annotated[Keyring, Depends(_keyring)]
"""Signs access tokens."""

TheBrokerUsers = Annotated[BrokerUsers, Depends(_broker_users)]
"""Makes users of RabbitMQ for integrations, where its management is known."""

TheRelyingParty = Annotated[RelyingParty, Depends(_party)]
"""Makes and verifies what devices with passkeys are asked."""

TheProvider = Annotated[Provider, Depends(_provider)]
"""The OpenID Connect provider, if one is configured."""
