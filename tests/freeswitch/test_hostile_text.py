"""Text of a tenant that FreeSWITCH, SIP, XML or a shell might act on: it is text, and nothing else."""

import itertools
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from lxml import etree

from tests.freeswitch.administrator import Account
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.tap import Tap
from tests.freeswitch.witness import Witness
from tests.hostile import TRICKS, Trick

OUTSIDE_NUMBERS = map(str, itertools.count(84_900_000_000))
NOT_ASKED_FOR = {"@", "+", "%"}
"""Of a group's name `group_call` reads two signs as its own, and xml_curl sends what looks encoded as if it were."""


class Registry:
    """Where things get their names: the API, or the database itself where the API refuses one."""

    def __init__(self, office: Office, platform: httpx.AsyncClient, database: Path) -> None:
        self.office = office
        self._platform, self._database = platform, database

    async def extension(self, trick: Trick, text: str) -> Account:
        """A new one; it, its team and its outside number bear the name, and its password consists of it."""
        number, outside = self.office.number(), next(OUTSIDE_NUMBERS)
        name = text if trick.is_taken else f"harmless {number}"
        await self._create("/numbers", number=outside, display_name=name)
        account = await self.office.account(
            number,
            display_name=name,
            team_id=await self._create("/teams", name=name),
            outbound_caller_id=outside,
            recording_mode="all",
            **({"sip_password": (text * 8)[:100]} if text.isprintable() else {}),
        )
        if not trick.is_taken:
            # Nobody has asked for any of these yet, so there are no copies of what they were.
            with closing(sqlite3.connect(self._database, timeout=10)) as database, database:
                database.execute("UPDATE extensions SET display_name = ? WHERE display_name = ?", (text, name))
                database.execute("UPDATE numbers SET display_name = ? WHERE display_name = ?", (text, name))
                database.execute("UPDATE teams SET name = ? WHERE name = ?", (text, name))
                assert database.total_changes == 3
        return account

    async def _create(self, path: str, **values: str) -> int:
        answer = await self._platform.post(path, json=values)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["data"]["id"])


@pytest.fixture(scope="module")
def token(product: Product) -> str:
    """Of the platform, which alone makes numbers."""
    return str(product.command("token", "add")["token"])


@pytest.fixture
async def registry(product: Product, office: Office, token: str) -> AsyncIterator[Registry]:
    """For the office's tenant."""
    headers = {"Authorization": f"Bearer {token}", "X-Tenant": office.domain}
    async with httpx.AsyncClient(base_url=f"{product.management_url}/api/pbx", headers=headers) as platform:
        yield Registry(office, platform, product.folder / "xmlcurl.sqlite")


@pytest.mark.parametrize("trick", [pytest.param(each, id=each.name) for each in TRICKS])
async def test_a_tenants_text_is_text(registry: Registry, witness: Witness, tap: Tap, trick: Trick) -> None:
    """In each field that FreeSWITCH gets to see: phones sign in and call, the name is shown, nothing else happens."""
    text, switch = trick.aimed_at(witness.probe), witness.switch
    account = await registry.extension(trick, text)
    desk, colleague = await registry.office.phone(account), await registry.office.registered_phone()

    assert await desk.register() == 200
    kept = _pairs(switch.api(f"find_user_xml id {account.number} {account.domain}"))
    assert _pairs(tap.asked(action="sip_auth", user=account.number)[-1].answer).items() <= kept.items()
    name = kept["effective_caller_id_name"]
    assert name == account.number if trick.is_silent else _letters(name) == _letters(text)
    assert switch.api(f"user_data {account.address} var outbound_caller_id_name") == kept["outbound_caller_id_name"]
    if trick.is_taken and not NOT_ASKED_FOR & {*text}:
        assert f"127.0.0.1:{desk.port}" in switch.api(f"group_call {text}@{account.domain}")

    call = await desk.dial(colleague.number)
    incoming = await colleague.rings()
    incoming.answer()
    await call.final.wait()
    assert (call.status, incoming.caller_number, incoming.caller_name) == (200, account.number, name)
    await call.hang_up()
    call = await colleague.dial(account.number)
    (await desk.rings()).reject()
    await call.final.wait()

    assert call.status == 486
    assert not witness.leaked(f"{kept} {incoming.invite}")
    assert witness.complaints() == []
    assert witness.deeds() == []


def _pairs(document: str) -> dict[str, str]:
    """What a user's document says, by name."""
    return {
        each.get("name", ""): each.get("value", "") for each in etree.fromstring(document).iter("param", "variable")
    }


def _letters(text: str) -> str:
    """What must not be lost of a name, whatever becomes of the signs between."""
    return "".join(character for character in text if character.isalnum())
