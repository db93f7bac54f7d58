"""What can go wrong with what a partner wishes.

NoDomainSuffix (Forbidden)    whoever runs this has to say below which domain partners' tenants get theirs
"""

from management.errors import Forbidden


class NoDomainSuffix(Forbidden):
    """The setting TENANT_DOMAIN_SUFFIX is not set."""
