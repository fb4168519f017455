"""What the journal room says about templates: texts with which an entry can begin."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.habit import NO_CONTROLS_BUT_LINES, Name, Tags
from contracts.journal import PromptId
from contracts.message import Command, Done, Message, Query, Reply
from contracts.patch import Patch

Body = Annotated[str, StringConstraints(max_length=10_000, pattern=NO_CONTROLS_BUT_LINES)]
"""A text in Markdown to begin with, kept to the last space."""


class TemplateWords(Message):
    """A template in its writer's words."""

    name: Name = Field(examples=["Evening"])
    """Its name."""
    body: Body = Field(default="", examples=["## Went well\n\n- \n"])
    """What an entry made of it begins with, as Markdown."""
    tags: Tags = ()
    """Tags of an entry made of it, up to 20."""


class TemplateShown(TemplateWords):
    """A template, and whose it is: the person's `own`, or one that comes with Ritmo."""

    template_id: PromptId
    """Which template."""
    own: bool
    """True: the person's own; false: it comes with Ritmo."""
    version: int
    """Rises by one with each change; it stands in the ETag."""


class EntryTemplate(TemplateShown, Reply):
    """A template."""


class EntryTemplates(Reply):
    """All templates: own ones first, by name."""

    templates: tuple[TemplateShown, ...]
    """The templates, own ones first."""


class ListTemplates(Query[EntryTemplates]):
    """List templates, in the caller's language."""

    address: ClassVar[str] = "journal.list_templates"


class AddTemplate(TemplateWords, Command[EntryTemplate]):
    """Add a template. Refuses with `Conflict` (`too_many_templates`)."""

    address: ClassVar[str] = "journal.add_template"


class ChangeTemplate(Patch[EntryTemplate]):
    """Change a template. Refuses with `NotFound` or `Conflict`.

    `Conflict`: `version_conflict`, or `template_built_in`.
    """

    address: ClassVar[str] = "journal.change_template"
    about: ClassVar[frozenset[str]] = frozenset({"template_id", "expected_version"})
    template_id: PromptId
    name: Name | None = None
    body: Body | None = None
    tags: Tags | None = None


class RemoveTemplate(Command[Done]):
    """Remove a template. Refuses as `ChangeTemplate` does."""

    address: ClassVar[str] = "journal.remove_template"
    template_id: PromptId
    expected_version: int | None = None
