"""A secret of the installation, as a process remembers it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import secrets


class InstallationSecret:
    """The secret of one name, made when it is first needed."""

    def __init__(self, name: str) -> None:
        """Know nothing yet."""
        self._name = name
        self._value: bytes | None = None

    async def value(self, tx: AsyncConnection) -> bytes:
        """Return the secret: 32 random bytes."""
        found = self._value or await secrets.find(tx, self._name)
        if found is None:
            # It holds only if this transaction does: it is not remembered yet.
            return await secrets.make(tx, self._name)
        self._value = found
        return found
