"""`python -m tests.golden [ADDRESS …]`: renew the golden schemas.

Refuses to renew a contract that is no longer compatible, unless its address is named: then nobody
may be left who speaks as before.
"""

import sys

from tests.golden.compatible import breaks
from tests.golden.schemas import keep, kept, rooms


def main(meant: list[str]) -> int:
    """Write the files, unless something breaks that is not `meant` to."""
    now = rooms()
    broken = {
        address: wrongs
        for name, old in kept().items()
        for address, wrongs in breaks(old, now.get(name, {"contracts": {}, "$defs": {}})).items()
        if address not in meant
    }
    for address, wrongs in broken.items():
        print(f"{address}: {'; '.join(wrongs)}", file=sys.stderr)
    if broken:
        print("Contracts change by optional fields alone; nothing is renewed.", file=sys.stderr)
        return 1
    keep(now)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
