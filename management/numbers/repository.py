"""Rows of numbers."""

from management.numbers.commands import Number
from management.objects.repository import Link, Rows
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
        Link("extension", extensions.c.outbound_number_id, extensions.c.number),
        Link("hotline", hotlines.c.number_id, hotlines.c.name),
        Link("tenant", tenants.c.default_number_id, tenants.c.domain),
    )
