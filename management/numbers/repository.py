"""Rows of numbers."""

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
    )
