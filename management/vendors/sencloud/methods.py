"""What all methods have in common: POST, JSON, a key, and what they answer when they refuse."""

from fastapi import APIRouter, Security

from management.vendors.sencloud.asking import bearer
from management.vendors.sencloud.errors import ANSWERS
from management.web.strict import StrictRoute


def methods(prefix: str, tag: str) -> APIRouter:
    """A router for some of them."""
    return APIRouter(
        prefix=prefix, route_class=StrictRoute, dependencies=[Security(bearer)], responses=ANSWERS, tags=[tag]
    )
