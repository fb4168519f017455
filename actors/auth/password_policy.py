"""What a new password has to be: of some length, and none that is tried first."""

from actors.auth.domain import bare, same_form, unit_of, weak_password, weakness
from actors.auth.password_blocklist import Blocklist

COMMON = "It is one of those that everybody tries first."


class PasswordPolicy:
    """Checks new passwords; those that were chosen before it still open their accounts."""

    def __init__(self) -> None:
        """Know the common passwords once they are needed."""
        self._common = Blocklist()

    async def checked(self, password: str, email: str, pointer: str = "/password") -> str:
        """Return a new password in its one form. Refuses with `Invalid` (`weak_password`)."""
        password = same_form(password)
        wrong = weakness(password, email)
        if wrong is None:
            for form in {password, unit_of(password), bare(password)}:
                if await self._common.holds(form):
                    wrong = COMMON
        if wrong is not None:
            raise weak_password(wrong, pointer)
        return password
