"""The AsyncAPI document: it tells of every ask with its reply, and of every fact that is told."""

import json
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from actors.runtime.rabbit.topology import ASKS, FACTS
from contracts.health import Ping
from contracts.scopes import GRANTABLE
from contracts.told import TOLD
from ops.asyncapi import document
from ops.platform import rooms

PARSE = """
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
const { document, diagnostics } = await new Parser().parse(readFileSync("document.json", "utf8"));
const errors = diagnostics.filter((found) => found.severity === 0).map((found) => found.message);
const replies = document ? document.operations().all().filter((one) => one.reply()).length : 0;
console.log(JSON.stringify({ errors, replies }));
"""


@cache
def read() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(document())
    return made


def references(part: Any) -> Iterator[str]:
    """Find all references of a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for one in part.values():
            yield from references(one)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def resolved(reference: str) -> Any:
    """Follow a reference."""
    part: Any = read()
    for word in reference.removeprefix("#/").split("/"):
        part = part[word]
    return part


def test_every_ask_has_its_channel_its_reply_and_its_scope() -> None:
    asked = 0
    for room in rooms():
        for address, answer in room.answers.items():
            if issubclass(answer.contract, Ping):
                continue
            asked += 1
            channel, operation = read()["channels"][address], read()["operations"][address]
            assert channel["address"] == address
            assert channel["bindings"]["amqp"]["exchange"]["name"] == ASKS
            assert operation["action"] == "receive"
            [message] = operation["messages"]
            payload = resolved(resolved(message["$ref"])["$ref"])["payload"]
            wanted = answer.contract.model_fields
            assert {*resolved(payload["$ref"]).get("properties", {})} == {
                field.validation_alias or field.alias or name for name, field in wanted.items()
            }
            assert answer.reply is not None
            replies = [one["$ref"].split("/")[-1] for one in operation["reply"]["messages"]]
            assert replies == [answer.reply.__name__, "Refusal"]
            scopes = [tag["name"] for tag in operation["tags"] if tag["name"].startswith("scope ")]
            assert len(scopes) == 1
    assert asked > 100
    assert {f"scope {scope}" for scope in GRANTABLE} <= {
        tag["name"] for one in read()["operations"].values() for tag in one["tags"]
    }


def test_every_fact_that_is_told_has_its_key() -> None:
    for fact in TOLD:
        channel = read()["channels"][fact.address]
        assert channel["address"] == f"{fact.address}.{{user_id}}"
        assert channel["bindings"]["amqp"]["exchange"]["name"] == FACTS
        assert read()["operations"][fact.address]["action"] == "send"


def test_all_references_lead_somewhere() -> None:
    found = {*references(read())}
    assert len(found) > 500
    for reference in found:
        assert isinstance(resolved(reference), dict), reference


@pytest.mark.skipif(
    "RITMO_SECURITY" not in os.environ, reason="the parser is 54 MB; `make security` fetches it"
)
def test_the_official_parser_finds_no_fault(tmp_path: Path) -> None:
    (tmp_path / "document.json").write_text(document())
    (tmp_path / "parse.mjs").write_text(PARSE)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--silent", "@asyncapi/parser@3.6"]
    subprocess.run(npm, cwd=tmp_path, check=True)
    done = subprocess.run(
        ["node", "parse.mjs"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    assert told["errors"] == []
    assert told["replies"] > 100
