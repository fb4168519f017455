"""What the habits room holds of a person, as they may take it away: bin and archive included."""

from actors.habits.room import room
from storage.breaks import breaks
from storage.check_in_history import changes
from storage.check_ins import check_ins
from storage.habits import habits, preferences
from storage.hooks import hooks
from storage.imports import imports
from storage.own_rows import Section

room.export(
    Section("habits", habits, "window_days settled_day progress version edition bin_id"),
    Section("check_ins", check_ins, "import_id", parent=("habit_id", habits)),
    Section("history", changes),
    Section("breaks", breaks, "version"),
    Section("preferences", preferences),
    Section("hooks", hooks),
    Section("imports", imports, page=100),
    left_out={"snapshots": "worked out from check-ins"},
)
