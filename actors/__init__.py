"""The rooms of Ritmo, and the runtime that carries messages between them.

A room owns one noun. It answers asks, tells facts, hears the facts of others, and never imports
another room. Rooms are found, by name, without being loaded: whatever package stands here is one.
"""

from pkgutil import iter_modules

ROOMS = tuple(
    sorted(
        found.name for found in iter_modules(__path__) if found.ispkg and found.name != "runtime"
    )
)
"""Every room; their order means nothing."""
