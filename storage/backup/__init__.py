"""The backup room's own tables."""
