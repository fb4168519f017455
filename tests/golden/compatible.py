"""Whether a contract still understands, and is still understood by, what an older one says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.golden.schemas import Room, Schema

UPPER = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum", "le", "lt")
LOWER = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum", "ge", "gt")
SAME = ("pattern", "format", "multipleOf", "uniqueItems")


def breaks(old: Room, new: Room) -> dict[str, list[str]]:
    """Say of each contract in `old` what keeps `new` from taking its place."""
    said: dict[str, list[str]] = {}
    for address, was in old["contracts"].items():
        now = new["contracts"].get(address)
        wrongs = ["is gone"] if now is None else [*_contract(was, now, old, new)]
        if wrongs:
            said[address] = wrongs
    return said


def _contract(was: Schema, now: Schema, old: Room, new: Room) -> Iterator[str]:
    """Compare who may ask, what is said, and what is replied."""
    if ("reply" in was) != ("reply" in now):
        yield "is no ask any more" if "reply" in was else "is an ask now"
        return
    if was.get("public") and not now.get("public"):
        yield "is no longer public"
    if now.get("scope") not in (was.get("scope"), ""):
        yield f"needs another scope: {now['scope']}"
    compare = Comparison(old["$defs"], new["$defs"], told="reply" not in was)
    yield from compare.schemas(was["message"], now["message"], "message")
    if "reply" in was:
        replies = Comparison(old["$defs"], new["$defs"], told=True)
        yield from replies.schemas(was["reply"], now["reply"], "reply")


@dataclass
class Comparison:
    """Compares schemas of two versions; what is `told` to older readers may not become null."""

    old: Mapping[str, Schema]
    new: Mapping[str, Schema]
    told: bool = False
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def schemas(self, was: Schema, now: Schema, where: str) -> Iterator[str]:
        """Yield what was understood before, and is no more; `where` names the place."""
        pair = (str(was.get("$ref", "")), str(now.get("$ref", "")))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        was, now = _resolved(was, self.old), _resolved(now, self.new)
        before, after = _alternatives(was, self.old), _alternatives(now, self.new)
        if self.told and not _nullable(before) and _nullable(after):
            yield f"{where} may be null now"
        if len(before) == len(after) == 1:
            yield from self._single(before[0], after[0], where)
            return
        for one in before:
            tried = [[*self._fork()._single(one, other, where)] for other in after]
            if tried and all(tried):
                yield min(tried, key=len)[0] if len(after) == 1 else _no_longer(one, where)

    def _fork(self) -> "Comparison":
        """Look at one alternative without remembering what was seen on the way."""
        return Comparison(self.old, self.new, self.told, set(self._seen))

    def _single(self, was: Schema, now: Schema, where: str) -> Iterator[str]:
        if not _type_holds(was.get("type"), now.get("type")):
            yield f"{where} is {now.get('type')}, was {was.get('type')}"
            return
        yield from _values(was, now, where)
        yield from _bounds(was, now, where)
        yield from self._fields(was, now, where)
        yield from self._elements(was, now, where)

    def _fields(self, was: Schema, now: Schema, where: str) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        for name, schema in before.items():
            if name in after:
                yield from self.schemas(schema, after[name], f"{where}.{name}")
            else:
                yield f"{where}.{name} is gone"
        for name in sorted({*now.get("required", ())} - {*was.get("required", ())}):
            how = "is required now" if name in before else "is new and required"
            yield f"{where}.{name} {how}"
        more, still = (one.get("additionalProperties", True) for one in (was, now))
        if more is not False and still is False:
            yield f"{where} takes no other fields now"
        elif isinstance(still, dict):
            yield from self.schemas(more if isinstance(more, dict) else {}, still, f"{where}.*")
        if "propertyNames" in now:
            names = was.get("propertyNames", {"type": "string"})
            yield from self.schemas(names, now["propertyNames"], f"{where}: names")

    def _elements(self, was: Schema, now: Schema, where: str) -> Iterator[str]:
        if isinstance(now.get("items"), dict):
            yield from self.schemas(was.get("items") or {}, now["items"], f"{where}[]")
        before, after = was.get("prefixItems", []), now.get("prefixItems", [])
        for number, schema in enumerate(after):
            part = before[number] if number < len(before) else {}
            yield from self.schemas(part, schema, f"{where}[{number}]")


def _resolved(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    """Follow references; what stands beside one holds, too."""
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = defs[schema["$ref"].removeprefix("#/$defs/")] | beside
    return schema


def _alternatives(schema: Schema, defs: Mapping[str, Schema]) -> list[Schema]:
    """List what a value may be, each by itself."""
    several = schema.get("anyOf") or schema.get("oneOf")
    if not several:
        return [schema]
    resolved = [_resolved(one, defs) for one in several]
    return [each for one in resolved for each in _alternatives(one, defs)]


def _nullable(alternatives: list[Schema]) -> bool:
    return any(one.get("type") == "null" for one in alternatives)


def _no_longer(one: Schema, where: str) -> str:
    """Name an alternative that is gone or narrowed."""
    named = one.get("properties", {})
    told = [field["const"] for field in named.values() if "const" in field]
    return f"{where} no longer takes {', '.join(map(str, told)) or one.get('type', 'anything')}"


def _type_holds(was: Any, now: Any) -> bool:
    """Say whether each value of a type is one of the other."""
    return now is None or was == now or (was, now) == ("integer", "number")


def _values(was: Schema, now: Schema, where: str) -> Iterator[str]:
    """Compare the values that are listed one by one."""
    before, after = ([one["const"]] if "const" in one else one.get("enum") for one in (was, now))
    if after is not None:
        gone = [value for value in before or ["all others"] if value not in after]
        if gone:
            yield f"{where} no longer takes {', '.join(map(str, gone))}"


def _bounds(was: Schema, now: Schema, where: str) -> Iterator[str]:
    """Compare how long, how large, and of which form a value may be."""
    for name in (*UPPER, *LOWER):
        if name not in now:
            continue
        if name not in was:
            yield f"{where} has {name} {now[name]} now"
        elif (now[name] < was[name]) if name in UPPER else (now[name] > was[name]):
            yield f"{where} has {name} {now[name]}, had {was[name]}"
    for name in SAME:
        if name in now and now[name] != was.get(name):
            yield f"{where} has {name} {now[name]} now"
