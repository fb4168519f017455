"""What the users room holds of a person, as they may take it away."""

from actors.users.room import room
from storage.own_rows import Section
from storage.users import users

room.export(
    Section("profile", users, "version email_version"),
    left_out={"gone": "it holds ids of people who are gone, and nothing else"},
)
