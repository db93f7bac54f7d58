"""What can go wrong with an extension, beyond values out of bounds.

ExtensionUnknown (NotFound)     no living extension of that tenant has the number
ExtensionExists (Conflict)      a living extension of the tenant has the number
NameTaken (Conflict)            a sign-in name or alias is some extension's number, sign-in name or alias
EmailTaken (Conflict)           a living extension of the tenant has the address, and the dialect allows each once
RowsRefused (Invalid)           a batch that was all or nothing: nothing
"""

from management.errors import Conflict, Invalid, NotFound


class ExtensionUnknown(NotFound):
    """No living extension of that tenant has the number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"extension {number!r}")


class ExtensionExists(Conflict):
    """A living extension of the tenant is called that number."""

    def __init__(self) -> None:
        super().__init__("extension_number")


class NameTaken(Conflict):
    """A living extension of the tenant is already called that."""


class EmailTaken(Conflict):
    """Another living extension of the tenant has that address."""


class RowsRefused(Invalid):
    """At least one row of a batch can't be; with all or nothing, none is."""
