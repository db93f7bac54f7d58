"""Rows of users."""

from management.objects.links import Reference
from management.objects.repository import Rows
from management.users.commands import User
from xmlcurl.store.tables import extensions, users


class UserRepository(Rows[User]):
    """Living users of one tenant."""

    TABLE = users
    MODEL = User
    SEARCHED = (users.c.name, users.c.email)
    ORDER = (users.c.name,)
    UNIQUE = "email"
    LINKS = (Reference("extension", extensions.c.user_id, extensions.c.number),)

    async def of_email(self, email: str) -> User | None:
        """Whose address that is, its case does not count."""
        found = await self._objects(self._living().where(users.c.email == email.lower()))
        return found[0] if found else None
