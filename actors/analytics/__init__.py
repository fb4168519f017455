"""The analytics room: what the facts of habits and moods say, as reports and pictures."""
