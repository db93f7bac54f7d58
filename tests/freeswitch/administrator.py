"""The management API as the administrator of one tenant uses it."""

import re
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

WAIT_SECONDS = 10
"""How long a write may wait for the switches: they are here, so only a fault takes that long."""


@dataclass(frozen=True, slots=True)
class Account:
    """What goes into a phone."""

    number: str
    password: str = field(repr=False)
    domain: str

    @property
    def address(self) -> str:
        return f"{self.number}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Sync:
    """X-Switch-Sync: how many switches have dropped their copies, have not yet, can't."""

    acked: int
    pending: int
    failed: int

    @classmethod
    def of(cls, answer: httpx.Response) -> Self:
        said = dict(re.findall(r"(\w+)=(\d+)", answer.headers["X-Switch-Sync"]))
        return cls(int(said["acked"]), int(said["pending"]), int(said["failed"]))


class Administrator:
    """Of one tenant, with its token."""

    def __init__(self, url: str, token: str, domain: str) -> None:
        self.domain = domain
        self.wait_seconds = WAIT_SECONDS
        """For the switches, after each write that doesn't say otherwise."""
        self._client = httpx.AsyncClient(
            base_url=f"{url}/api/pbx", headers={"Authorization": f"Bearer {token}"}, timeout=30.0
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._client.aclose()

    async def create(self, number: str, **values: Any) -> Account:
        """A new extension, in every switch's sight."""
        answer = await self._write("POST", "/extensions", {"extension_number": number, **values})
        return Account(number, answer.json()["data"]["sip_password"], self.domain)

    async def read(self, number: str) -> dict[str, Any]:
        answer = await self._client.get(f"/extensions/{number}")
        answer.raise_for_status()
        return dict(answer.json()["data"])

    async def update(self, number: str, *, wait_seconds: int = WAIT_SECONDS, **values: Any) -> Sync:
        return Sync.of(await self._write("PUT", f"/extensions/{number}", values, wait_seconds))

    async def delete(self, number: str) -> Sync:
        return Sync.of(await self._write("DELETE", f"/extensions/{number}"))

    async def change_password(self, account: Account, *, wait_seconds: int = WAIT_SECONDS) -> tuple[Account, Sync]:
        """The account with its new password, and what the switches know of it."""
        answer = await self._write("POST", f"/extensions/{account.number}/change-password", {}, wait_seconds)
        return Account(account.number, answer.json()["data"]["sip_password"], account.domain), Sync.of(answer)

    async def put(self, path: str, **values: Any) -> dict[str, Any]:
        """What is there now."""
        return dict((await self._write("PUT", path, values)).json()["data"])

    async def post(self, path: str, **values: Any) -> dict[str, Any]:
        """What was created."""
        return dict((await self._write("POST", path, values)).json()["data"])

    async def send(self, method: str, path: str, sound: bytes, **params: str) -> dict[str, Any]:
        """A file as it is; what is there now."""
        headers = {"Content-Type": "application/octet-stream", "Prefer": f"wait={WAIT_SECONDS}"}
        answer = await self._client.request(method, path, content=sound, params=params, headers=headers)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return dict(answer.json()["data"])

    async def remove(self, path: str) -> None:
        await self._write("DELETE", path)

    async def _write(
        self, method: str, path: str, body: dict[str, Any] | None = None, wait_seconds: int | None = None
    ) -> httpx.Response:
        if wait_seconds is None:
            wait_seconds = self.wait_seconds
        answer = await self._client.request(method, path, json=body, headers={"Prefer": f"wait={wait_seconds}"})
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer
