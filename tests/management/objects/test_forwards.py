"""Where calls go on: kept by slot, read back as wished, and who sends calls there."""

from typing import Any

import pytest

from management.database import Database
from management.errors import Invalid
from management.objects.destination import Destination
from management.objects.forwards import Destined, Forward, Forwards
from tests.seed import Seed
from xmlcurl.store.model import DESTINATION_TYPES, PRESENCE_STATUSES
from xmlcurl.store.tables import (
    destinations,
    greetings,
    group_mailboxes,
    ivr_menus,
    numbers,
    presence_rules,
    queues,
    ring_groups,
    utc_now,
)

END = Destination(type="end_call")
OPTIONS, NO_CHOICE = Forwards("ivr_menu", frozenset("12")), Forward("ivr_menu", "no_choice")
ID_TYPES: dict[str, Any] = {
    "ring_group": ring_groups,
    "queue": queues,
    "ivr": ivr_menus,
    "group_vm": group_mailboxes,
    "play_greeting": greetings,
}


def thing(seed: Seed, kind: str, *, tenant_id: int = 1, **values: Any) -> int:
    """An object that a destination of that type names by id."""
    more = {"format": "wav", "size_bytes": 1, "sha256": "0"} if kind == "play_greeting" else {"number": "600"}
    return seed.row(ID_TYPES[kind], tenant_id=tenant_id, name="x", **more, **values)


def wish(seed: Seed, kind: str) -> Destination:
    if kind in ID_TYPES:
        return Destination(type=kind, id=thing(seed, kind), times=3 if kind == "play_greeting" else None)
    values: dict[str, dict[str, Any]] = {
        "extension": {"extension": "1002"},
        "ext_vm": {"extension": "1002"},
        "mobile_number": {"prefix": "9"},
        "external_num": {"number": "0900000000", "prefix": "9"},
        "end_call": {},
    }
    return Destination(type=kind, **values[kind])


@pytest.mark.parametrize("kind", DESTINATION_TYPES)
async def test_every_type_is_read_back_as_it_was_wished(database: Database, seed: Seed, kind: str) -> None:
    """By an id, by a number, or by nothing."""
    wished = wish(seed, kind)
    async with database.writing() as connection:
        await NO_CHOICE.save(connection, 1, 7, "no_choice", wished)

        assert await NO_CHOICE.load(connection, [7]) == {7: wished}


@pytest.mark.parametrize("kind", [*ID_TYPES, "extension", "ext_vm"])
async def test_what_is_not_the_tenants_can_not_be_named(database: Database, seed: Seed, kind: str) -> None:
    """Another tenant's, a deleted one, one that never was: each is refused by the name of its field."""
    other = seed.tenant("other.test")
    gone: list[Any]
    if kind in ID_TYPES:
        name, gone = "id", [thing(seed, kind, tenant_id=other), thing(seed, kind, deleted_at=utc_now()), 404, 0, 2**70]
    else:
        seed.extension(other, "1003")
        seed.delete_extension(seed.extension(1, "1004"))
        name, gone = "extension", ["1003", "1004", "4040"]
    async with database.writing() as connection:
        for value in gone:
            with pytest.raises(Invalid) as refused:
                await OPTIONS.save(connection, 1, 7, "options", {"1": Destination(type=kind, **{name: value})})
            assert [*refused.value.errors] == [f"options.1.{name}"]
        with pytest.raises(Invalid) as refused:
            await NO_CHOICE.save(connection, 1, 7, "no_choice", Destination(type=kind, **{name: gone[0]}))
        assert [*refused.value.errors] == [f"no_choice.{name}"]

        assert await OPTIONS.load(connection, [7]) == {}


async def test_slots_of_one_owner_do_not_meet(database: Database) -> None:
    """A menu's options and where its calls go without one; nor do owners of another kind with the same id."""
    queue = Forward("queue", "timeout")
    hangs_up = Destination(type="external_num", number="1")
    async with database.writing() as connection:
        await NO_CHOICE.save(connection, 1, 7, "no_choice", END)
        await queue.save(connection, 1, 7, "timeout", END)
        await OPTIONS.save(connection, 1, 7, "options", {"1": END, "2": END})
        await OPTIONS.save(connection, 1, 7, "options", {"2": hangs_up})
        await OPTIONS.save(connection, 1, 8, "options", {"1": END})

        assert await OPTIONS.load(connection, [7, 8, 9]) == {7: {"2": hangs_up}, 8: {"1": END}}
        assert await NO_CHOICE.load(connection, [7, 8]) == {7: END}
        await NO_CHOICE.save(connection, 1, 7, "no_choice", None)
        await OPTIONS.remove(connection, 8)

        assert await NO_CHOICE.load(connection, [7]) == {}
        assert await OPTIONS.load(connection, [7, 8]) == {7: {"2": hangs_up}}
        assert await queue.load(connection, [7]) == {7: END}


async def test_who_sends_calls_to_an_extension(database: Database, seed: Seed) -> None:
    """Every kind of owner, by what people know it by, each once; not the extension itself, whose rules go with it."""
    presence = [
        seed.row(presence_rules, tenant_id=1, extension_id=owner, status=status)
        for owner in (1, 2)
        for status in PRESENCE_STATUSES[:2]
    ]
    owners = {
        "number": [seed.row(numbers, tenant_id=1, number="0900000000")],
        "ring_group": [seed.row(ring_groups, tenant_id=1, name="Sales", number="600")],
        "queue": [seed.row(queues, tenant_id=1, name="Support", number="700")],
        "ivr_menu": [seed.row(ivr_menus, tenant_id=1, name="Main", number="800")],
        "presence_rule": presence,
    }
    way = Destined(destinations.c.extension_id)
    async with database.writing() as connection:
        for kind, ids in owners.items():
            for owner_id in ids:
                both = {"a": ("a", Destination(type="extension", extension="1001"))}
                both["b"] = ("b", Destination(type="ext_vm", extension="1001"))
                await Forwards(kind, frozenset("ab")).put(connection, 1, owner_id, both)

        users = await way.users(connection, 1, 20)
        first_two = await way.users(connection, 1, 2)
        await way.replace(connection, 1, 2)

        assert users == [
            "number 0900000000",
            "ring group Sales",
            "queue Support",
            "ivr menu Main",
            "presence of extension 1002",
        ]
        assert first_two == users[:2]
        assert await way.users(connection, 1, 20) == []
        assert len(await way.users(connection, 2, 20)) == 5
        assert (await Forward("queue", "b").load(connection, [1]))[1] == Destination(type="ext_vm", extension="1002")


async def test_a_menu_that_can_be_heard_again_is_in_nobodys_way(database: Database, seed: Seed) -> None:
    """It points to itself; another one with its option does count."""
    main, other = (seed.row(ivr_menus, tenant_id=1, name=name, number=name) for name in ("800", "801"))
    async with database.writing() as connection:
        await OPTIONS.save(connection, 1, main, "options", {"1": Destination(type="ivr", id=main)})
        alone = await Destined(destinations.c.ivr_menu_id).users(connection, main, 20)
        await OPTIONS.save(connection, 1, other, "options", {"1": Destination(type="ivr", id=main)})

        assert alone == []
        assert await Destined(destinations.c.ivr_menu_id).users(connection, main, 20) == ["ivr menu 801"]
