"""What a program that names itself is, in a few words: the browser and the system, no more."""

PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-", "Python"),
)
"""What stands in the name of a program, and how it is called; the first that fits counts."""

SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def family_of(agent: str) -> str:
    """Name the family of a program by its `User-Agent`; empty if it is none that is known.

    None of the program's own words are repeated: whoever sends them could write a letter.
    """
    said = [
        next((name for mark, name in known if mark in agent), "") for known in (PROGRAMS, SYSTEMS)
    ]
    return ", ".join(name for name in said if name)
