"""What the notifications room holds of a person, as they may take it away."""

from actors.notifications.room import room
from storage.notifications.apprise import apprise
from storage.notifications.chats import chats
from storage.notifications.ledger import deliveries, suppressed
from storage.own_rows import Section

room.export(
    # The data of a mail may hold a secret link.
    Section("deliveries", deliveries, "dedupe_key data", page=500),
    Section("suppressed", suppressed),
    Section("apprise", apprise, "version"),
    Section("chats", chats, "version"),
    left_out={"used_links": "ids of links in mails that were used once"},
)
