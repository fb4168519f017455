"""The shape of the project: what can be checked of its conventions is checked here.

Each test lists all that breaks its rule at once.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import yaml
from sqlalchemy import Table

import contracts
import storage
from actors import ROOMS
from contracts.health import ping_of
from contracts.message import Asked, Fact, Message, Refused
from contracts.scopes import ACCOUNT, scope_of
from contracts.users import UserDeleted
from ops.platform import rooms
from storage.base import metadata

ROOT = Path(__file__).parent.parent
SAY_NOTHING = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "misc",
    "service",
    "services",
    "manager",
}
NOUNS = {"keyring", "ping"}
"""Nouns that end as gerunds do."""

LONGEST = 320
"""Lines of a file without the words below its fields; a longer one holds two things."""

FOLLOWED = {"Habits", "Breaks", "Changes"}
"""Nouns that are replied with, and followed by other rooms: `room.follow(Habits(), Breaks())`."""

REGISTERS = {"answer", "hear", "do"}
"""What makes a function of a room a handler."""

FOR_ALL = {
    *("base", "session", "outbox", "inbox", "idempotency", "imports", "replica", "own_rows"),
    "restores",
    "restorations",
}
"""The modules of `storage` that every room may use, beside those of its own tables."""

OF_NO_ROOM = {"bus", "public"}
"""Schemas whose tables are those of the runtime."""


class File(NamedTuple):
    """A file of the code: its name from the top, what stands in it, and that as a tree."""

    name: str
    text: str
    tree: ast.Module


@pytest.fixture(scope="module")
def code() -> list[File]:
    """Read the code once."""
    return [
        File(str(path.relative_to(ROOT)), text := path.read_text(), ast.parse(text))
        for folder in ("contracts", "storage", "actors", "gateway", "ops")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "versions" not in path.parts
    ]


def messages(kind: type[Message]) -> list[Any]:
    """Return the contracts of a kind, by name."""
    modules = [
        importlib.import_module(f"contracts.{found.name}")
        for found in pkgutil.iter_modules(contracts.__path__)
    ]
    found = {
        thing
        for module in modules
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, kind) and "address" in vars(thing)
    }
    return sorted(found, key=lambda one: one.__name__)


Public = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(body: list[ast.stmt]) -> Iterator[Public]:
    """Return public functions and classes of a module, and of its public classes."""
    for node in body:
        if isinstance(node, Public) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def test_there_is_code_to_look_at(code: list[File]) -> None:
    assert {file.name.split("/")[0] for file in code} == {
        *("contracts", "storage", "actors", "gateway", "ops")
    }
    assert len(messages(Asked)) > len(ROOMS)
    assert len(messages(Fact)) > len(ROOMS)


def test_every_file_says_what_it_is(code: list[File]) -> None:
    assert [file.name for file in code if not ast.get_docstring(file.tree)] == []


def described(tree: ast.Module) -> int:
    """Count the lines in which classes describe their fields: text of the schemas, no code."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return sum(
        (words.end_lineno or 0) - words.lineno + 1
        for body in bodies
        for field, words in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(words, ast.Expr)
        and isinstance(words.value, ast.Constant)
    )


def test_every_file_is_short(code: list[File]) -> None:
    lengths = {file.name: len(file.text.splitlines()) - described(file.tree) for file in code}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_has_a_name_that_says_nothing(code: list[File]) -> None:
    assert [
        file.name for file in code if SAY_NOTHING & set(re.split(r"[_.]", Path(file.name).stem))
    ] == []


def test_files_are_called_after_nouns(code: list[File]) -> None:
    stems = {file.name: Path(file.name).stem for file in code}
    ing = {name for name, stem in stems.items() if stem.endswith("ing") and stem not in NOUNS}
    assert ing == set(), "call a file after what it holds, not after what is done in it"


def test_every_public_thing_has_a_docstring(code: list[File]) -> None:
    assert [
        f"{file.name}:{node.lineno} {node.name}"
        for file in code
        for node in public(file.tree.body)
        if not ast.get_docstring(node)
    ] == []


def test_no_class_name_stands_twice(code: list[File]) -> None:
    places: dict[str, list[str]] = {}
    for file in code:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{file.name}:{node.lineno}")
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in FOLLOWED} == {}
    assert set(twice) == FOLLOWED, "let an exception go when it is none any more"


def test_handlers_only_bring_parts_together(code: list[File]) -> None:
    tables = {file.name: file for file in code if file.name.endswith("/handlers.py")}
    assert set(tables) == {f"actors/{room}/handlers.py" for room in ROOMS}
    assert [
        f"{file.name}:{node.lineno}"
        for file in tables.values()
        for node in ast.walk(file.tree)
        if isinstance(node, Public)
    ] == [], "a handler stands in the part that its noun is"


def forwarded(node: ast.stmt, tree: ast.Module) -> str:
    """Return the function of another module of a room to which a handler only forwards, or ""."""
    if not isinstance(node, ast.AsyncFunctionDef) or not registers(node):
        return ""
    flow = [one for one in node.body if not is_constant(one)]
    if len(flow) == 2 and isinstance(flow[1], ast.Return):
        returned = flow[1].value
        empty = isinstance(returned, ast.Call) and not returned.args and not returned.keywords
        flow = flow[:1] if empty else flow
    if len(flow) != 1 or not isinstance(flow[0], ast.Expr | ast.Return):
        return ""
    value = flow[0].value
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return ""
    given = [*call.args, *(word.value for word in call.keywords)]
    if not all(isinstance(root(one), ast.Name) for one in given):
        return ""
    called = root(call.func)
    return (
        ast.unparse(call.func)
        if isinstance(called, ast.Name) and called.id in parts_of(tree)
        else ""
    )


def registers(node: ast.AsyncFunctionDef) -> bool:
    """Tell whether a function is registered as a handler."""
    return any(
        isinstance(one, ast.Attribute) and one.attr in REGISTERS for one in node.decorator_list
    )


def is_constant(node: ast.stmt) -> bool:
    """Tell whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def root(node: ast.expr) -> ast.expr:
    """Return what attributes are taken from: `one` of `one.two.three`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def parts_of(tree: ast.Module) -> set[str]:
    """Return the names that a module imports from rooms, in lower case: modules and functions."""
    return {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and re.match(r"actors\.(?!runtime\b)", node.module or "")
        for alias in node.names
        if (alias.asname or alias.name).islower()
    }


def test_no_handler_only_forwards(code: list[File]) -> None:
    assert [
        f"{file.name}:{node.lineno} forwards to {there}"
        for file in code
        if file.name.startswith("actors/")
        for node in file.tree.body
        if (there := forwarded(node, file.tree))
    ] == []


@pytest.mark.parametrize(
    ("body", "there"),
    [
        ("return await other.show(tx, who.user_id, query)", "other.show"),
        ("await show(tx, query=query)\n    return Done()", "show"),
        ("return other.show(query)", "other.show"),
        ("return await other.show(tx, await person_of(tx, who))", ""),
        ("return await kept.show(tx, query)", ""),
        ("row = await other.show(tx, query)\n    return view(row)", ""),
        ("await other.show(tx, query)\n    return Done(row=1)", ""),
    ],
)
def test_forwards_are_seen(body: str, there: str) -> None:
    text = f"""
from actors.habits import other
from actors.habits.other import show
from storage import kept

@room.answer
async def look(query, who, tx):
    \"\"\"Look.\"\"\"
    {body}
"""
    tree = ast.parse(text)
    assert forwarded(tree.body[-1], tree) == there


def test_every_ask_has_exactly_one_handler_in_its_room() -> None:
    answering = {
        ask.address: [room.name for room in rooms() if ask.address in room.answers]
        for ask in messages(Asked)
    }
    assert {
        address: found for address, found in answering.items() if found != [address.split(".")[0]]
    } == {}


def test_every_contract_says_what_it_is() -> None:
    assert [one.__name__ for one in messages(Message) if not one.__doc__] == []


def test_every_handler_serves_a_contract() -> None:
    pings = {f"{room.name}.{verb}" for room in rooms() for verb in ("ping", "export_rows")}
    asks = {contract.address for contract in messages(Asked)} | pings
    facts = {fact.address for fact in messages(Fact)}
    facts |= {address for room in rooms() if room.known for address in room.known.states}
    assert {room.name: strange for room in rooms() if (strange := set(room.answers) - asks)} == {}
    assert {room.name: strange for room in rooms() if (strange := set(room.hears) - facts)} == {}


def test_what_needs_a_fresh_proof_is_no_machines() -> None:
    """A token for machines proves nothing anew; were it let through, it would open the most."""
    wrong = [one.address for one in messages(Asked) if one.fresh and scope_of(one) != ACCOUNT]
    assert wrong == []


def test_addresses_are_unique() -> None:
    addresses = [one.address for one in [*messages(Asked), *messages(Fact)]]
    assert sorted({one for one in addresses if addresses.count(one) > 1}) == []


def test_every_room_has_the_same_shape() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    run = {name for name, service in services.items() if service.get("command", [])[:1] == ["run"]}
    wrong = [f"compose.yaml runs {name}, which is no room" for name in sorted(run - {*ROOMS})]
    for room in ROOMS:
        folder = ROOT / "actors" / room
        files = [folder / one for one in ("__init__.py", "handlers.py", "domain.py")]
        wrong += [f"{path.relative_to(ROOT)} is missing" for path in files if not path.exists()]
        if not any(one.address.startswith(f"{room}.") for one in messages(Asked)):
            wrong.append(f"nothing in contracts is asked of {room}")
        if ast.parse((folder / "__init__.py").read_text()).body[1:]:
            wrong.append(f"actors/{room}/__init__.py is more than prose")
        if services.get(room, {}).get("command") != ["run", room]:
            wrong.append(f"compose.yaml does not run {room}")
    assert wrong == []


def test_a_room_reaches_only_its_own_tables(code: list[File]) -> None:
    owners = owners_of(code)
    assert [
        f"{file.name}:{getattr(node, 'lineno', 0)} imports {name}"
        for file in code
        if file.name.startswith("actors/") and (room := file.name.split("/")[1]) in ROOMS
        for node in ast.walk(file.tree)
        for name in sorted(tables_of(node) - FOR_ALL)
        if owners.get(name) != {room}
    ] == []


def stored() -> list[ModuleType]:
    """Import and return all modules of `storage` but the migrations."""
    return [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(storage.__path__, "storage.")
        if not found.name.startswith("storage.migrations")
    ]


def owners_of(code: list[File]) -> dict[str, set[str]]:
    """Return by module of `storage` the rooms whose tables it reaches: a room's schema is its own.

    A package is one module; what has no table of its own is of those whose modules it imports.
    """
    owners: dict[str, set[str]] = {}
    uses: dict[str, set[str]] = {}
    for module in stored():
        tables = [one for one in vars(module).values() if isinstance(one, Table)]
        found = owners.setdefault(module.__name__.split(".")[1], set())
        found |= {table.schema or "public" for table in tables} - OF_NO_ROOM
    for file in code:
        if file.name.startswith("storage/"):
            used = uses.setdefault(file.name.split("/")[1].removesuffix(".py"), set())
            used |= {name for node in ast.walk(file.tree) for name in tables_of(node)}
    for _ in owners:
        for name, found in owners.items():
            found |= {room for one in uses[name] for room in owners.get(one, ())}
    return owners


def test_every_table_stands_in_the_schema_of_a_room() -> None:
    stored()
    assert {table.schema for table in metadata.tables.values()} <= {*ROOMS, *OF_NO_ROOM}


def test_every_room_that_keeps_something_of_a_person_erases_it() -> None:
    """When a user is gone, each room hears it; `tests/journeys/test_erasure.py` sees it erase.

    What a room follows is erased by itself, what it has beside that is not.
    """
    stored()
    teller = UserDeleted.address.split(".")[0]
    followed = {
        f"{room.name}.{noun.table}"
        for room in rooms()
        if room.known is not None
        for noun in room.known.replica.nouns
    }
    keeps: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        if "user_id" in table.columns and table.fullname not in followed:
            keeps.setdefault(table.schema or "", []).append(table.name)
    assert len(keeps) > 3
    assert [
        f"{room.name} keeps a user_id in {', '.join(keeps[room.name])}, and hears no UserDeleted"
        for room in rooms()
        if room.name in keeps and room.name != teller and not room.hears_alone(UserDeleted.address)
    ] == []


LOADS_NO_ROOM = """
import sys
import gateway.app, ops.cli, ops.doctor, ops.door, ops.parts, ops.supervisor
from actors import ROOMS
loaded = {name.split(".")[1] for name in sys.modules if name.startswith("actors.")}
print(sorted(loaded & {*ROOMS}))
"""


def test_rooms_are_found_without_being_loaded() -> None:
    folders = {path.parent.name for path in (ROOT / "actors").glob("*/__init__.py")}
    assert tuple(sorted(folders - {"runtime"})) == ROOMS
    words = [sys.executable, "-c", LOADS_NO_ROOM]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def tables_of(node: ast.AST) -> set[str]:
    """Return the modules of `storage` that an import names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return set()
    return {name.split(".")[1] for name in names if name.startswith("storage.")}


def test_rooms_use_no_forbidden_words_of_the_broker(code: list[File]) -> None:
    words = re.compile(r"broker\.request\(|NACK_ON_ERROR|ACK_FIRST|TestRabbitBroker|pickle")
    assert [file.name for file in code if words.search(file.text)] == []


def test_only_one_broad_except(code: list[File]) -> None:
    broad = re.compile(r"except (Base)?Exception\b|except:")
    assert {file.name for file in code if broad.search(file.text)} <= {
        "gateway/edge.py",  # the last line before a person
        "storage/embedded.py",  # lets go of the folder, and raises again
    }


def test_settings_are_in_the_readme() -> None:
    from actors.runtime.settings import Settings

    readme = (ROOT / "README.md").read_text()
    names = [f"RITMO_{field.upper()}" for field in Settings.model_fields]
    assert [name for name in names if name not in readme] == []


def test_refusals_are_a_tree_told_in_the_module() -> None:
    told = importlib.import_module("contracts.message").__doc__ or ""
    kinds = [kind.__name__ for kind in Refused.__subclasses__()]
    assert [kind for kind in kinds if kind not in told] == []


def test_no_file_names_a_package_registry(code: list[File]) -> None:
    hosts = re.compile("|".join(("py" + "pi.org", "python" + "hosted", "npm" + "js.org")))
    others = [*ROOT.glob("*.lock"), ROOT / "README.md", ROOT / "Makefile"]
    texts = {path.name: path.read_text() for path in others} | {
        file.name: file.text for file in code
    }
    assert [name for name, text in texts.items() if hosts.search(text)] == []


def test_every_room_answers_pings() -> None:
    for room in rooms():
        contract: type[Message] = room.answers[f"{room.name}.ping"].contract
        assert contract is ping_of(room.name)
        assert issubclass(contract, Asked)
        assert contract.public
