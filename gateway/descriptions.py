"""What stands below the fields of models, for the OpenAPI document; read when that is written.

Pydantic reads it itself if it is told to (`use_attribute_docstrings`), but while classes are made,
and that costs every part of Ritmo, and every command, half a second of its start.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel

CHANGES: dict[type[BaseModel], tuple[type[BaseModel], ...]] = {}
"""Bodies of a PATCH: what they are made from describes their fields, the first that does."""

TAGS: dict[str, str] = {}
"""What the operations under each tag are about; `gateway.bodies.resource` is told it."""


def describe(schemas: dict[str, Any]) -> None:
    """Describe the properties of schemas that say nothing of themselves."""
    models: dict[str, list[type[BaseModel]]] = {}
    for model in _below(BaseModel):
        models.setdefault(model.__name__, []).append(model)
    for name, schema in schemas.items():
        properties = schema.get("properties", {})
        for model in models.get(name.rpartition("__")[2].partition("-")[0], ()):
            shown = {field: info.alias or field for field, info in model.model_fields.items()}
            if {*shown.values()} == properties.keys():
                for field, words in described(model).items():
                    properties[shown[field]].setdefault("description", words)


def described(model: type[BaseModel]) -> dict[str, str]:
    """Return by field what stands below it, in the model or in those that it extends."""
    found: dict[str, str] = {}
    for kind in (*reversed(CHANGES.get(model, ())), *reversed(model.__mro__)):
        if kind in CHANGES.get(model, ()):
            found |= described(kind)
        elif kind.__module__ in sys.modules and issubclass(kind, BaseModel):
            found |= _classes(kind.__module__).get(kind.__qualname__, {})
    return {field: words for field, words in found.items() if field in model.model_fields}


def _below(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in kind.__subclasses__():
        yield model
        yield from _below(model)


@cache
def _classes(module: str) -> dict[str, dict[str, str]]:
    """Return by class of a module what stands below its fields."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        return {}
    return {
        node.name: {
            line.target.id: inspect.cleandoc(below.value.value)
            for line, below in zip(node.body, node.body[1:], strict=False)
            if isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
