"""Finds every sentence of a folder that a person may read: what is refused, and why."""

import ast
from collections.abc import Iterator
from pathlib import Path

from contracts.message import KINDS

ROOT = Path(__file__).parents[2]
SAYS = {
    "say": 1,
    "BadRequest": 2,
    "State": 2,
    "UnusableServer": 0,
    **dict.fromkeys(KINDS, 1),
}
"""Which argument of a call is a sentence."""

TOLD = {"problem", "says"}
"""Fields that people read, where one is given a sentence of ours in a dict."""


def sentences(folder: str) -> set[str]:
    """List the sentences in the Python files below a folder."""
    found: set[str] = set()
    for file in (ROOT / folder).rglob("*.py"):
        found |= said_in(file.read_text("utf-8"))
    return {text for text in found if text and text != "{error}"}


def said_in(source: str) -> set[str]:
    """List the sentences in the source of a module."""
    return set(_in(ast.parse(source)))


def _in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in TOLD:
                    yield from (text for text in _texts(value, tree) if " " in text)
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        place = SAYS.get(name)
        if place is not None and len(node.args) > place:
            yield from _texts(node.args[place], tree)
        if name == "count":  # of the two forms, the catalog is looked up by both
            yield from _texts(node.args[1], tree)
        if name == "State":
            for given in node.keywords:
                yield from _texts(given.value, tree) if given.arg in ("text", "one") else ()
            yield from _texts(node.args[4], tree) if len(node.args) > 4 else ()
        if name == "backlog_state":
            for given in node.keywords:
                yield from _texts(given.value, tree) if given.arg in ("behind", "well") else ()
        if name in ("ValueError", "Unfit", "Wrong"):
            words = node.args[:1] + [k.value for k in node.keywords if k.arg == "detail"]
            for text in words:
                yield from _texts(text, tree)


def _texts(node: ast.expr, tree: ast.Module) -> Iterator[str]:
    """Return a constant, or each constant that the variable of that name is given."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple):  # of one, and of many
        for each in node.elts:
            yield from _texts(each, tree)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, tree)
        yield from _texts(node.orelse, tree)
    elif isinstance(node, ast.Name):
        for other in ast.walk(tree):
            if isinstance(other, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == node.id for target in other.targets
            ):
                yield from _texts(other.value, tree)
