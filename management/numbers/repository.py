"""Rows of numbers."""

from management.call_settings.repository import EMERGENCY_CALLER_ID
from management.number_destinations.repository import NumberDestinationsRepository
from management.numbers.commands import Number
from management.objects.links import Reference
from management.objects.repository import Rows
from xmlcurl.store.tables import extensions, hotlines, numbers, tenants


class NumberRepository(Rows[Number]):
    """Living numbers of one tenant. Unique among those of all tenants: a call from outside says nothing else."""

    TABLE = numbers
    MODEL = Number
    SEARCHED = (numbers.c.number, numbers.c.display_name)
    ORDER = (numbers.c.number,)
    KEY = "number"
    UNIQUE = "number"
    LINKS = (
        Reference("extension", extensions.c.outbound_number_id, extensions.c.number),
        Reference("hotline", hotlines.c.number_id, hotlines.c.name),
        Reference("tenant", tenants.c.default_number_id, tenants.c.domain),
        EMERGENCY_CALLER_ID,
    )

    async def remove(self, object_id: int) -> None:
        """Where its calls went is forgotten, too."""
        for part in NumberDestinationsRepository.PARTS.values():
            await part.remove(self._connection, object_id)
        await super().remove(object_id)
