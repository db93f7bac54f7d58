"""One store, five views: what one dialect creates, every other one lists, shows, changes and deletes."""

import hashlib

import httpx
import pytest

from tests.management.office import DOMAIN, Office
from tests.management.vendors.views import VIEWS, Seen, View, fresh_numbers
from tests.xmlcurl.asking import user
from tests.xmlcurl.service import Service

CHANGERS = [name for name, view in VIEWS.items() if view.CAN_RENAME]
DELETERS = [name for name, view in VIEWS.items() if view.CAN_DELETE]


@pytest.fixture
async def views(office: Office, api: httpx.AsyncClient) -> dict[str, View]:
    """A client of each dialect, all of the same tenant."""
    root = office.client(None, at="")
    return {name: await view.opened(root, api) for name, view in VIEWS.items()}


async def test_what_one_creates_all_see(views: dict[str, View], lookup: Service) -> None:
    """Five create, five read each: the same number with its zero, the same name and password where they are told, and
    FreeSWITCH is told the hash of that password.
    """
    made: dict[str, Seen] = {}
    for (name, view), number in zip(views.items(), fresh_numbers(), strict=False):
        made[name] = await view.create(number, f"By {name}")

    for creator, created in made.items():
        for reader, view in views.items():
            assert created.number in await view.numbers(), f"{reader} lists what {creator} created"
            seen = await view.read(created.number)
            assert seen is not None
            assert seen.agrees_with(created), f"{reader} shows what {creator} created"
        assert created.password
        assert await _a1_hash(lookup, created.number) == _hash(created.number, created.password)


@pytest.mark.parametrize("changer", CHANGERS)
@pytest.mark.parametrize("creator", VIEWS)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_one_changes_all_see(views: dict[str, View], lookup: Service, creator: str, changer: str) -> None:
    """Another name, whoever gave the first one; in FreeSWITCH's document as well, at once."""
    created = await views[creator].create("0101", "First")
    await _a1_hash(lookup, "0101")

    await views[changer].rename("0101", "Second")

    for reader, view in views.items():
        seen = await view.read("0101")
        assert seen is not None
        assert seen.agrees_with(Seen("0101", "Second", created.password)), f"{reader} shows the change"
    assert 'name="effective_caller_id_name" value="Second"' in await _document(lookup, "0101")


@pytest.mark.parametrize("deleter", DELETERS)
@pytest.mark.parametrize("creator", VIEWS)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_one_deletes_is_gone_for_all(
    views: dict[str, View], lookup: Service, creator: str, deleter: str
) -> None:
    """For FreeSWITCH too, at once; and the number can be given anew."""
    before = await views[creator].create("0101", "First")
    await _a1_hash(lookup, "0101")

    await views[deleter].delete("0101")

    for view in views.values():
        assert await view.read("0101") is None
        assert await view.numbers() == set()
    assert "a1-hash" not in await _document(lookup, "0101")
    again = await views[creator].create("0101", "Second")
    assert again.number == before.number


def _hash(number: str, password: str) -> str:
    return hashlib.md5(f"{number}:{DOMAIN}:{password}".encode(), usedforsecurity=False).hexdigest()


async def _a1_hash(lookup: Service, number: str) -> str:
    return (await _document(lookup, number)).partition('name="a1-hash" value="')[2].partition('"')[0]


async def _document(lookup: Service, number: str) -> str:
    return (await lookup.post(user(number))).body.decode()
