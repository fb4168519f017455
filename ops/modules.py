"""Loads every module of Ritmo once, so that Python keeps the compiled form of all that they load.

The image is made with it: `python -m ops.modules`.
"""

import importlib
import pkgutil

SCRIPTS = frozenset({"ops.__main__", "ops.modules", "storage.migrations.env"})
"""Modules that run something when they are loaded."""


def load() -> int:
    """Load all modules; return how many there are."""
    names = [
        found.name
        for top in ("contracts", "storage", "actors", "gateway", "ops")
        for found in pkgutil.walk_packages(importlib.import_module(top).__path__, f"{top}.")
        if found.name not in SCRIPTS and ".versions." not in found.name
    ]
    for name in names:
        importlib.import_module(name)
    return len(names)


if __name__ == "__main__":
    print(f"{load()} modules load")
