"""Drills of the installation: what comes up, what is in it, and what is kept secret."""

import json
import re
import shlex
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePosixPath

from tests.drill.ledger import Ledger, Person, insist
from tests.drill.stack import HEAL, IMAGE, ROOT, START, Stack, demand, until

SHIPPED = {
    *("actors", "contracts", "gateway", "ops", "storage"),
    "pyproject.toml",
}
"""What lies in the image beside the packages; pyproject.toml knows the version."""

WORKSHOP = {".ci", ".env", ".git", ".github", ".venv", "bench", "drill", "tests"}
"""Folders and files that nobody needs who runs Ritmo."""

OLD_PASSWORD = "ritmo"
MAX_IMAGE_BYTES = 350_000_000
"""What Ritmo may add to the image that it is built on."""

BASE = re.compile(r"^FROM (\S+)", re.MULTILINE)


async def fresh_start(stack: Stack, people: list[Person]) -> None:
    """From nothing to a check-in through Nginx; every service healthy, one port published."""
    people.clear()
    await stack.down()
    await stack.up("--build")
    person = await Person.register(stack)
    habit = await person.habit("Read ten pages")
    today = datetime.now(UTC).date()
    path = f"/v1/habits/{habit}/check-ins/{today}"
    answer = await insist(person.client, "PUT", path, {"value": 7})
    demand(answer.json()["value"] == 7, f"checked in: {answer.text}")
    people.append(person)
    ledger = await Ledger.open(stack, people)
    async with ledger.kept():
        await ledger.more(30)
    await ledger.settle()

    async def well() -> bool:
        found = await stack.containers()
        return all(one["Health"] == "healthy" for one in found if one["State"] == "running")

    await until(well, HEAL, "every service is healthy")
    found = await stack.containers()
    ended = {one["Service"] for one in found if one["State"] != "running"}
    demand(ended == {"migrate", "secrets"}, f"not running: {ended}")
    published = {
        (one["Service"], port["PublishedPort"])
        for one in found
        for port in one["Publishers"] or ()
        if port["PublishedPort"]
    }
    demand(published == {("nginx", stack.port)}, f"published: {published}")
    doctor = await stack.inside("clock", "ritmo", "doctor")
    demand("All is well" in doctor, doctor)
    await memory(stack)


async def demo(stack: Stack, people: list[Person]) -> None:
    """The demo, from registering to reports and an import, passes through Nginx."""
    told = await stack.run(sys.executable, "-m", "tests.show", "--at", stack.url)
    demand("FAILED" not in told and len(told.splitlines()) > 20, told[-500:])
    print(f"  {len(told.splitlines())} lines of a story", flush=True)


async def memory(stack: Stack) -> None:
    """Print how much memory each service takes."""
    form = "{{.Name}} {{.MemUsage}}"
    lines = (await stack.docker("stats", "--no-stream", "--format", form)).splitlines()
    for line in sorted(line for line in lines if line.startswith("ritmo-drill-")):
        name, used, *_ = line.removeprefix("ritmo-drill-").split()
        print(f"  memory of {name}: {used}", flush=True)


async def image(stack: Stack, people: list[Person]) -> None:
    """In the image lies what runs, and nothing else; Ritmo runs as nobody in particular."""
    look = ("run", "--rm", "--entrypoint", "find", IMAGE)
    files = [PurePosixPath(line) for line in (await stack.docker(*look, "/ritmo")).splitlines()]
    lying = {path.relative_to("/ritmo").parts for path in files} - {()}
    top = {parts[0] for parts in lying}
    demand(top == SHIPPED, f"in the image: {sorted(top)}")
    odd = {"/".join(parts) for parts in lying if WORKSHOP & set(parts)}
    demand(not odd, f"in the image: {sorted(odd)[:5]}")
    who = await stack.docker("run", "--rm", "--entrypoint", "id", IMAGE, "-u")
    demand(who != "0", "Ritmo runs as root")
    size = int(await stack.docker("image", "inspect", "-f", "{{.Size}}", IMAGE))
    *_, base = BASE.findall((ROOT / "ops" / "Dockerfile").read_text())
    below = int(await stack.docker("image", "inspect", "-f", "{{.Size}}", base))
    added = f"{size / 1e6:.0f} MB, {(size - below) / 1e6:.0f} of them beside {base}"
    print(f"  image: {added}; {len(files)} files of ours", flush=True)
    demand(size - below <= MAX_IMAGE_BYTES, f"the image has {added}")


async def bounds(stack: Stack, people: list[Person]) -> None:
    """Nobody is root, nothing is written outside of volumes, nobody can take the whole machine."""
    wrong = []
    for one in await stack.containers():
        told = json.loads(await stack.docker("inspect", one["ID"]))[0]
        host, user = told["HostConfig"], told["Config"]["User"]
        held = {
            "read-only": host["ReadonlyRootfs"],
            "bounded": host["Memory"] and host["PidsLimit"],
            "without rights": host["CapDrop"] == ["ALL"],
            "without new rights": "no-new-privileges:true" in host["SecurityOpt"],
            "not root": user not in ("", "0", "root") or one["Service"] == "secrets",
        }
        wrong += [f"{one['Service']} is not {what}" for what, is_so in held.items() if not is_so]
    demand(not wrong, "; ".join(wrong))


async def secrets(stack: Stack, people: list[Person]) -> None:
    """No password is a default, none is shown, and the broker's user is no administrator."""
    passwords = {
        await stack.inside("postgres", "cat", "/run/secrets/database/password"),
        await stack.inside("rabbitmq", "cat", "/run/secrets/broker/password"),
        await stack.inside("redis", "cat", "/run/secrets/redis/password"),
    }
    demand(len(passwords) == 3 and min(map(len, passwords)) >= 32, "passwords are short or one")
    shown = {
        "docker compose config": await stack.compose("config"),
        "the logs": await stack.compose("logs", "--no-color"),
        "the image": await stack.docker("image", "history", "--no-trunc", IMAGE),
        "docker inspect": await stack.docker(
            "inspect", *(one["ID"] for one in await stack.containers())
        ),
    }
    for where, text in shown.items():
        demand(not [one for one in passwords if one in text], f"a password stands in {where}")
    users = json.loads(await stack.inside("rabbitmq", *RABBIT, "list_users"))
    demand([(one["user"], one["tags"]) for one in users] == [("ritmo", [])], f"users: {users}")
    may = json.loads(await stack.inside("rabbitmq", *RABBIT, "list_user_permissions", "ritmo"))
    demand([one["vhost"] for one in may] == ["ritmo"], f"permissions: {may}")
    seen = (await stack.inside("gateway", "ls", "/run/secrets")).split()
    demand(seen == ["broker", "redis"], f"the gateway is given {seen}")
    before = await running(stack)
    await stack.up()
    demand(await running(stack) == before, "a second `up` starts containers anew")


RABBIT = ("rabbitmqctl", "-q", "--formatter", "json")


async def running(stack: Stack) -> Iterable[str]:
    """List what runs, by container."""
    return [one["ID"] for one in await stack.containers() if one["State"] == "running"]


async def old_password(stack: Stack, people: list[Person]) -> None:
    """A database from before the service `secrets` is taken over as docs/operate.md says."""
    ledger = await Ledger.open(stack, people)
    async with ledger.kept():
        await ledger.more(10)
    sql = f"ALTER ROLE ritmo PASSWORD '{OLD_PASSWORD}'"
    await stack.inside("postgres", "psql", "-qU", "ritmo", "-c", sql)
    await stack.compose("stop", "nginx", "gateway")
    try:
        await stack.compose("up", "-d", "--force-recreate", "--no-deps", "migrate")

        async def given_up() -> bool:
            (migrate,) = await stack.containers("migrate")
            return migrate["State"] == "exited"

        await until(given_up, START, "migrate gives up")
        said = await stack.compose("logs", "--no-color", "--tail", "5", "migrate")
        demand("docs/operate.md" in said, f"migrate does not say what to do: {said}")
    finally:
        await stack.run("sh", "-c", told(stack))
    await stack.up()
    await ledger.settle()


def told(stack: Stack) -> str:
    """Return the command by which docs/operate.md gives a database its new password."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "operate.md").read_text(), re.DOTALL)
    (block,) = (str(one) for one in blocks if "ALTER ROLE" in one)
    command = block[: block.index("docker compose up")]
    return command.replace("docker compose exec", shlex.join([*stack.compose_words, "exec", "-T"]))
