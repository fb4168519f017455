"""Databases of older versions, with made-up people in them, and what those versions said of them.

`python -m tests.upgrade CHECKOUT NAME` makes one with the Ritmo in a folder (with its `.venv`):
`tests/data/NAME.sql.gz`, and what its API answers in `tests/data/NAME.json.gz`.
"""

NOTICE = """\
A database of Ritmo for tests. Nobody in it is real.
The private key in auth.keys, the passwords and the tokens were made for this file and open nothing
else. They are kept because whoever is logged in must stay so through an update.
"""
