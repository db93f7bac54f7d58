"""One extension, seen through each dialect: what a client of it does, reduced to what the dialects have in common."""

import base64
import hashlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import httpx
from tencentcloud.common.sign import Sign

SDK_APP_ID: Final = 140_000_000
USER_PASSWORD: Final = "Userpwd1011"
REG_PASSWORD: Final = "Regpwd1011"


@dataclass(frozen=True, slots=True)
class Seen:
    """An extension as a dialect shows it; None is what it can't say."""

    number: str
    name: str | None = None
    password: str | None = field(default=None, repr=False)

    def agrees_with(self, other: "Seen") -> bool:
        """Whether both say the same of what both say."""
        pairs = ((self.name, other.name), (self.password, other.password))
        return self.number == other.number and all(a == b for a, b in pairs if None not in (a, b))


class View(ABC):
    """A client program of one dialect, with a key of its own."""

    CAN_RENAME: ClassVar[bool] = True
    CAN_DELETE: ClassVar[bool] = True

    def __init__(self, root: httpx.AsyncClient) -> None:
        """`root`: the server, without credentials."""
        self.root = root

    @classmethod
    async def opened(cls, root: httpx.AsyncClient, pbx: httpx.AsyncClient) -> "View":
        """With a new key, which `pbx`, an administrator of the tenant, makes."""
        view = cls(root)
        await view.prepare(pbx)
        return view

    @abstractmethod
    async def prepare(self, pbx: httpx.AsyncClient) -> None: ...

    @abstractmethod
    async def create(self, number: str, name: str) -> Seen:
        """A new extension, with its password; the name where the dialect has names."""

    @abstractmethod
    async def numbers(self) -> set[str]:
        """Those that are listed."""

    @abstractmethod
    async def read(self, number: str) -> Seen | None:
        """The extension of that number, None where there is none."""

    async def rename(self, number: str, name: str) -> None:
        raise NotImplementedError

    async def delete(self, number: str) -> None:
        raise NotImplementedError


class PbxView(View):
    """Our own."""

    async def prepare(self, pbx: httpx.AsyncClient) -> None:
        self._pbx = pbx

    async def create(self, number: str, name: str) -> Seen:
        body = {"extension_number": number, "display_name": name}
        return _pbx_seen(_of(await self._pbx.post("/extensions", json=body), 201)["data"])

    async def numbers(self) -> set[str]:
        return {each["extension_number"] for each in _of(await self._pbx.get("/extensions"))["data"]}

    async def read(self, number: str) -> Seen | None:
        answer = await self._pbx.get(f"/extensions/{number}")
        return None if answer.status_code == 404 else _pbx_seen(_of(answer)["data"])

    async def rename(self, number: str, name: str) -> None:
        _of(await self._pbx.put(f"/extensions/{number}", json={"display_name": name}))

    async def delete(self, number: str) -> None:
        _of(await self._pbx.delete(f"/extensions/{number}"))


class SenCloudView(View):
    """It has no names of extensions, and no method that deletes one."""

    SERVICE: ClassVar[str] = "shop.Sencloud"
    CAN_RENAME = False
    CAN_DELETE = False

    async def prepare(self, pbx: httpx.AsyncClient) -> None:
        made = await _key(pbx, "sencloud")
        self._headers = {"Authorization": f"Bearer {made['public_id']}.{made['secret']}"}

    async def create(self, number: str, name: str) -> Seen:
        return _sencloud_seen(_of(await self._ask("CreateExtension", extension_number=number)))

    async def numbers(self) -> set[str]:
        return {each["extension_number"] for each in _of(await self._ask("GetExtensions"))["extensions"]}

    async def read(self, number: str) -> Seen | None:
        answer = await self._ask("GetExtensionInfo", extension_number=number)
        return None if answer.status_code == 404 else _sencloud_seen(_of(answer))

    async def _ask(self, method: str, **body: Any) -> httpx.Response:
        return await self.root.post(f"/v1/{self.SERVICE}/{method}", json=body, headers=self._headers)


class ETelecomView(SenCloudView):
    SERVICE = "shop.Etelecom"


class YeastarView(View):
    """Extensions are found by their ids."""

    async def prepare(self, pbx: httpx.AsyncClient) -> None:
        made = await _key(pbx, "yeastar")
        self._headers = {"User-Agent": "OpenAPI"}
        self._token = ""
        body = {"username": made["public_id"], "password": made["secret"]}
        self._token = (await self._ask("POST", "get_token", body))["access_token"]

    async def create(self, number: str, name: str) -> Seen:
        body = {
            "type": "SIP",
            "first_name": name,
            "user_password": USER_PASSWORD,
            "number": number,
            "reg_name": number,
            "reg_password": REG_PASSWORD,
            "concurrent_registrations": 1,
            "presence_status": "available",
        }
        await self._ask("POST", "extension/create", body)
        return Seen(number, name, REG_PASSWORD)

    async def numbers(self) -> set[str]:
        return {each["number"] for each in await self._rows()}

    async def read(self, number: str) -> Seen | None:
        for row in await self._rows():
            if row["number"] == number:
                answer = await self._ask("GET", f"extension/getpassword?id={row['id']}&type=reg_password")
                return Seen(number, _name_in(row), base64.b64decode(answer["password"]).decode())
        return None

    async def rename(self, number: str, name: str) -> None:
        await self._ask("POST", "extension/update", {"id": await self._id(number), "first_name": name, "last_name": ""})

    async def delete(self, number: str) -> None:
        await self._ask("GET", f"extension/delete?id={await self._id(number)}")

    async def _rows(self) -> list[dict[str, Any]]:
        return list((await self._ask("GET", "extension/list?page=1&page_size=100"))["data"])

    async def _id(self, number: str) -> int:
        return next(int(row["id"]) for row in await self._rows() if row["number"] == number)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"/openapi/v1.0/{path}{'&' if '?' in path else '?'}access_token={self._token}"
        answer = _of(await self.root.request(method, url, json=body, headers=self._headers))
        assert (answer["errcode"], answer["errmsg"]) == (0, "SUCCESS"), answer
        return answer


class TencentView(View):
    async def prepare(self, pbx: httpx.AsyncClient) -> None:
        made = await _key(pbx, "tencent", sdk_app_id=SDK_APP_ID)
        self._auth = Tc3(made["public_id"], made["secret"])

    async def create(self, number: str, name: str) -> Seen:
        await self._ask("CreateExtension", ExtensionId=number, ExtensionName=name)
        return await self._described(number)

    async def numbers(self) -> set[str]:
        answer = await self._ask("DescribeExtensions", PageNumber=0, PageSize=100)
        return {each["ExtensionId"] for each in answer["ExtensionList"]}

    async def read(self, number: str) -> Seen | None:
        return await self._described(number) if number in await self.numbers() else None

    async def rename(self, number: str, name: str) -> None:
        await self._ask("ModifyExtension", ExtensionId=number, ExtensionName=name)

    async def delete(self, number: str) -> None:
        await self._ask("DeleteExtension", ExtensionId=number)

    async def _described(self, number: str) -> Seen:
        listed = await self._ask("DescribeExtensions", ExtensionIds=[number], PageNumber=0, PageSize=1)
        password = (await self._ask("DescribeExtension", ExtensionId=number))["Password"]
        return Seen(number, listed["ExtensionList"][0]["ExtensionName"], password)

    async def _ask(self, action: str, **body: Any) -> dict[str, Any]:
        headers = {"X-TC-Action": action, "X-TC-Version": "2020-02-10", "Content-Type": "application/json"}
        body = {"SdkAppId": SDK_APP_ID, **body}
        answer = _of(await self.root.post("/", json=body, headers=headers, auth=self._auth))["Response"]
        assert "Error" not in answer, answer
        return dict(answer)


class Tc3(httpx.Auth):
    """Signs as the vendor's client does."""

    requires_request_body = True

    def __init__(self, secret_id: str, secret_key: str) -> None:
        self._id, self._key = secret_id, secret_key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        now = datetime.now(UTC)
        stamp, day = str(int(now.timestamp())), f"{now:%Y-%m-%d}"
        host, kind = request.headers["Host"], request.headers["Content-Type"]
        body = hashlib.sha256(request.content).hexdigest()
        canonical = f"POST\n/\n\ncontent-type:{kind}\nhost:{host}\n\ncontent-type;host\n{body}"
        scope = f"{day}/ccc/tc3_request"
        text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = Sign.sign_tc3(self._key, day, "ccc", text)
        request.headers["X-TC-Timestamp"] = stamp
        request.headers["Authorization"] = (
            f"TC3-HMAC-SHA256 Credential={self._id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
        )
        yield request


VIEWS: Final[dict[str, type[View]]] = {
    "pbx": PbxView,
    "sencloud": SenCloudView,
    "etelecom": ETelecomView,
    "yeastar": YeastarView,
    "tencent": TencentView,
}


def fresh_numbers() -> Iterator[str]:
    """With a zero in front, which no dialect may lose."""
    return (f"0{number}" for number in itertools.count(101))


async def _key(pbx: httpx.AsyncClient, dialect: str, **more: Any) -> dict[str, Any]:
    body = {"dialect": dialect, "name": "view", **more}
    return dict(_of(await pbx.post("/vendor-keys", json=body), 201)["data"])


def _of(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    return dict(answer.json())


def _name_in(row: dict[str, Any]) -> str | None:
    # It shows the number of an extension that has no name.
    return None if row["caller_id_name"] == row["number"] else str(row["caller_id_name"])


def _pbx_seen(data: dict[str, Any]) -> Seen:
    return Seen(data["extension_number"], data["display_name"], data.get("sip_password"))


def _sencloud_seen(data: dict[str, Any]) -> Seen:
    return Seen(data["extension_number"], None, data["extension_password"])
