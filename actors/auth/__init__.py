"""The auth room: who may come in, and by which token they are known.

It owns accounts (address and password hash, as far as there are any, and a copy of role and
standing), sessions with their
refresh tokens, personal access tokens, and the keys that sign access tokens.

It answers what `contracts/{accounts,passwords,sessions,devices,totp,passkeys,personal_tokens}.py`,
`signing_keys.py` and `delegation.py` ask. It tells who registered (and has a welcome mailed to
them), which session ended and why, which personal token was revoked, and that a password changed.
It hears that a user was disabled, enabled, promoted or demoted (who loses rights loses their
sessions), and that a user is gone (all of theirs is erased).

The rules are pure and in `domain.py`; `password_hashes.py` bounds what passwords cost,
`guard.py` slows guessing, `keyring.py` signs, `relying_party.py` speaks WebAuthn, and
`second_factor.py` brings code and passkey into a login.
"""
