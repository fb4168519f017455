"""What the account of an import says of a habit, in its reader's language."""

from collections.abc import Iterable, Iterator

from actors.habits.fit import MAX_NOTE, SAYS, Changed
from actors.habits.loop_rows import MAX_LOOSE, SkipReason, Tally
from contracts.import_account import LooseNote, Remark
from contracts.keeping.cycle import unit_of
from contracts.keeping.promise import Promise
from contracts.message import Invalid
from contracts.speech import say


def streak_of(promise: Promise) -> Iterator[Changed]:
    """Tell what a streak counts, where that is not days as elsewhere."""
    unit = unit_of(promise.terms[-1])
    if unit.per == "days":
        yield Changed("streak_in_days", {"days": unit.days})
    elif unit.per != "day":
        yield Changed(f"streak_in_{unit.per}s")


class Remarks:
    """Words an account, which has room for so many notes."""

    def __init__(self, language: str) -> None:
        """Speak this language."""
        self._language, self._room = language, MAX_LOOSE

    def refusal(self, no: Invalid) -> Remark:
        """Say why a habit was refused."""
        said = {
            name: say(self._language, str(value)) if name in ("field", "why") else value
            for name, value in no.params.items()
        }
        return Remark(code=no.code, says=say(self._language, no.text, said))

    def of(self, tally: Tally, changes: Iterable[Changed]) -> tuple[Remark, ...]:
        """Say what is otherwise than it was; of notes, before they are listed."""
        return tuple(
            Remark(code=one.code, says=say(self._language, SAYS[one.code], one.params))
            for one in (*changes, *self._notes_changed(tally))
        )

    def _notes_changed(self, tally: Tally) -> Iterator[Changed]:
        if tally.cut:
            yield Changed("notes_cut", {"most": MAX_NOTE, "count": tally.cut})
        loose = tally.skipped[SkipReason.NOTE_WITHOUT_CHECK_IN]
        if listed := min(len(tally.loose), self._room):
            yield Changed("notes_loose", {"count": listed})
        if loose > listed:
            yield Changed("notes_unlisted", {"count": loose - listed})

    def notes(self, tally: Tally) -> tuple[LooseNote, ...]:
        """List notes of days without a check-in, as many as there is still room for."""
        listed = tally.loose[: self._room]
        self._room -= len(listed)
        return tuple(LooseNote(day=day, text=text) for day, text in listed)
