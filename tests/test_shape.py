"""The shape of the project: what can be checked of its conventions is checked here."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
import yaml

import contracts
from actors import ROOMS
from contracts.message import Asked, Fact, Message, Refused
from ops.platform import rooms

ROOT = Path(__file__).parent.parent
CODE = [
    path
    for folder in ("contracts", "storage", "actors", "gateway", "ops")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "versions" not in path.parts
]
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
LONGEST = 320
"""Lines of a file; a longer one holds two things."""


def modules() -> list[object]:
    return [
        importlib.import_module(f"contracts.{found.name}")
        for found in pkgutil.iter_modules(contracts.__path__)
    ]


def messages(kind: type) -> list[type[Message]]:
    found = {
        thing
        for module in modules()
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, kind) and "address" in vars(thing)
    }
    return sorted(found, key=lambda one: one.__name__)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=name)
def test_every_file_says_what_it_is_and_is_short(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "a module without a docstring"
    # A room's handlers are as many as its messages; their length is checked one by one.
    assert len(text.splitlines()) <= LONGEST or path.name == "handlers.py"
    assert not SAY_NOTHING & set(re.split(r"[_.]", path.stem))


def public(body: list[ast.stmt]) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Public functions and classes of a module, and of its public classes."""
    found: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = []
    for node in body:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if isinstance(node, kinds) and not node.name.startswith("_"):
            found.append(node)
            found += public(node.body) if isinstance(node, ast.ClassDef) else []
    return found


@pytest.mark.parametrize("path", CODE, ids=name)
def test_every_public_thing_has_a_docstring(path: Path) -> None:
    bare = [
        node.name
        for node in public(ast.parse(path.read_text()).body)
        if not ast.get_docstring(node)
    ]
    assert not bare


@pytest.mark.parametrize("room", ROOMS)
def test_handlers_are_a_table_of_contents(room: str) -> None:
    tree = ast.parse((ROOT / "actors" / room / "handlers.py").read_text())
    for node in public(tree.body):
        assert (node.end_lineno or 0) - node.lineno < 30, f"{node.name} is too long for a table"


@pytest.mark.parametrize("contract", messages(Asked), ids=lambda one: one.__name__)
def test_every_ask_has_exactly_one_handler_in_its_room(contract: type[Asked]) -> None:
    answering = [room.name for room in rooms() if contract.address in room.answers]
    assert answering == [contract.address.split(".")[0]]
    assert contract.__doc__


def test_every_handler_serves_a_contract() -> None:
    known = {contract.address for contract in messages(Asked)}
    facts = {fact.address for fact in messages(Fact)}
    for room in rooms():
        assert set(room.answers) <= known
        assert set(room.hears) <= facts


def test_addresses_are_unique() -> None:
    addresses = [one.address for one in [*messages(Asked), *messages(Fact)]]
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_the_same_shape(room: str) -> None:
    folder = ROOT / "actors" / room
    for file in ("__init__.py", "handlers.py", "domain.py"):
        assert (folder / file).exists()
    assert ast.parse((folder / "__init__.py").read_text()).body[1:] == [], "prose alone"
    assert f"| `{room}` |" in (ROOT / "README.md").read_text()
    assert (ROOT / "contracts" / f"{room}.py").exists()
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert services[room]["command"] == ["run", room]


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_room_reaches_only_its_own_tables(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    if parts[0] != "actors" or parts[1] not in ROOMS:
        return
    mine = {
        "auth": {"auth"},
        "users": {"users"},
        "habits": {"habits", "check_ins", "check_in_lists", "check_in_history", "breaks"},
        "journal": {"journal"},
        "analytics": {"analytics"},
        "reminders": {"reminders"},
    }[parts[1]]
    allowed = mine | {"base", "session", "outbox", "inbox", "idempotency", "imports"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            root, *rest = node.module.split(".")
            if root == "storage":
                named = rest[:1] or [alias.name for alias in node.names]
                assert set(named) <= allowed, f"{path} imports {node.module}"


def test_rooms_use_no_forbidden_words_of_the_broker() -> None:
    for path in CODE:
        text = path.read_text()
        assert not re.search(r"broker\.request\(|NACK_ON_ERROR|ACK_FIRST|TestRabbitBroker", text)
        assert "pickle" not in text or "tests" in path.parts


def test_only_one_broad_except() -> None:
    broad = [
        name(path)
        for path in CODE
        if re.search(r"except (Base)?Exception\b|except:", path.read_text())
    ]
    assert set(broad) <= {
        "gateway/edge.py",  # the last line before a person
        "storage/embedded.py",  # lets go of the folder, and raises again
    }


def test_settings_are_in_the_readme() -> None:
    from actors.runtime.settings import Settings

    readme = (ROOT / "README.md").read_text()
    for field in Settings.model_fields:
        assert f"RITMO_{field.upper()}" in readme


def test_refusals_are_a_tree_told_in_the_module() -> None:
    told = importlib.import_module("contracts.message").__doc__ or ""
    for kind in Refused.__subclasses__():
        assert kind.__name__ in told


def test_no_file_names_a_package_registry() -> None:
    hosts = re.compile("|".join(("py" + "pi.org", "python" + "hosted", "npm" + "js.org")))
    for path in [*CODE, *ROOT.glob("*.lock"), ROOT / "README.md", ROOT / "Makefile"]:
        assert not hosts.search(path.read_text()), name(path)


def test_every_room_is_asked_whether_it_is_there() -> None:
    from ops.door import SMALL

    assert tuple(SMALL) == ROOMS
    for room, asked in SMALL.items():
        assert asked.address.startswith(f"{room}.")
