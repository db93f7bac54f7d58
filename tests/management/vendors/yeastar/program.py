"""A customer's program: it was written for a P-series PBX, and points here now."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.management.greetings.sounds import wav
from tests.management.office import Office
from tests.samples import __file__ as samples
from xmlcurl.store.tables import outbound_routes

AT: Final = "/openapi/v1.0"
SAMPLE: Final = (Path(samples).parent / "vendors" / "yeastar" / "extension_create.json").read_bytes()
"""To the letter: a key of it comes twice."""
LEAST: Final[dict[str, Any]] = {
    "type": "SIP",
    "user_password": "Userpwd1011",
    "number": "1001",
    "reg_name": "1001",
    "reg_password": "Regpwd1011",
    "concurrent_registrations": 1,
    "presence_status": "available",
}


@dataclass(frozen=True)
class Program:
    """With a token of its own."""

    http: httpx.AsyncClient
    token: str

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        return answered(await self.http.get(f"/{path}", params={"access_token": self.token, **query}))

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        """`body`: bytes as they are, or what JSON is made of."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return answered(
            await self.http.post(f"/{path}", params={"access_token": self.token}, content=content, headers=headers)
        )

    async def create(self, **values: Any) -> int:
        """The id of a new extension."""
        made = await self.post("extension/create", LEAST | values)
        assert made["errcode"] == 0, made
        return int(made["id"])

    async def detail(self, extension_id: int) -> dict[str, Any]:
        found = await self.get("extension/get", id=extension_id)
        assert found["errcode"] == 0, found
        shown: dict[str, Any] = found["data"]
        return shown


def answered(answer: httpx.Response) -> dict[str, Any]:
    """What it says; the status is 200 whatever it is."""
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    assert isinstance(said["errcode"], int)
    assert isinstance(said["errmsg"], str)
    return said


async def signed_in(office: Office, tenant_id: int) -> Program:
    """A program of that tenant, with a new key."""
    username, password = await office.add_key("yeastar", tenant_id)
    http = office.client(None, at=AT)
    made = answered(await http.post("/get_token", json={"username": username, "password": password}))
    return Program(http, made["access_token"])


async def furnish(office: Office, tenant_id: int) -> httpx.AsyncClient:
    """All that the vendor's sample names, and a client of our own API."""
    admin = office.client(await office.add_token(tenant_id, "admin"))
    await office.add(outbound_routes, id=69, tenant_id=tenant_id, name="Carrier", patterns=["0."])
    named = {
        "departments": [{"name": "Sales"}, {"name": "Support"}],
        "ivr-menus": [{"name": "Main", "number": "800"}],
        "ring-groups": [{"name": "All", "number": "600"}],
        "queues": [{"name": "Help", "number": "700"}],
        "group-mailboxes": [{"name": "Messages", "number": "900"}],
    }
    for noun, bodies in named.items():
        for index, body in enumerate(bodies):
            answer = await admin.post(f"/{noun}", json=body)
            assert answer.json()["data"]["id"] == index + 1, answer.text
    headers = {"Content-Type": "audio/wav"}
    assert (await admin.post("/greetings?name=demo.wav", content=wav(), headers=headers)).status_code == 201
    return admin
