"""What the reminders room holds of a person, as they may take it away."""

from actors.reminders.room import room
from storage.own_rows import Section
from storage.reminders.tables import cues, digests, fires, rules, settings

room.export(
    Section("reminders", rules, "next_slot last_slot wakes version"),
    Section("settings", settings, "reached_version settings_version"),
    Section("digests", digests, "last_key"),
    Section("cues", cues),
    Section("fires", fires, parent=("rule_id", rules)),
    left_out={"busy_times": "a copy of what the calendar room exports"},
)
