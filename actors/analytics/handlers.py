"""What the analytics room answers and hears: one short function a message."""

from actors.analytics import answering, digests, folding, listing, rebuilding, rendering
from actors.runtime.room import Room, Transaction, Who
from contracts.analytics import (
    Associations,
    GetAssociations,
    GetHabitInsight,
    GetMoodReport,
    GetSummary,
    HabitInsight,
    MoodReport,
    Summary,
)
from contracts.analytics_upkeep import (
    FoldPerson,
    GetRebuild,
    ListFacts,
    ListLoggedPeople,
    LoggedFacts,
    LoggedPeople,
    Rebuild,
    RebuildPerson,
)
from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.digests import Digest, GetDigest
from contracts.habits import (
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
)
from contracts.imports import CheckInsImported
from contracts.journal import EntriesImported, EntryDeleted, EntryWritten
from contracts.pictures import Rendered, RenderReport
from contracts.users import ProfileChanged, UserDeleted

room = Room("analytics")

# -- what is heard --------------------------------------------------------------------------------


@room.hear
async def note_profile(fact: ProfileChanged, tx: Transaction) -> None:
    """Note how a person lives in time."""
    await folding.take_in(tx, fact)


@room.hear
async def note_habit(fact: HabitCreated, tx: Transaction) -> None:
    """Note a new habit."""
    await folding.take_in(tx, fact)


@room.hear
async def note_change(fact: HabitChanged, tx: Transaction) -> None:
    """Note what a habit is now."""
    await folding.take_in(tx, fact)


@room.hear
async def note_archived(fact: HabitArchived, tx: Transaction) -> None:
    """Note that a habit was laid aside, or taken up again."""
    await folding.take_in(tx, fact)


@room.hear
async def hide_habit(fact: HabitBinned, tx: Transaction) -> None:
    """Keep a habit that is in the bin, and show it nowhere."""
    await folding.take_in(tx, fact)


@room.hear
async def show_habit(fact: HabitRestored, tx: Transaction) -> None:
    """Show a habit again that is out of the bin."""
    await folding.take_in(tx, fact)


@room.hear
async def drop_habit(fact: HabitDeleted, tx: Transaction) -> None:
    """Drop a habit, its days, and what was logged of it."""
    await folding.take_in(tx, fact)


@room.hear
async def note_check_in(fact: HabitCheckedIn, tx: Transaction) -> None:
    """Note what a day of a habit is now."""
    await folding.take_in(tx, fact)


@room.hear
async def note_removal(fact: CheckInRemoved, tx: Transaction) -> None:
    """Note that nothing is logged for a day any more."""
    await folding.take_in(tx, fact)


@room.hear
async def note_imported_days(fact: CheckInsImported, tx: Transaction) -> None:
    """Note the days that an import filled."""
    await folding.take_in(tx, fact)


@room.hear
async def note_break(fact: BreakAdded, tx: Transaction) -> None:
    """Note what a break is now."""
    await folding.take_in(tx, fact)


@room.hear
async def drop_break(fact: BreakRemoved, tx: Transaction) -> None:
    """Note that a break was taken back."""
    await folding.take_in(tx, fact)


@room.hear
async def note_entry(fact: EntryWritten, tx: Transaction) -> None:
    """Note what an entry of the diary is now, without its words."""
    await folding.take_in(tx, fact)


@room.hear
async def drop_entry(fact: EntryDeleted, tx: Transaction) -> None:
    """Note that an entry was thrown away."""
    await folding.take_in(tx, fact)


@room.hear
async def note_imported_entries(fact: EntriesImported, tx: Transaction) -> None:
    """Note the entries that an import wrote."""
    await folding.take_in(tx, fact)


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase all that the room holds of a user, and keep that they are gone."""
    await folding.forget(tx, fact.user_id)


# -- digests --------------------------------------------------------------------------------------


@room.answer
async def get_digest(query: GetDigest, who: Who, tx: Transaction) -> Digest:
    """Compose the caller's digest, to look at."""
    return await digests.digest(tx, who.user_id, query)


# -- upkeep ---------------------------------------------------------------------------------------


@room.answer
async def list_facts(query: ListFacts, who: Who, tx: Transaction) -> LoggedFacts:
    """Show the caller what was heard of them."""
    return await listing.facts(tx, who.user_id, query)


@room.answer
async def list_people(query: ListLoggedPeople, tx: Transaction) -> LoggedPeople:
    """Show an administrator of whom facts were heard."""
    return await listing.people(tx, query)


@room.answer
async def rebuild(command: RebuildPerson, tx: Transaction) -> Rebuild:
    """Have a person's history folded anew, as soon as somebody has the time."""
    return await rebuilding.ask_for(tx, command.user_id)


@room.answer
async def get_rebuild(query: GetRebuild, tx: Transaction) -> Rebuild:
    """Show how far a rebuild is."""
    return await rebuilding.find(tx, query.user_id)


@room.do
async def fold_person(job: FoldPerson, tx: Transaction) -> None:
    """Fold a person's history anew."""
    await rebuilding.run(tx, job.user_id)


# -- reports --------------------------------------------------------------------------------------


@room.answer
async def get_summary(query: GetSummary, who: Who, tx: Transaction) -> Summary:
    """Sum up a range of the caller's."""
    return await answering.summary(tx, who.user_id, query)


@room.answer
async def get_habit_insight(query: GetHabitInsight, who: Who, tx: Transaction) -> HabitInsight:
    """Report on one habit of the caller's."""
    return await answering.habit_insight(tx, who.user_id, query)


@room.answer
async def get_associations(query: GetAssociations, who: Who, tx: Transaction) -> Associations:
    """Look for what goes together."""
    return await answering.associations(tx, who.user_id, query)


@room.answer
async def get_mood_report(query: GetMoodReport, who: Who, tx: Transaction) -> MoodReport:
    """Report on the caller's moods."""
    return await answering.moods(tx, who.user_id, query)


@room.answer
async def render_report(query: RenderReport, who: Who, tx: Transaction) -> Rendered:
    """Show the caller a report as a picture or a table."""
    return await rendering.render(tx, who.user_id, query)
