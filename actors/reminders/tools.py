"""What the handlers work with besides the transaction: the settings of this Ritmo."""

from typing import Annotated

from fast_depends import Depends

from actors.runtime.settings import Settings


class Tools:
    """The tools of the one reminders room in this process."""

    settings = Settings()

    def open(self, settings: Settings) -> None:
        """Take over the settings."""
        self.settings = settings


tools = Tools()


async def _settings() -> Settings:
    return tools.settings


TheSettings = Annotated[Settings, Depends(_settings)]
"""The settings of this Ritmo."""
