"""What the handlers work with besides the transaction: settings, and who looks at addresses."""

from typing import Annotated

from fast_depends import Depends

from actors.reminders.webhooks.client import Helper
from actors.runtime.settings import Settings


class Tools:
    """The tools of the one reminders room in this process."""

    settings = Settings()
    helper = Helper()

    def open(self, settings: Settings) -> None:
        """Take over the settings."""
        self.helper.close()
        self.settings, self.helper = settings, Helper()


tools = Tools()


async def _settings() -> Settings:
    return tools.settings


TheSettings = Annotated[Settings, Depends(_settings)]
"""The settings of this Ritmo."""
