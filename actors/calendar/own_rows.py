"""What the calendar room holds of a person, as they may take it away; addresses are secrets."""

from actors.calendar.room import room
from storage.calendar.busy import busy_times
from storage.calendar.busy import calendars as busy_calendars
from storage.calendar.feeds import feeds
from storage.calendar.google import events, links
from storage.own_rows import Section

room.export(
    Section("feeds", feeds, "etag day written_at changed_at"),
    Section(
        "google_links",
        links,
        "sync_token lease lease_until attempts due_at channel_id channel_resource channel_until",
    ),
    Section("google_events", events, "etag stamp min_version", parent=("link_id", links)),
    Section("busy_calendars", busy_calendars, "url due_at attempts"),
    Section("busy_times", busy_times),
    left_out={
        "components": "the parts of a feed's file, written anew from habits and entries",
        "google_farewells": "what Google is still to be told of ended links; it names nobody",
        "google_consents": "secrets of a consent that is being given, for minutes",
    },
)
