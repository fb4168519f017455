"""The users room: who people are, how they live in time, and who may administer.

It owns profiles (name, language, zone, day start, week start), roles, and whether somebody is
disabled. Of an e-mail address it keeps a copy: the address itself belongs to auth.

It answers all that `contracts/users.py` asks. It tells what a profile is now, what an
administrator made of a user, and that a user is gone, upon which every room erases what it holds
of theirs. It hears that somebody registered, and keeps a profile for them, and which address
somebody has now.
"""
