"""The journal room: the diary of a person, their moods, and what they were busy with."""
