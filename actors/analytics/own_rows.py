"""What the analytics room holds of a person beside what it is told: nothing of its own."""

from actors.analytics.room import room

room.export(
    left_out={
        "progress": "worked out from check-ins",
        "stamps": "it counts changes, for reports that are kept in memory",
    }
)
