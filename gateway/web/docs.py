"""The documentation page, made from the OpenAPI document."""

import json
from html import escape
from typing import Any

Part = dict[str, Any]


def operations(document: Part, base: str) -> str:
    """Lay out every operation, by tag, with parameters, examples and a command to copy.

    `base` is where people reach Ritmo.
    """
    by_tag: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = _operation(document, path, method.upper(), operation)
            by_tag.setdefault(operation["tags"][0], []).append(shown)
    sections = (
        f'<section id="{escape(tag)}"><h2>{escape(tag)}</h2>{"".join(shown)}</section>'
        for tag, shown in by_tag.items()
    )
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in by_tag)
    introduction = "".join(
        f"<p>{escape(text)}</p>" for text in document["info"].get("description", "").split("\n\n")
    )
    return (
        f"<header><h1>{escape(document['info']['title'])} API</h1>{introduction}"
        f"<pre>RITMO={escape(base)}</pre></header>"
        f'<nav>{links}<a href="/openapi.json">openapi.json</a></nav>{"".join(sections)}'
    )


def _operation(document: Part, path: str, method: str, operation: Part) -> str:
    body = _body(document, operation)
    shown = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if operation.get("parameters"):
        shown.append(_parameters(operation["parameters"]))
    if body is not None:
        shown.append(f"<h4>Body</h4><pre>{escape(_json(body))}</pre>")
    shown.append(_answers(document, operation))
    shown.append(f"<h4>curl</h4><pre>{escape(_curl(path, method, operation, body))}</pre>")
    return (
        f'<details><summary><b class="{method.lower()}">{method}</b> <code>{escape(path)}</code> '
        f"{escape(operation.get('summary', ''))}</summary>{''.join(shown)}</details>"
    )


def _parameters(parameters: list[Part]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}"
        f"{', needed' if one.get('required') else ''}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for one in parameters
    )
    return f"<h4>Parameters</h4><table>{rows}</table>"


def _answers(document: Part, operation: Part) -> str:
    rows = []
    for status, response in operation["responses"].items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        example = _example(document, schema) if status.startswith("2") else None
        shown = f"<pre>{escape(_json(example))}</pre>" if example else ""
        described = escape(response.get("description", ""))
        rows.append(f"<tr><td><code>{status}</code></td><td>{described}{shown}</td></tr>")
    return f"<h4>Answers</h4><table>{''.join(rows)}</table>"


def _body(document: Part, operation: Part) -> object:
    content = operation.get("requestBody", {}).get("content", {})
    return _example(document, content.get("application/json", {}).get("schema", {}))


def _resolved(document: Part, schema: Part) -> Part:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Part = document["components"]["schemas"][name] if name else schema
    return found


def _example(document: Part, schema: Part) -> object:
    """Return an example: the schema's own, or one put together from its properties'."""
    resolved = _resolved(document, schema)
    if resolved.get("examples"):
        return resolved["examples"][-1]
    own = {
        name: inner["examples"][0]
        for name, inner in resolved.get("properties", {}).items()
        if inner.get("examples")
    }
    return own or None


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _curl(path: str, method: str, operation: Part, body: object) -> str:
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            schema = one.get("schema", {})
            examples = schema.get("examples") or one.get("examples") or [one["name"].upper()]
            path = path.replace("{" + one["name"] + "}", str(next(iter(examples))))
    lines = [f"curl $RITMO{path}" if method == "GET" else f"curl -X {method} $RITMO{path}"]
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        lines.append("-F file=@export.zip")
    if body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d '{json.dumps(body, ensure_ascii=False)}'")
    return " \\\n  ".join(lines)
