"""The auth room: who may come in, and by which token they are known.

It owns accounts (address and password hash, as far as there are any, and a copy of role and
standing), registrations that wait for their address to be confirmed, invitations, sessions with
their refresh tokens and cookies, personal access tokens, secret links in mails, and the keys that
sign access tokens; identities of a provider of sign-ins, by which people come in; and integrations,
whose users of the message broker it makes.

It answers what `contracts/{accounts,registrations,invitations,addresses,passwords}.py`,
`{sessions,sign_ins,cookies,devices,totp,passkeys,identities,personal_tokens,integrations}.py`,
`proof.py`,
`signing_keys.py` and `delegation.py` ask. It tells who registered, which session ended and why,
which personal token was revoked, and that a password or an address changed; it has mails sent about
all that. It hears that a user was disabled, enabled, promoted or demoted (who loses rights loses
their sessions), and that a user is gone (all of theirs is erased).

The rules are pure and in `domain.py`; `password_hashes.py` bounds what passwords cost,
`guard.py` slows guessing, `keyring.py` signs, `relying_party.py` speaks WebAuthn, `oidc.py` OpenID
Connect, `post.py` has few enough mails sent, and `second_factor.py` brings code and passkey into a
login.
"""
