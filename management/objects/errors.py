"""What can go wrong with any object, beyond values out of bounds.

ObjectUnknown (NotFound)    no living object of that tenant has the key
InUse (Conflict)            something points to it: it can't be deleted
"""

from collections.abc import Sequence

from management.errors import Broken, Conflict, NotFound


class ObjectUnknown(NotFound):
    """No living object of that kind, or another tenant's."""

    def __init__(self, kind: str, key: int | str) -> None:
        super().__init__(f"{kind.replace('_', ' ')} {key!r}")


class InUse(Conflict):
    """Deleted, it would be missing elsewhere. `users` are what points to it, such as "extension 1001"."""

    def __init__(self, kind: str, users: Sequence[str]) -> None:
        super().__init__(kind, "in_use_by")
        self.broken = Broken("in_use_by", {"users": ", ".join(users)})
        self.users = tuple(users)
