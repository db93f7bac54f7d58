"""What a client of Tencent sends: a body, and headers that prove it."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx

from management.vendors.tencent.signature import signature
from tests.management.office import Office

APP_ID: Final = 1_400_000_000
HOST: Final = "ccc.tencentcloudapi.com"


def signed(
    secret_id: str,
    secret: str,
    action: str,
    body: bytes,
    *,
    timestamp: int | None = None,
    host: str = HOST,
    content_type: str = "application/json",
) -> dict[str, str]:
    """The headers, as the SDK sends them."""
    timestamp = int(time.time()) if timestamp is None else timestamp
    date = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
    proof = signature(secret, str(timestamp), date, [("content-type", content_type), ("host", host)], body)
    return {
        "Host": host,
        "Content-Type": content_type,
        "X-TC-Action": action,
        "X-TC-Version": "2020-02-10",
        "X-TC-Timestamp": str(timestamp),
        "Authorization": (
            f"TC3-HMAC-SHA256 Credential={secret_id}/{date}/ccc/tc3_request, "
            f"SignedHeaders=content-type;host, Signature={proof}"
        ),
    }


def response(answer: httpx.Response) -> dict[str, Any]:
    """What is inside of an answer that the SDK understands, without the id of the request."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    (inside,) = answer.json().values()
    assert list(answer.json()) == ["Response"]
    assert UUID(inside.pop("RequestId")).version == 4
    return dict(inside)


class Tencent:
    """A client with one key."""

    def __init__(self, office: Office, secret_id: str, secret: str, *, app_id: int = APP_ID) -> None:
        self.office = office
        self.secret_id = secret_id
        self.secret = secret
        self.app_id = app_id
        self.http = office.client(None, at="")

    async def send(
        self, action: str, body: bytes, headers: Mapping[str, str] | None = None, **signs: Any
    ) -> httpx.Response:
        """A body, signed; `signs` is how, `headers` are other ones than were signed."""
        proof = signed(self.secret_id, self.secret, action, body, **signs)
        return await self.http.post("/", content=body, headers={**proof, **(headers or {})})

    async def ask(self, action: str, /, **fields: Any) -> dict[str, Any]:
        """What an action answers."""
        body = json.dumps({"SdkAppId": self.app_id, **fields}).encode()
        return response(await self.send(action, body))

    async def code(self, action: str, /, **fields: Any) -> str:
        """The code of the error that an action answers."""
        return code(await self.ask(action, **fields))


def code(inside: dict[str, Any]) -> str:
    (error,) = inside.values()
    assert list(error) == ["Code", "Message"]
    assert error["Message"]
    return str(error["Code"])
