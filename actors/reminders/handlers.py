"""What the reminders room answers and hears: one short function a message."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.reminders import (
    acting,
    advising,
    channels,
    claiming,
    copies,
    ledger,
    mailing,
    previewing,
    rules,
    sending,
    settings,
    striking,
    trying,
)
from actors.reminders.mail_folder import keep_tidy, mail_folder
from actors.reminders.tools import TheSettings, tools
from actors.runtime.room import Room, TheBus, Transaction, Who
from actors.runtime.settings import Settings
from contracts.auth import Done, UserRegistered
from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.deliveries import (
    ActOnLink,
    Channel,
    ChannelList,
    Deliveries,
    Delivery,
    DigestShown,
    DropApprise,
    GetDelivery,
    Link,
    ListChannels,
    ListDeliveries,
    LookAtLink,
    PreviewDigest,
    SendTest,
    SetApprise,
    TryReminder,
)
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
from contracts.mails import SendDigest, SendMail
from contracts.reminder_proposals import AcceptProposal, ExplainReminder, GetProposal, Proposal, Why
from contracts.reminder_settings import (
    GetReminderSettings,
    ReminderSettings,
    SetReminderSettings,
    UpdateReminderSettings,
)
from contracts.reminders import (
    CreateReminder,
    DeleteReminder,
    GetReminder,
    GiveFeedback,
    ListReminders,
    NoteCue,
    Reminder,
    Reminders,
    SnoozeReminder,
    UpdateReminder,
)
from contracts.users import ProfileChanged, UserChanged, UserDeleted
from storage import idempotency
from storage.reminders import channels as doors
from storage.reminders import copies as habits
from storage.reminders import rules as kept

room = Room("reminders")

# -- rules ----------------------------------------------------------------------------------------


@room.answer
async def create_reminder(
    command: CreateReminder, who: Who, tx: Transaction, bus: TheBus
) -> Reminder:
    """Make a reminder."""
    return await rules.create(tx, bus, who, command)


@room.answer
async def update_reminder(command: UpdateReminder, who: Who, tx: Transaction) -> Reminder:
    """Change a reminder."""
    return await rules.update(tx, who, command)


@room.answer
async def note_cue(command: NoteCue, who: Who, tx: Transaction) -> Done:
    """Note the cue of a habit, if the habit is known."""
    await habits.save_cue(tx, who.user_id, command.habit_id, command.cue)
    return Done()


@room.answer
async def delete_reminder(command: DeleteReminder, who: Who, tx: Transaction) -> Done:
    """Delete a reminder and its history."""
    await rules.found(tx, who.user_id, command.reminder_id, command.expected_version)
    await kept.remove(tx, who.user_id, command.reminder_id)
    return Done()


@room.answer
async def get_reminder(query: GetReminder, who: Who, tx: Transaction) -> Reminder:
    """Show a reminder with its history."""
    return await rules.show(tx, who.user_id, query.reminder_id)


@room.answer
async def list_reminders(query: ListReminders, who: Who, tx: Transaction) -> Reminders:
    """Show all reminders, or those of a habit."""
    return Reminders(reminders=await rules.show_all(tx, who.user_id, query.habit_id))


@room.answer
async def snooze_reminder(command: SnoozeReminder, who: Who, tx: Transaction) -> Reminder:
    """Keep a reminder silent for a while."""
    return await rules.snooze(tx, who.user_id, command.reminder_id, command)


@room.answer
async def give_feedback(command: GiveFeedback, who: Who, tx: Transaction) -> Reminder:
    """Move a reminder, or switch it off."""
    said = command.feedback, command.weekday
    return await rules.obey(tx, who.user_id, command.reminder_id, *said)


@room.answer
async def get_proposal(query: GetProposal, who: Who, tx: Transaction) -> Proposal:
    """Show the times that a smart reminder proposes."""
    return await advising.propose(tx, who, query)


@room.answer
async def accept_proposal(command: AcceptProposal, who: Who, tx: Transaction) -> Reminder:
    """Let a smart reminder go by what it proposes."""
    return await advising.accept(tx, who, command.reminder_id)


@room.answer
async def explain_reminder(query: ExplainReminder, who: Who, tx: Transaction) -> Why:
    """Say why a reminder comes when it does."""
    return await advising.explain(tx, who, query)


@room.answer
async def get_settings(
    query: GetReminderSettings, who: Who, tx: Transaction, bus: TheBus
) -> ReminderSettings:
    """Show how the caller wants to be reminded."""
    return await settings.show(tx, bus, who)


@room.answer
async def set_settings(
    command: SetReminderSettings, who: Who, tx: Transaction, bus: TheBus
) -> ReminderSettings:
    """Set how the caller wants to be reminded."""
    return await settings.replace(tx, bus, who, command, command.expected_version)


@room.answer
async def update_settings(
    command: UpdateReminderSettings, who: Who, tx: Transaction, bus: TheBus
) -> ReminderSettings:
    """Change how the caller wants to be reminded."""
    return await settings.change(tx, bus, who, command)


# -- channels and deliveries ----------------------------------------------------------------------


@room.opening
async def lay_out(given: Settings) -> None:
    """Take over the settings."""
    tools.open(given)


@room.working
async def send(engine: AsyncEngine, given: Settings) -> None:
    """Send what is due, through every door."""
    await sending.send(engine, given, tools.helper)


@room.working
async def tidy(engine: AsyncEngine, given: Settings) -> None:
    """Drop mails that lie in the folder for too long."""
    await keep_tidy(engine, given)


@room.answer
async def list_channels(
    query: ListChannels, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> ChannelList:
    """Show the ways to reach the caller."""
    return await channels.show_all(tx, bus, who, given, query.language)


@room.before
async def look_at_address(command: SetApprise) -> None:
    """Refuse an Apprise address that Ritmo will not use."""
    private = tools.settings.allow_private_webhooks
    await tools.helper.check(command.url, allow_private=private)


@room.answer
async def set_apprise(
    command: SetApprise, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> Channel:
    """Keep the caller's Apprise address; it was looked at."""
    return await channels.set_apprise(tx, bus, who, given, command)


@room.answer
async def drop_apprise(command: DropApprise, who: Who, tx: Transaction) -> Done:
    """Forget the caller's Apprise address."""
    await doors.drop_apprise(tx, who.user_id)
    return Done()


@room.answer
async def send_test(
    command: SendTest, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> Delivery:
    """Send a test."""
    return await channels.send_test(tx, bus, who, given, command)


@room.answer
async def try_reminder(command: TryReminder, who: Who, tx: Transaction) -> Deliveries:
    """Send a reminder now."""
    return await trying.try_out(tx, who.user_id, command.reminder_id)


@room.answer
async def get_delivery(query: GetDelivery, who: Who, tx: Transaction) -> Delivery:
    """Show what became of a delivery."""
    return await ledger.show(tx, who.user_id, query.delivery_id, query.language)


@room.answer
async def list_deliveries(query: ListDeliveries, who: Who, tx: Transaction) -> Deliveries:
    """Show what was sent to the caller."""
    return await ledger.show_page(tx, who.user_id, query)


@room.answer
async def look_at_link(query: LookAtLink, tx: Transaction) -> Link:
    """Say what a link in a mail is for."""
    return await acting.look(tx, query.token)


@room.answer
async def act_on_link(command: ActOnLink, tx: Transaction, bus: TheBus) -> Link:
    """Do what a link in a mail is for."""
    return await acting.act(tx, bus, command)


@room.answer
async def preview_digest(
    query: PreviewDigest, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> DigestShown:
    """Show the caller's digest as it would be sent."""
    return await previewing.preview(tx, bus, who, given, query)


# -- ticks ----------------------------------------------------------------------------------------


@room.tick("reminders.claim", every=1)
async def claim(tx: AsyncConnection) -> bool:
    """Decide about rules that are due."""
    return await claiming.claim(tx)


@room.tick("reminders.digests", every=10)
async def tell_digests(tx: AsyncConnection) -> bool:
    """Have digests composed that are due."""
    return await striking.digests(tx)


@room.tick("reminders.learn", every=60)
async def learn(tx: AsyncConnection) -> bool:
    """Let smart rules that follow learn anew, each once a day."""
    return await striking.learn(tx)


@room.tick("reminders.clean_up", every="41 * * * *")
async def clean_up(tx: AsyncConnection) -> bool:
    """Drop what nobody asks about any more."""
    return await mailing.clean_up(tx) | await striking.clean_up(tx)


# -- what is heard --------------------------------------------------------------------------------


@room.hear
async def note_registered(fact: UserRegistered, tx: Transaction) -> None:
    """Note the address of somebody new."""
    await copies.note_registered(tx, fact)


@room.hear
async def note_profile(fact: ProfileChanged, tx: Transaction) -> None:
    """Note how a person lives in time."""
    await copies.note_profile(tx, fact)


@room.hear
async def note_standing(fact: UserChanged, tx: Transaction) -> None:
    """Note whether an account is disabled."""
    await copies.note_standing(tx, fact)


@room.hear
async def note_new_habit(fact: HabitCreated, tx: Transaction) -> None:
    """Note a new habit."""
    await copies.note_habit(tx, fact)


@room.hear
async def note_habit(fact: HabitChanged, tx: Transaction) -> None:
    """Note what a habit is now."""
    await copies.note_habit(tx, fact)


@room.hear
async def note_archived(fact: HabitArchived, tx: Transaction) -> None:
    """Note whether a habit is laid aside."""
    await copies.note_archived(tx, fact)


@room.hear
async def hide_habit(fact: HabitBinned, tx: Transaction) -> None:
    """Keep silent about a habit that is in the bin."""
    await copies.note_binned(tx, fact)


@room.hear
async def show_habit(fact: HabitRestored, tx: Transaction) -> None:
    """Remind again of a habit that is out of the bin."""
    await copies.note_binned(tx, fact)


@room.hear
async def drop_habit(fact: HabitDeleted, tx: Transaction) -> None:
    """Drop a habit and its reminders."""
    await copies.drop_habit(tx, fact)


@room.hear
async def note_day(fact: HabitCheckedIn, tx: Transaction) -> None:
    """Note what a day of a habit is now."""
    await copies.note_day(tx, fact)


@room.hear
async def note_removal(fact: CheckInRemoved, tx: Transaction) -> None:
    """Note that nothing is logged for a day any more."""
    await copies.note_removal(tx, fact)


@room.hear
async def note_imported(fact: CheckInsImported, tx: Transaction) -> None:
    """Note the days that an import filled."""
    await copies.note_imported(tx, fact)


@room.hear
async def note_break(fact: BreakAdded, tx: Transaction) -> None:
    """Note what a break is now."""
    await copies.note_break(tx, fact)


@room.hear
async def drop_break(fact: BreakRemoved, tx: Transaction) -> None:
    """Note that a break was taken back."""
    await copies.note_break(tx, fact)


@room.hear
async def note_entry(fact: EntryWritten, tx: Transaction) -> None:
    """Note on which day the diary has an entry."""
    await copies.note_entries(tx, fact)


@room.hear
async def drop_entry(fact: EntryDeleted, tx: Transaction) -> None:
    """Note that an entry was thrown away."""
    await copies.note_entries(tx, fact)


@room.hear
async def note_imported_entries(fact: EntriesImported, tx: Transaction) -> None:
    """Note the entries that an import wrote."""
    await copies.note_entries(tx, fact)


@room.do
async def send_mail(job: SendMail, tx: Transaction) -> None:
    """Have a mail sent."""
    await mailing.send_mail(tx, job)


@room.do
async def send_digest(job: SendDigest, tx: Transaction) -> None:
    """Have a digest sent."""
    await mailing.send_digest(tx, job)


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction, given: TheSettings) -> None:
    """Erase all that the room holds of a user; only that they are gone is kept."""
    await copies.forget(tx, fact.user_id)
    await mailing.erase(tx, fact.user_id, mail_folder(given))
    await idempotency.erase(tx, fact.user_id)
