"""Two switches ask: where phones of the other one are rung, what is done at a tenant's home, and who may ask for it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tests.fakes.xmlcurl import XmlCurl, form
from tests.seed import Seed
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import Service, running
from xmlcurl.store.peers import PEERS_KEY, READ_AGAIN_SECONDS, PeerBook, Peers
from xmlcurl.store.registrations import alive_key, table_key
from xmlcurl.store.tables import group_mailboxes, queues, switches, taken_names, tenants

CORE = asking.EVENT["Core-UUID"]
OTHER_CORE = "1af3c7e9-9629-44fe-845e-6104b836b445"
ADDRESSES = {1: "192.0.2.1:5070", 2: "192.0.2.2:5070"}
BOTH: dict[Any, Any] = {"1": f"{CORE} {ADDRESSES[1]}", "2": f"{OTHER_CORE} {ADDRESSES[2]}"}

pytestmark = only_sqlite


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def home(seed: Seed, tenant_id: int, redis: Redis) -> int:
    """The second switch; the worker knows both, and that they reach one another."""
    for number, address in ADDRESSES.items():
        host = address.partition(":")[0]
        values = {"host": host, "password_encrypted": "x", "sofia_profiles": ["internal"], "peer_host": host}
        seed.row(switches, name=f"fs{number}", **values)
    redis.hset(PEERS_KEY, mapping=BOTH)
    return 2


@pytest.fixture
def at_home(seed: Seed, tenant_id: int, home: int) -> int:
    seed.change(tenants, tenant_id, home_switch_id=home)
    return home


@pytest.fixture
def groups(seed: Seed, tenant_id: int) -> None:
    """A queue, 800, and a group's mailbox, 900."""
    values: dict[str, Any] = {"tenant_id": tenant_id, "name": "one"}
    queue_id = seed.row(queues, number="800", **values)
    mailbox_id = seed.row(group_mailboxes, number="900", **values)
    taken = {"tenant_id": tenant_id, "is_number": True}
    seed.row(taken_names, name="800", queue_id=queue_id, **taken)
    seed.row(taken_names, name="900", group_mailbox_id=mailbox_id, **taken)


@pytest.fixture
async def service(
    seed: Seed, tenant_id: int, migrated_database_url: str, redis_url: str, home: int
) -> AsyncIterator[Service]:
    async with running(migrated_database_url, redis_url) as service:
        yield service


def registered(redis: Redis, switch_id: int, *numbers: str, reading: str = "r1", alive: str = "r1") -> None:
    """The worker's table of that switch."""
    redis.delete(table_key(switch_id))
    redis.hset(table_key(switch_id), mapping={"": reading, **{f"{number}@pbx.test": "[{}]" for number in numbers}})
    redis.set(alive_key(switch_id), alive)


async def dial_string(service: Service, body: bytes) -> str:
    section = XmlCurl("").parse((await service.post(body)).body.decode())
    assert section is not None
    return next(str(each.get("value")) for each in section.iter("param") if each.get("name") == "dial-string")


async def actions(service: Service, body: bytes) -> list[tuple[str | None, str | None]]:
    section = XmlCurl("").parse((await service.post(body)).body.decode())
    assert section is not None
    return [(each.get("application"), each.get("data")) for each in section.iter("action")]


def from_peer(task: str, host: str = "pbx.test", *, profile: str = "peers", **more: str) -> bytes:
    """A call that another switch sends."""
    said = {"sofia_profile_name": profile, "sip_req_host": host, **more}
    return asking.call(task, caller="", context="peers", **said)


def elsewhere(body: bytes, core_uuid: str = OTHER_CORE) -> bytes:
    """The same, asked by another switch."""
    return body.replace(CORE.encode(), core_uuid.encode())


# Phones.


async def test_a_phone_rings_where_it_is_now(service: Service, redis: Redis) -> None:
    """The document is remembered without it: the next call finds a phone that has moved, at the cost of no SQL."""
    here = await dial_string(service, asking.user("1002"))
    service.statements.clear()
    registered(redis, 2, "1002")

    assert await dial_string(service, asking.user("1002")) == (
        f"{here},sofia/peers/ring.1002@pbx.test;fs_path=sip:{ADDRESSES[2]}"
    )
    assert await dial_string(service, asking.user("1001")) == here
    # The other switch has it itself.
    assert await dial_string(service, elsewhere(asking.user("1002"))) == here
    registered(redis, 2)
    assert await dial_string(service, asking.user("1002")) == here
    assert len(service.statements) == 1


@pytest.mark.parametrize(
    ("reading", "alive"), [pytest.param("r1", "", id="nobody looks"), pytest.param("r1", "r2", id="another reading")]
)
async def test_what_the_worker_does_not_vouch_for_rings_nowhere(
    service: Service, redis: Redis, reading: str, alive: str
) -> None:
    """A leg to a switch without the phone would only take time."""
    registered(redis, 2, "1002", reading=reading, alive=alive)

    assert "peers" not in await dial_string(service, asking.user("1002"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(asking.user("1002", xmlcurl_alone="true"), id="the other switch was asked"),
        pytest.param(asking.user("1002", action="voicemail-lookup"), id="nobody is called"),
        pytest.param(asking.sip_auth("1002"), id="a phone signs in"),
        pytest.param(elsewhere(asking.user("1002"), CORE[::-1]), id="a switch that is none of them"),
    ],
)
async def test_others_hear_nothing_of_other_switches(service: Service, redis: Redis, body: bytes) -> None:
    """No call goes from switch to switch."""
    registered(redis, 1, "1002")
    registered(redis, 2, "1002")

    assert "peers" not in await dial_string(service, body)


async def test_among_several_switches_none_keeps_a_user(
    seed: Seed, tenant_id: int, service: Service, redis: Redis
) -> None:
    """Its copy would say where phones were."""
    seed.change(tenants, tenant_id, cacheable_ms=60_000)

    answers = [await service.post(body) for body in (asking.sip_auth(), asking.user(), elsewhere(asking.user()))]

    assert not any(b"cacheable" in answer.body for answer in answers)


@pytest.mark.parametrize(
    "gone", [pytest.param(["2"], id="it could be sent calls"), pytest.param(["1", "2"], id="or not")]
)
async def test_one_switch_is_told_what_it_always_was(
    seed: Seed, tenant_id: int, service: Service, redis: Redis, gone: list[str]
) -> None:
    """The same for every kind of question, and it may keep it."""
    seed.change(tenants, tenant_id, cacheable_ms=60_000)
    redis.hdel(PEERS_KEY, *gone)
    registered(redis, 2, "1001")

    signed_in, called = [(await service.post(body)).body for body in (asking.sip_auth(), asking.user())]

    assert signed_in == called
    assert b'cacheable="60000"' in called


# Home.


async def test_a_mailbox_is_at_home(seed: Seed, tenant_id: int, at_home: int, service: Service) -> None:
    """From elsewhere over the profile peers, at home by itself; neither switch is given the other's document."""
    to_home = f"sofia/peers/leave.1002@pbx.test;fs_path=sip:{ADDRESSES[2]}"

    away = await actions(service, asking.call("1002"))
    there = await actions(service, elsewhere(asking.call("1002")))

    assert away[-2:] == [("bridge", to_home), ("hangup", "${originate_disposition}")]
    assert ("voicemail", "default pbx.test 1002") in there
    assert not any("peers" in str(data) for _, data in there)


@pytest.mark.parametrize(
    ("dialled", "asked"),
    [
        pytest.param("*97", "own.1002", id="one's own mailbox"),
        pytest.param("*98", "any.1002", id="any mailbox"),
        pytest.param("800", "queue.800.1002", id="a queue"),
        pytest.param("900", "leave.900", id="a group's mailbox"),
    ],
)
async def test_what_is_at_home_is_asked_for_there(
    groups: None, at_home: int, service: Service, dialled: str, asked: str
) -> None:
    """And done there, as if it had been dialled there; a home that is asked asks nobody."""
    away = await actions(service, asking.call(dialled, caller="1002"))
    there = await actions(service, elsewhere(asking.call(dialled, caller="1002")))
    done = await actions(service, elsewhere(from_peer(asked)))

    assert ("bridge", f"sofia/peers/{asked}@pbx.test;fs_path=sip:{ADDRESSES[2]}") in away
    assert done[0] == ("set", "process_cdr=false")
    # Who leaves a message was counted where the call is.
    assert done[1:] == [each for each in there if asked != "leave.900" or each[0] in {"answer", "voicemail"}]
    assert await actions(service, from_peer(asked)) == done


async def test_without_a_home_everything_is_where_the_call_is(seed: Seed, tenant_id: int, service: Service) -> None:
    """As it was with one switch."""
    assert ("voicemail", "default pbx.test 1002") in await actions(service, asking.call("1002"))


async def test_a_home_that_is_no_more_is_a_cause(at_home: int, redis: Redis, service: Service) -> None:
    """Disabled, or without an address: no message is taken where nobody would hear it."""
    redis.hdel(PEERS_KEY, str(at_home))

    assert (await actions(service, asking.call("1002")))[-1] == ("hangup", "NETWORK_OUT_OF_ORDER")


# Who may ask.


async def test_a_switch_has_phones_rung(service: Service) -> None:
    """Those that are here, and no more: who asked has counted the call and knows what follows."""
    assert await actions(service, from_peer("ring.1002")) == [
        ("set", "process_cdr=false"),
        ("set", "call_timeout=300"),
        ("bridge", "{xmlcurl_alone=true,media_mix_inbound_outbound_codecs=true}user/1002@pbx.test"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(from_peer("ring.1002", profile="internal"), id="on the phones' profile"),
        pytest.param(from_peer("ring.1002", profile="external"), id="on the carriers' profile"),
        pytest.param(from_peer("leave.1002", "other.test"), id="a domain that is nobody's"),
        pytest.param(from_peer("leave.1002", "192.0.2.1"), id="an address"),
        pytest.param(from_peer("ring.4242"), id="nobody's number"),
        pytest.param(from_peer("queue.1002"), id="no queue"),
        pytest.param(from_peer("1002"), id="no task"),
        pytest.param(from_peer("dial.1002"), id="another task"),
        pytest.param(asking.call("ring.1002", context="pbx.test"), id="dialled by a phone"),
        pytest.param(asking.call("ring.1002", context="peers", sofia_profile_name="peers"), id="a phone signed in"),
        pytest.param(
            asking.call("leave.1002", caller="", context="pbx.test", sofia_profile_name="peers"), id="another context"
        ),
    ],
)
async def test_others_do_not(service: Service, body: bytes) -> None:
    """Nothing of it is a tenant's."""
    ((application, cause),) = await actions(service, body)

    assert application == "hangup"
    assert cause in {"UNALLOCATED_NUMBER", "CALL_REJECTED"}


async def test_calls_are_let_in_from_enabled_switches(seed: Seed, service: Service) -> None:
    """Those with an address; a change counts at once."""
    request = form({"section": "configuration", "tag_name": "configuration", "key_value": "acl.conf"}, {})

    async def admitted() -> list[str | None]:
        section = XmlCurl("").parse((await service.post(request)).body.decode())
        assert section is not None
        _, peers = section.iter("list")
        return [node.get("cidr") for node in peers]

    assert await admitted() == ["192.0.2.1/32", "192.0.2.2/32"]
    seed.change(switches, 2, enabled=False)
    assert await admitted() == ["192.0.2.1/32"]


async def test_a_switch_that_comes_is_known_soon(redis: Redis, redis_url: str, seed: Seed) -> None:
    """Not at each lookup: that would be another round trip."""
    now = [0.0]
    async with AsyncRedis.from_url(redis_url) as client:
        book = PeerBook(client, clock=lambda: now[0])
        assert await book.seen_from(CORE) == Peers()
        redis.hset(PEERS_KEY, mapping=BOTH)

        assert await book.seen_from(CORE) == Peers()
        now[0] += READ_AGAIN_SECONDS
        assert await book.seen_from(OTHER_CORE) == Peers(2, ADDRESSES)

        # A Redis that says nothing changes nothing.
        redis.set(PEERS_KEY, "no hash")
        now[0] += READ_AGAIN_SECONDS
        assert await book.seen_from(CORE) == Peers(1, ADDRESSES)
        assert await book.with_phones_of(Peers(1, ADDRESSES), "1002", "pbx.test") == []
