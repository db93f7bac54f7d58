"""The rules of partners, for every API, page and command."""

from management.effects import Effects
from management.objects.service import Objects
from management.partners.commands import Partner, PartnerValues
from management.partners.repository import PartnerRepository


class Partners(Objects[None, int, Partner, PartnerValues]):
    """Deleted only without tenants, and without hotlines in their pool."""

    KIND = "partner"
    ROWS = PartnerRepository

    def consequences(self, scope: None, before: Partner | None, after: Partner | None) -> Effects:
        """Nothing that FreeSWITCH gets depends on a partner."""
        return Effects()
