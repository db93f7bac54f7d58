"""Keys of this API as one text: `<public_id>.<secret>` behind `Bearer`. Pure."""

import re
from typing import Final

from management.vendor_keys.commands import VendorKeyMade

DIALECT: Final = "sencloud"
_BEARER: Final = re.compile(
    r"Bearer +(?P<public_id>[0-9A-Za-z]{1,64})\.(?P<secret>[0-9A-Za-z]{1,64})", re.IGNORECASE | re.ASCII
)


def key_text(made: VendorKeyMade) -> str:
    """What the owner of a new key is given."""
    return f"{made.key.public_id}.{made.secret}"


def parts_of(authorization: str) -> tuple[str, str] | None:
    """The public id and the secret in a header; None where it holds no key."""
    match = _BEARER.fullmatch(authorization)
    return None if match is None else (match["public_id"], match["secret"])
