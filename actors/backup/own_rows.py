"""What the backup room holds of a person: files that are theirs already."""

from actors.backup.room import room

room.export(
    left_out={
        "exports": "the export itself, which is dropped after a day",
        "export_parts": "the export itself, which is dropped after a day",
    }
)
