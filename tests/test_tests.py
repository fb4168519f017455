"""What can be checked of the tests themselves: each asserts something, and none patches Ritmo."""

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
OURS = ("contracts", "storage", "actors", "gateway", "ops", "tests")
Function = ast.FunctionDef | ast.AsyncFunctionDef
FAIL = {"pytest.raises", "pytest.warns", "pytest.fail", "asyncio.wait_for", "asyncio.timeout"}
"""What fails by itself: the last two wait for something, and not for ever."""


@cache
def parsed() -> dict[str, ast.Module]:
    """Parse every module of the tests.

    Python 3.11 fails at it if a collection meanwhile ends what others have left open.
    """
    gc.collect()
    paths = sorted(FOLDER.rglob("*.py"))
    parts = [path.relative_to(FOLDER.parent).with_suffix("").parts for path in paths]
    return {
        ".".join(name).removesuffix(".__init__"): ast.parse(path.read_text())
        for path, name in zip(paths, parts, strict=True)
    }


@cache
def functions(tree: ast.AST) -> list[Function]:
    """Return all functions and methods."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


@cache
def classes(tree: ast.Module) -> list[ast.ClassDef]:
    """Return all classes."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


def called(node: ast.AST) -> Iterator[str]:
    """Yield what is called, in its own words: `until`, `pytest.raises`, `self.check`."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name | ast.Attribute):
            yield ast.unparse(one.func)


@cache
def asserts_itself(function: Function) -> bool | None:
    """Say whether what a function asserts can be wrong; None if it asserts nothing."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return not (isinstance(node.test, ast.Constant) and node.test.value)
    return None


@cache
def calls(function: Function) -> frozenset[str]:
    """Return what a function calls; `*.check` is a method of whatever it is."""
    names = {*called(function)}
    return frozenset(names | {f"*.{name.rpartition('.')[2]}" for name in names if "." in name})


def asserts(function: Function, checkers: set[str]) -> bool:
    """Say whether a function can fail by itself, or by calling what can."""
    alone = asserts_itself(function)
    return not calls(function).isdisjoint(checkers | FAIL) if alone is None else alone


def checkers(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Say of each module which names in it stand for what asserts something, somehow.

    `*.check` is a method of a class that the module knows; a class that asserts at the end of its
    `with` does so by being named.
    """
    found: dict[str, set[str]] = {name: set() for name in trees}
    grown = True
    while grown:
        grown = False
        for name, tree in trees.items():
            known = found[name]
            before = len(known)
            known |= {one.name for one in functions(tree) if asserts(one, known)}
            for kind in classes(tree):
                methods = {one.name for one in functions(kind) if asserts(one, known)}
                known |= {f"{kind.name}:{one}" for one in methods}
                known |= {kind.name} if methods & {"__exit__", "__aexit__"} else set()
            for here, origin in imported(tree).items():
                module, _, there = origin.rpartition(".")
                theirs = found.get(module, set())
                known |= {here} if there in theirs else set()
                known |= {f"{here}:{one}" for one in methods_of(there, theirs)}
                known |= {f"{here}.{one}" for one in found.get(origin, ())}
            known |= {f"*.{one.partition(':')[2]}" for one in known if ":" in one}
            grown = grown or len(known) > before
    return found


def methods_of(kind: str, known: set[str]) -> set[str]:
    """Return the methods of a class that assert something."""
    return {one.partition(":")[2] for one in known if one.startswith(f"{kind}:")}


def idle(trees: dict[str, ast.Module]) -> Iterator[str]:
    """Name the tests that cannot fail but by an exception."""
    known = checkers(trees)
    for name, tree in trees.items():
        if name.rpartition(".")[2].startswith("test_"):
            for test in functions(tree):
                if test.name.startswith("test_") and not asserts(test, known[name]):
                    yield f"{name}:{test.lineno} {test.name}"


@cache
def imported(tree: ast.Module) -> dict[str, str]:
    """Say of each name that is imported where it comes from."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(one.asname or one.name).split(".")[0]: one.name for one in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return found


def patches(tree: ast.Module) -> Iterator[int]:
    """Yield the lines on which something of Ritmo, or of nobody knows whom, is replaced."""
    names = imported(tree)

    def foreign(target: ast.expr) -> bool:
        """Say whether a thing is known to be somebody else's."""
        if isinstance(target, ast.Constant):
            return str(target.value).split(".")[0] not in OURS
        while isinstance(target, ast.Attribute):
            target = target.value
        known = names.get(target.id) if isinstance(target, ast.Name) else None
        return known is not None and known.split(".")[0] not in OURS

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func)
            setting = name.split(".")[-1] in ("setattr", "delattr")
            patching = name.split(".")[-1] == "patch" or ".patch." in name
            mocking = patching and names.get(name.split(".")[0], "").startswith("unittest")
            if (setting or mocking) and not foreign(node.args[0]):
                yield node.lineno
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                on = target.value if isinstance(target, ast.Attribute) else None
                if isinstance(on, ast.Name) and names.get(on.id, "").split(".")[0] in OURS:
                    yield node.lineno


def test_every_test_asserts_something() -> None:
    assert not [*idle(parsed())], "what would make these fail?"


def test_no_test_patches_what_is_ours() -> None:
    found = [f"{name}:{line}" for name, tree in parsed().items() for line in patches(tree)]
    assert not found, f"pass limits in, and stand in for what is outside: {found}"


@pytest.mark.parametrize(
    "body",
    [
        "x = 1",
        "assert True",
        "assert 'it works'",
        "bus.ask(1)",
        "helper()",
        "for x in (): print(x)",
        "until",
    ],
)
def test_a_test_that_cannot_fail_is_seen(body: str) -> None:
    tree = ast.parse(f"def helper():\n    return 1\n\ndef test_it():\n    {body}\n")
    assert len([*idle({"tests.test_made_up": tree})]) == 1


@pytest.mark.parametrize(
    "body",
    [
        "assert x == 1",
        "with pytest.raises(ValueError): f()",
        "helper()",
        "for x in y: helper()",
        "outer()",
        "async def inner(): assert x",
    ],
)
def test_a_test_that_can_fail_is_let_pass(body: str) -> None:
    helpers = "def helper():\n    assert x\n\ndef outer():\n    return helper()\n\n"
    tree = ast.parse(f"{helpers}def test_it():\n    {body}\n")
    assert not [*idle({"tests.test_made_up": tree})]


@pytest.mark.parametrize(
    "line",
    [
        "monkeypatch.setattr('actors.habits.plans.MAX_HABITS', 2)",
        "monkeypatch.setattr(receiving, 'LARGEST_FILE', 1000)",
        "monkeypatch.setattr(receiving.Thing, 'method', print)",
        "monkeypatch.setattr(bus, 'ask', print)",
        "monkeypatch.delattr(receiving, 'LARGEST_FILE')",
        "setattr(receiving, 'LARGEST_FILE', 1)",
        "patching.setattr(receiving, 'LARGEST_FILE', 1)",
        "receiving.LARGEST_FILE = 1",
        "mock.patch('gateway.app.MOST', 1)",
        "mock.patch.object(receiving, 'f')",
        "patch('contracts.time.now')",
    ],
)
def test_a_patch_of_ours_is_seen(line: str) -> None:
    imports = "from actors.runtime import receiving\nfrom unittest import mock\n"
    more = "from unittest.mock import patch\nimport os\n"
    assert [*patches(ast.parse(f"{imports}{more}{line}"))] == [5]


@pytest.mark.parametrize(
    "line",
    [
        "monkeypatch.setattr(os, 'getuid', int)",
        "monkeypatch.setattr('os.path.exists', bool)",
        "monkeypatch.setenv('RITMO_DATA', 'x')",
        "client.patch('/v1/me', json={})",
        "thing.value = 1",
    ],
)
def test_what_is_no_patch_of_ours_is_let_pass(line: str) -> None:
    imports = "from actors.runtime import receiving\nimport os\n"
    assert not [*patches(ast.parse(f"{imports}{line}"))]
