"""What the telegram room holds of a person, as they may take it away."""

from actors.telegram.room import room
from storage.own_rows import Section
from storage.telegram.owners import owners

room.export(
    Section("chat", owners, "version"),
    left_out={
        "links": "the secret of a link that is being opened, for minutes",
        "proofs": "hashes of proofs of a Mini App, for a day",
        "calls": "messages on their way to Telegram, dropped once they are there",
        "pictures": "ids that Telegram gave to pictures of habits",
    },
)
