"""How every room answers `<room>.export_rows`: what it has declared, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.exports import ExportRows, RowsPage, SectionOutline
from contracts.message import NotFound
from contracts.page import wrong_cursor
from storage.own_rows import Section


@dataclass
class Belongings:
    """What a room holds of a person: sections, and tables that are none, with the reason."""

    sections: dict[str, Section] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def declare(self, *sections: Section, left_out: Mapping[str, str] | None = None) -> None:
        """Declare what people may take away, and of which tables they may not, with the reason."""
        self.sections |= {one.name: one for one in sections}
        self.left_out |= left_out or {}

    async def page(self, tx: AsyncConnection, user_id: UUID, query: ExportRows) -> RowsPage:
        """Return what is asked for. Refuses with `NotFound` (`section_not_found`)."""
        if query.section is None:
            outlines = [
                SectionOutline(
                    name=one.name, columns=one.columns, rows=await one.count(tx, user_id)
                )
                for one in self.sections.values()
            ]
            return RowsPage(sections=tuple(outlines))
        section = self.sections.get(query.section)
        if section is None:
            raise NotFound("section_not_found", "There is no section of this name here.")
        try:
            rows, following = await section.rows(tx, user_id, query.cursor)
        except ValueError:
            raise wrong_cursor() from None
        return RowsPage(rows=tuple(rows), next=following)
