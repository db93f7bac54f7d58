"""Why an extension may not sign in, call or be called."""

from datetime import datetime

from xmlcurl.store.model import Extension


def out_of_service(extension: Extension, at: datetime) -> str | None:
    """In words; None: it is in service."""
    if extension.is_in_service(at):
        return None
    if not extension.tenant.is_active:
        return f"{extension.tenant.domain} is suspended"
    if extension.status != "active":
        return f"{extension.number} is {extension.status}"
    return f"{extension.number} has expired: {extension.expires_at:%Y-%m-%d %H:%M:%S} UTC"


def other_name(extension: Extension, name: str) -> str:
    """What `name` is to the extension."""
    if name == extension.number:
        return "the number"
    return "the sign-in name" if name == extension.sign_in_name else "an alias"
