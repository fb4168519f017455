"""The rooms of Ritmo, and the runtime that carries messages between them.

A room owns one noun. It answers asks, tells facts, hears the facts of others, and never imports
another room.
"""

ROOMS = ("auth", "users", "habits", "journal", "analytics", "reminders")
"""Every room, in the order in which a supervisor starts them."""
