"""What the store says about the things that wishes name: teams, numbers, names. Asked once for all of a write."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Self

from management.errors import Broken, Invalid
from management.extensions.errors import ExtensionExists, NameTaken
from management.extensions.model import Names
from management.extensions.repository import LINKED, ExtensionRepository

_OUTBOUND: Final = "outbound_caller_id"


class References:
    """Which of them exist, whose the names are, and which nobody may have; inside one transaction."""

    def __init__(
        self,
        linked: Mapping[str, set[int]],
        numbers: Mapping[str, int],
        owners: Mapping[str, int],
        emergency: frozenset[str],
    ) -> None:
        self._linked = linked
        self._numbers = numbers
        self._emergency = emergency
        self._owners: dict[str, int | None] = dict(owners)

    @classmethod
    async def of(
        cls, repository: ExtensionRepository, wishes: Sequence[Mapping[str, Any]], names: Sequence[Names]
    ) -> Self:
        """Everything that the values of `wishes`, and these names, could clash with."""
        wanted = {link: _named(link, wishes) for link in (*LINKED, _OUTBOUND)}
        return cls(
            {link: await repository.linked(link, wanted[link]) for link in LINKED if wanted[link]},
            await repository.outbound_number_ids(wanted[_OUTBOUND]) if wanted[_OUTBOUND] else {},
            await repository.owners(frozenset[str]().union(*(each.all for each in names))) if names else {},
            await repository.emergency_numbers(),
        )

    def check(self, number: str, values: Mapping[str, Any]) -> None:
        """Raises Invalid, with every value that names nothing of the tenant, or a number that is not active.

        And with every name of the extension `number` that is an emergency number.
        """
        missing = [
            name
            for name, value in values.items()
            if value is not None
            and (
                (name in LINKED and value not in self._linked[name])
                or (name == _OUTBOUND and value not in self._numbers)
            )
        ]
        called = {"extension_number": number, "sign_in_name": values.get("sign_in_name")}
        called |= {f"aliases.{index}": alias for index, alias in enumerate(values.get("aliases", ()))}
        reserved = [field for field, name in called.items() if name in self._emergency]
        if missing or reserved:
            raise Invalid(
                {name: [Broken("exists")] for name in missing} | {field: [Broken("emergency")] for field in reserved}
            )

    def outbound_number_id(self, digits: str | None) -> int | None:
        """The id of a number that was checked."""
        return None if digits is None else self._numbers[digits]

    def claim(self, names: Names, extension_id: int | None = None) -> None:
        """The extension of that id, or (None) one that is about to be saved, takes these names.

        Raises:
            ExtensionExists: the number is a name of another living extension.
            NameTaken: another name is.
        """
        taken = names.all & self._owners.keys()
        if extension_id is not None:
            taken = frozenset(name for name in taken if self._owners[name] != extension_id)
        if names.number in taken:
            raise ExtensionExists
        if names.sign_in_name in taken:
            raise NameTaken("sign_in_name")
        if taken:
            raise NameTaken("aliases")
        self._owners |= dict.fromkeys(names.all, extension_id)


def _named(name: str, wishes: Sequence[Mapping[str, Any]]) -> Collection[Any]:
    return {wish[name] for wish in wishes if wish.get(name) is not None}
