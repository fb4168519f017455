"""The list of problem codes in the OpenAPI document is whole, and no longer than it should be."""

import ast
from collections.abc import Iterator
from pathlib import Path

from contracts.message import KINDS
from gateway.codes import PROBLEM_CODES
from gateway.connection import REFUSALS
from gateway.problems import CODES, PLAIN, STATUS

ROOT = Path(__file__).parent.parent
SANDBOX = ROOT / "actors" / "reminders" / "webhooks" / "guard.py"
"""Its `Refused` is what a guarded process may not do: no answer to anybody."""

FILES = [
    file
    for folder in ("contracts", "actors", "gateway")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if file != SANDBOX
]
LISTED = {(status, code) for status, codes in PROBLEM_CODES.items() for code in codes.split()}


def literal(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def refused(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield status and code of every refusal that a file writes out."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
            continue
        name, args = call.func.id, call.args
        if name in KINDS:
            yield CODES.get(literal(args[0]), STATUS[KINDS[name]]), literal(args[0])
        elif name == "BadRequest":
            yield int(literal(args[0])), literal(args[1])
        elif name == "problem" and literal(args[1]):
            yield int(literal(args[1])), literal(args[2])


def test_every_refusal_is_listed_under_its_status() -> None:
    found = {one for file in FILES for one in refused(ast.parse(file.read_text()))}
    found |= {(status, code) for table in (PLAIN, REFUSALS) for status, (code, _) in table.items()}
    written_out = {(status, code) for status, code in found if code}
    assert len(written_out) > 100
    assert written_out - LISTED == set(), "add them to gateway/codes.py"


def test_no_code_is_listed_that_nothing_refuses_with() -> None:
    # "too_many_" + "keys" is put together where it is refused.
    texts = "".join(file.read_text() for file in FILES if file.name != "codes.py")
    plain = {code.removeprefix("too_many_") for _, code in LISTED}
    assert {code for code in plain if f'{code}"' not in texts} == set()


def test_a_foreign_cursor_is_refused_in_one_place() -> None:
    places = [
        file.relative_to(ROOT).as_posix()
        for file in FILES
        for _, code in refused(ast.parse(file.read_text()))
        if code == "wrong_cursor"
    ]
    assert places == ["contracts/page.py"], "raise wrong_cursor() of contracts.page"
