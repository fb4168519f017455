"""`ops/drill [NAME…]`: runs drills over an installation of its own, and takes it away."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from tests.drill import door, everything, install, outage
from tests.drill.ledger import Person
from tests.drill.stack import IMAGE, Failed, Stack

Drill = Callable[[Stack, list[Person]], Awaitable[None]]

DRILLS: dict[str, Drill] = {
    "fresh-start": install.fresh_start,
    "demo": install.demo,
    "image": install.image,
    "secrets": install.secrets,
    "bounds": install.bounds,
    "gateway-scaled": door.scaled,
    "gateway-moved": door.moved,
    "gateway-killed": door.killed,
    "gateway-frozen": door.frozen,
    "nginx-errors": door.errors,
    "room-stopped": outage.room_stopped,
    "parts-killed": outage.parts_killed,
    "broker-recreated": outage.broker_recreated,
    "broker-killed": outage.broker_killed,
    "broker-frozen": outage.broker_frozen,
    "database-restarted": outage.database_restarted,
    "database-killed": outage.database_killed,
    "old-password": install.old_password,
    "rolling": everything.rolling,
    "ledger": everything.ledger,
}
"""Every drill by its name, in the order in which they are run."""

LONGEST = 3600.0
"""Seconds after which a drill is given up."""


async def run(names: list[str], keep: bool) -> int:
    """Run these drills; return how many failed."""
    stack, people, failed = Stack.from_environment(), list[Person](), 0
    print(f"drills of {' '.join(stack.compose_words)} at {stack.url}", flush=True)
    try:
        if names[0] != "fresh-start":
            await stack.up("--build")
        for name in names:
            failed += not await held(name, stack, people)
    finally:
        for person in people:
            await person.client.aclose()
        if not keep:
            await stack.down()
            await stack.run("docker", "image", "rm", IMAGE, check=False)
    return failed


async def held(name: str, stack: Stack, people: list[Person]) -> bool:
    """Run one drill, and say whether it held."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(LONGEST):
            await DRILLS[name](stack, people)
    except (Failed, TimeoutError) as no:
        print(f"drill {name} failed: {str(no) or 'it took too long'}", flush=True)
        await mend(stack)
        return False
    print(f"drill {name} held ({time.monotonic() - began:.0f} s)", flush=True)
    return True


async def mend(stack: Stack) -> None:
    """Bring back what a failed drill left broken, so that the next one begins well."""
    await stack.compose("unpause", check=False)
    try:
        await stack.up("--force-recreate")
    except Failed as no:
        print(f"  and could not be mended: {no}", flush=True)


def main() -> None:
    """Run the drills that are named, or all."""
    described = "\n".join(
        f"  {name:<20}{(drill.__doc__ or '').strip()}" for name, drill in DRILLS.items()
    )
    parser = argparse.ArgumentParser(
        "ops/drill", epilog=described, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="only say which drills there are")
    parser.add_argument("--keep", action="store_true", help="leave the installation running")
    given = parser.parse_args()
    if given.list:
        print(described)
        return
    if unknown := set(given.names) - set(DRILLS):
        parser.error(f"there is no drill called {', '.join(sorted(unknown))}")
    failed = asyncio.run(run(given.names or [*DRILLS], given.keep))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
