"""What the auth room holds of a person, as they may take it away: no secret, and no hash of one."""

from actors.auth.room import room
from storage.auth.accounts import accounts
from storage.auth.devices import devices
from storage.auth.identities import identities
from storage.auth.passkeys import passkeys
from storage.auth.personal_tokens import personal_tokens
from storage.auth.sessions import sessions
from storage.auth.totp import totp
from storage.own_rows import Section

room.export(
    Section("account", accounts, "password_hash standing email_version"),
    Section("sessions", sessions),
    Section("devices", devices),
    Section("identities", identities),
    Section("passkeys", passkeys),
    Section("tokens", personal_tokens),
    Section("second_factor", totp, "last_step"),
    left_out={
        "integrations": "each is one of the personal tokens, which are there",
        "registrations": "secrets of an account that is not open yet",
        "challenges": "secrets of a sign-in, for minutes",
        "cookies": "hashes of secrets of browsers, whose sessions are listed",
        "mail_tokens": "secrets of links in mails",
        "oidc_attempts": "secrets of a sign-in, for minutes",
        "recovery_codes": "hashes of secrets",
        "refresh_tokens": "hashes of secrets",
    },
)
