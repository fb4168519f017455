"""What letters to administrators say about the Ritmo that they run."""

from collections.abc import Callable, Mapping

from actors.notifications.letter import LetterWords
from actors.notifications.occasion import Occasion
from contracts.speech import say

TROUBLES = {
    "stale": "No backup of Ritmo was made when it was due.",
    "failed": "The last backup of Ritmo failed.",
    "partly": "The last backup of Ritmo is not at every target, or could not be read back there.",
    "damaged": "A backup of Ritmo is not as it was written.",
    "differs": "The last drill found that a restored backup differs from what was kept.",
}
"""By the code of what is wrong."""


def backup_alarm(of: Occasion) -> LetterWords:
    """Tell that backups are not as they should be."""
    line = TROUBLES.get(of.text("trouble"), "Backups of Ritmo need attention.")
    more = "`ritmo doctor` and `ritmo backup list` tell more; `ritmo backup create` makes one now."
    return LetterWords(
        subject=say(of.language, "Backups need attention"),
        heading=say(of.language, "Backups need attention"),
        preview=say(of.language, line),
        paragraphs=(say(of.language, line), say(of.language, more)),
        aside=(say(of.language, "You get this because you are an administrator of this Ritmo."),),
        mark=say(of.language, "Administration"),
    )


OPERATOR_LETTERS: Mapping[str, Callable[[Occasion], LetterWords]] = {"backup_alarm": backup_alarm}
"""By the name of the template."""
