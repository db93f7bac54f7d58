"""The management API as the owner of the platform uses it, in the name of one tenant."""

from typing import Any, Self

from tests.freeswitch.administrator import Administrator, Sync
from tests.freeswitch.product import Product


class Landlord(Administrator):
    """With a token of the platform: every path, and what became of each change."""

    def __init__(self, url: str, token: str, domain: str) -> None:
        super().__init__(url, token, domain)
        self._client.headers["X-Tenant"] = domain

    @classmethod
    def of(cls, product: Product, domain: str) -> Self:
        """With a new token."""
        return cls(product.management_url, product.command("token", "add")["token"], domain)

    async def write(self, method: str, path: str, values: dict[str, Any] | None = None, wait_seconds: int = 0) -> Sync:
        """One write to /api/pbx, and what the switches know of it."""
        return Sync.of(await self._write(method, path, values, wait_seconds))

    async def changes(self, switch: str, *, after: int = 0) -> list[dict[str, Any]]:
        """What that switch had to be told, since the change with that id, the newest first; 200 at most."""
        answer = await self._client.get("/changes", params={"per_page": 200})
        answer.raise_for_status()
        return [each for each in answer.json()["data"] if each["switch"] == switch and each["id"] > after]

    async def read_list(self, path: str) -> list[dict[str, Any]]:
        """The first page of it."""
        answer = await self._client.get(path)
        answer.raise_for_status()
        return list(answer.json()["data"])
