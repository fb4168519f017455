"""A patch: a change of what is given of a thing, and of nothing else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Generic

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from contracts.message import Command, R


class Patch(Command[R], Generic[R]):
    """Changes what is given. Null clears a field of `clears`; of another one it is as if not given.

    `about` names the fields that say what is changed, not how. Only what was given is written down.
    """

    about: ClassVar[frozenset[str]] = frozenset({"expected_version"})
    clears: ClassVar[frozenset[str]] = frozenset()
    flags: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """By field the flag, or list, by which the version before says that null clears it: there null
    alone leaves it. The next version does without.
    """

    expected_version: int | None = None

    def changes(self) -> dict[str, Any]:
        """Return by name what is to be otherwise; None: it is to be cleared."""
        given = {name: getattr(self, name) for name in self.model_fields_set - self.about}
        return {
            name: value for name, value in given.items() if value is not None or name in self.clears
        }

    @model_validator(mode="before")
    @classmethod
    def _heed_flags(cls, said: object) -> object:
        """Read what the version before said."""
        if not isinstance(said, dict) or not said.keys() & {*cls.flags.values()}:
            return said
        given = {
            name: value
            for name, value in said.items()
            if name not in cls.flags or value is not None
        }
        for name, flag in cls.flags.items():
            raised = said.get(flag)
            if raised is True or (isinstance(raised, list | tuple) and name in raised):
                given[name] = None
        return given

    @model_serializer(mode="wrap")
    def _write_given(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Write down what was given, and the flags for rooms of the version before."""
        said = {name: value for name, value in write(self).items() if name in self.model_fields_set}
        for flag in {*self.flags.values()}:
            fields = [name for name, one in self.flags.items() if one == flag]
            cleared = [name for name in fields if name in said and said[name] is None]
            said[flag] = cleared if len(fields) > 1 else bool(cleared)
        return said
