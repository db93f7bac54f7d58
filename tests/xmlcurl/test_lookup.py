"""Who is answered what, and how much work it takes."""

from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from tests.fakes.xmlcurl import XmlCurl, find_user
from tests.seed import Seed, a1_hash
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import Reply, Service, purge, purge_tenant, running
from xmlcurl.lookup import failure_of, preview
from xmlcurl.render.document import NOT_FOUND
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag
from xmlcurl.store.reader import Reader
from xmlcurl.store.tables import extensions, group_mailboxes, hotlines, numbers, tenants, utc_now

NOW = utc_now()


async def shape_of(service: Service, body: bytes) -> str:
    return (await service.post(body)).shape


def attribute(reply: Reply, name: str, user: str = "1001", domain: str = "pbx.test", key: str = "id") -> str | None:
    section = XmlCurl("").parse(reply.body.decode())
    assert section is not None
    element = find_user(section, key, user, domain)
    assert element is not None
    return element.get(name)


# How much work.


async def test_the_second_lookup_runs_no_sql(tenant_id: int, service: Service) -> None:
    """A cached document costs one Redis read and nothing else."""
    await service.post(asking.user())
    service.statements.clear()

    assert await shape_of(service, asking.user()) == "user 1001"
    assert service.statements == []


async def test_a_miss_is_one_statement(tenant_id: int, service: Service) -> None:
    """Names, caller IDs and tenant come with the extension; the set of domains is known."""
    await service.post(asking.user("1002"))
    service.statements.clear()

    await service.post(asking.user("1001"))

    assert len(service.statements) == 1


async def test_an_unknown_user_is_looked_for_once(tenant_id: int, service: Service) -> None:
    """Among the extensions and the mailboxes of groups; absence is remembered too."""
    await service.post(asking.user("1002"))
    service.statements.clear()

    shapes = [await shape_of(service, asking.user("4242")) for _ in range(2)]

    assert shapes == ["not found"] * 2
    assert len(service.statements) == 2


async def test_all_kinds_for_one_user_share_a_document(tenant_id: int, service: Service) -> None:
    """FreeSWITCH shares its own copy between them, so they must be the same anyway."""
    first = await service.post(asking.sip_auth())
    service.statements.clear()

    others = [await service.post(asking.user(action=action)) for action in ("user_call", "voicemail-lookup", "")]

    assert [other.body for other in others] == [first.body] * 3
    assert service.statements == []


async def test_a_second_call_runs_no_sql(tenant_id: int, service: Service) -> None:
    """A route is remembered as a document is; so is that a number is nobody's."""
    for destination in ("1002", "4242"):
        await service.post(asking.call(destination))
    service.statements.clear()

    assert await shape_of(service, asking.call("1002")) == "route extension in pbx.test"
    assert await shape_of(service, asking.call("4242")) == "route unallocated_number in pbx.test"
    assert service.statements == []


@only_sqlite
async def test_unknown_domains_cost_no_sql(tenant_id: int, service: Service) -> None:
    """A scanner's domains are looked for in one remembered set."""
    await service.post(asking.user())
    service.statements.clear()

    for number in range(50):
        assert await shape_of(service, asking.user("1001", f"scan{number}.test")) == "not found"

    assert service.statements == []


@only_sqlite
async def test_names_that_cannot_be_cost_nothing(tenant_id: int, service: Service) -> None:
    """Not even a look into Redis."""
    for name in ("a b", "1001@pbx.test", "%00", "é", "'; --", "*"):
        assert await shape_of(service, asking.user(name)) == "not found"

    assert service.statements == []


@only_sqlite
async def test_a_scanner_takes_no_more_memory(
    tenant_id: int, seed: Seed, migrated_database_url: str, redis_url: str
) -> None:
    """All its names share a fixed number of places, and what is somebody's stays remembered."""
    async with running(migrated_database_url, redis_url, absence_slots=16) as service:
        await service.post(asking.sip_auth())
        for number in range(300):
            await service.post(asking.sip_auth(f"scan{number}"))
        service.statements.clear()

        assert await shape_of(service, asking.sip_auth()) == "user 1001"
        assert service.statements == []

    with Redis.from_url(redis_url) as client:
        kept = [key.decode().split(":")[1] for key in client.scan_iter(count=1_000)]
    assert kept.count("a") == 16
    assert kept.count("d") == 1


# Who is found.


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"status": "disabled"}, id="disabled"),
        pytest.param({"expires_at": NOW - timedelta(seconds=1)}, id="expired"),
        pytest.param({"deleted_at": NOW}, id="deleted"),
    ],
)
async def test_who_is_not_in_service_is_not_found(
    values: dict[str, object], tenant_id: int, seed: Seed, service: Service
) -> None:
    """As if there were no such user: any other answer would let a phone in."""
    extension_id = seed.extension(tenant_id, "1003")
    seed.change(extensions, extension_id, **values)

    assert await shape_of(service, asking.sip_auth("1003")) == "not found"
    assert await shape_of(service, asking.user("1003")) == "not found"
    assert await shape_of(service, asking.call("1003")) == "route unallocated_number in pbx.test"
    assert await shape_of(service, asking.call("1002", caller="1003")) == "route call_rejected in pbx.test"


async def test_who_is_enabled_again_is_found(tenant_id: int, seed: Seed, service: Service, redis_url: str) -> None:
    """The absence depends on the extension, not only on the name."""
    extension_id = seed.extension(tenant_id, "1003", status="disabled")
    assert await shape_of(service, asking.user("1003")) == "not found"
    assert await shape_of(service, asking.call("1003")) == "route unallocated_number in pbx.test"

    seed.change(extensions, extension_id, status="active")
    await purge(redis_url, [Tag.extension(tenant_id, extension_id)], [Guard.of_tenant(tenant_id)])

    assert await shape_of(service, asking.user("1003")) == "user 1003"
    assert await shape_of(service, asking.call("1003")) == "route extension in pbx.test"


async def test_a_suspended_tenant_has_nobody(tenant_id: int, seed: Seed, service: Service) -> None:
    """Not a user, not a group, not a name, not a call."""
    seed.change(tenants, tenant_id, state="suspended")

    for body in (asking.user(), asking.directory(), asking.directory(domain="pbx.test")):
        assert await shape_of(service, body) == "not found"
    assert await shape_of(service, asking.call()) == "route call_rejected in pbx.test"


async def test_a_new_tenant_is_found_at_once(tenant_id: int, seed: Seed, service: Service, redis_url: str) -> None:
    """Its creation drops the remembered set of domains."""
    assert await shape_of(service, asking.user("1001", "new.test")) == "not found"

    new_id = seed.tenant("new.test")
    seed.extension(new_id, "1001")
    await purge(redis_url, [Tag.DOMAINS], [Guard.DOMAINS])

    assert await shape_of(service, asking.user("1001", "new.test")) == "user 1001"


async def test_a_created_user_is_found_at_once(tenant_id: int, seed: Seed, service: Service, redis_url: str) -> None:
    """Its absence was remembered under its name."""
    assert await shape_of(service, asking.user("1003")) == "not found"

    seed.extension(tenant_id, "1003")
    await purge(redis_url, [Tag.name(tenant_id, "1003")], [Guard.of_tenant(tenant_id)])

    assert await shape_of(service, asking.user("1003")) == "user 1003"


async def test_a_change_to_one_leaves_the_other_cached(
    tenant_id: int, seed: Seed, service: Service, redis_url: str
) -> None:
    """A change to 1001 is no reason to ask for 1002 again."""
    extension_id = seed.extension(tenant_id, "1003")
    for name in ("1002", "1003"):
        await service.post(asking.user(name))
    await purge(redis_url, [Tag.extension(tenant_id, extension_id)], [Guard.of_tenant(tenant_id)])
    service.statements.clear()

    await service.post(asking.user("1002"))
    assert service.statements == []
    await service.post(asking.user("1003"))
    assert len(service.statements) == 1


# Names of one extension.


@pytest.fixture
def named(tenant_id: int, seed: Seed) -> int:
    """1005 signs in as alice and can be called as 5005."""
    return seed.extension(tenant_id, "1005", sign_in_name="alice", aliases=["5005"])


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
async def test_only_the_sign_in_name_signs_in(named: int, service: Service, method: str) -> None:
    """The number and the alias are for being called."""

    async def signed_in(name: str) -> str:
        return await shape_of(service, asking.sip_auth(name, method=method, to_user="1005"))

    assert await signed_in("alice") == "user 1005"
    assert await signed_in("1005") == "not found"
    assert await signed_in("5005") == "not found"


async def test_every_name_is_called(named: int, service: Service) -> None:
    """With the hash of the sign-in name, which fits no other."""
    for name in ("1005", "5005", "alice"):
        reply = await service.post(asking.user(name))
        assert attribute(reply, "id", name) == "1005"
        assert a1_hash("alice", "pbx.test").encode() in reply.body
        assert await shape_of(service, asking.call(name)) == "route extension in pbx.test"


async def test_number_alias_finds_other_names_only(named: int, service: Service) -> None:
    """FreeSWITCH asks so when nobody has the name as an id."""
    for name, found in (("5005", "user 1005"), ("alice", "user 1005"), ("1005", "not found")):
        assert await shape_of(service, asking.user(name, key="number-alias")) == found


async def test_who_calls_is_whose_name_signed_in(named: int, service: Service) -> None:
    """FreeSWITCH sends the id of our document, the number; the sign-in name is as good, an alias is nobody's."""
    for caller, route in (("1005", "extension"), ("alice", "extension"), ("5005", "call_rejected")):
        assert await shape_of(service, asking.call("1001", caller=caller)) == f"route {route} in pbx.test"


# A phone of one tenant must not register as another's.


@pytest.fixture
def victim_id(tenant_id: int, seed: Seed) -> int:
    victim_id = seed.tenant("victim.test")
    seed.extension(victim_id, "1001")
    return victim_id


@only_sqlite
@pytest.mark.parametrize(
    ("to_host", "is_found"),
    [
        pytest.param("pbx.test", True, id="its own"),
        pytest.param("PBX.TEST", True, id="its own in capitals"),
        pytest.param("192.0.2.10", True, id="an address"),
        pytest.param("[2001:db8::1]", True, id="an IPv6 address"),
        pytest.param("proxy.example", True, id="an unknown name"),
        pytest.param("", True, id="none"),
        pytest.param("victim.test", False, id="another tenant's"),
        pytest.param("VICTIM.test", False, id="another tenant's in capitals"),
        pytest.param("victim.test.", False, id="another tenant's with the dot of the root"),
    ],
)
async def test_a_registration_stays_in_its_domain(
    victim_id: int, service: Service, to_host: str, is_found: bool
) -> None:
    """FreeSWITCH stores it under the To host, whatever realm was signed in to."""
    registered = await shape_of(service, asking.sip_auth(to_host=to_host))
    called = await shape_of(service, asking.sip_auth(to_host=to_host, to_user="1001", method="INVITE"))

    assert registered == ("user 1001" if is_found else "not found")
    assert called == "user 1001"


@only_sqlite
@pytest.mark.parametrize("to_user", ["1002", "", "1001@pbx.test", "5001"])
async def test_a_registration_is_of_its_own_number(tenant_id: int, service: Service, to_user: str) -> None:
    """With one's own password nobody registers as a colleague."""
    assert await shape_of(service, asking.sip_auth("1001", to_user=to_user)) == "not found"


@only_sqlite
async def test_the_last_to_host_counts(victim_id: int, service: Service) -> None:
    """What a realm puts in front of it is malformed; what comes twice is judged by the last."""
    body = asking.sip_auth(to_host="pbx.test") + b"&sip_to_host=victim.test"

    assert await shape_of(service, body) == "not found"


# cacheable: whether FreeSWITCH keeps a copy of its own.


@pytest.fixture
def kept_id(seed: Seed) -> int:
    """A tenant that has its switches to itself."""
    tenant_id = seed.tenant("pbx.test", cacheable_ms=60_000)
    seed.extension(tenant_id, "1001")
    seed.extension(tenant_id, "1005", sign_in_name="alice", aliases=["5005"])
    seed.extension(tenant_id, "1006", sign_in_name="700700")
    return tenant_id


@only_sqlite
@pytest.mark.parametrize(
    ("asked", "cacheable"),
    [
        pytest.param(("1001", "pbx.test", "id"), "60000", id="a number"),
        pytest.param(("700700", "pbx.test", "id"), "60000", id="a sign-in name of digits"),
        pytest.param(("1001", "PBX.test", "id"), None, id="a flush of pbx.test would miss it"),
        pytest.param(("alice", "pbx.test", "id"), None, id="letters: where does the name end?"),
        pytest.param(("5005", "pbx.test", "id"), None, id="an alias could sign in from the copy"),
        pytest.param(("5005", "pbx.test", "number-alias"), None, id="by number-alias"),
    ],
)
async def test_what_freeswitch_may_keep(
    kept_id: int, service: Service, asked: tuple[str, str, str], cacheable: str | None
) -> None:
    """Its key has no separators and the asked spelling."""
    user, domain, key = asked
    for _ in range(2):
        reply = await service.post(asking.user(user, domain, key=key))
        assert attribute(reply, "cacheable", user, key=key) == cacheable


async def test_a_domain_that_starts_with_a_digit_is_not_kept(seed: Seed, service: Service) -> None:
    """100 at 1pbx.test and 1001 at pbx.test would be one entry."""
    tenant_id = seed.tenant("1pbx.test", cacheable_ms=60_000)
    seed.extension(tenant_id, "100")

    reply = await service.post(asking.user("100", "1pbx.test"))

    assert attribute(reply, "cacheable", "100", "1pbx.test") is None


async def test_not_kept_unless_the_tenant_says_so(tenant_id: int, service: Service) -> None:
    """Off by default: a switch that serves several tenants would skip our check of registrations."""
    assert attribute(await service.post(asking.user()), "cacheable") is None


# Time.


@only_sqlite
async def test_a_document_ends_with_its_extension(seed: Seed, migrated_database_url: str, redis_url: str) -> None:
    """What is left of the term bounds our copy and FreeSWITCH's together."""
    tenant_id = seed.tenant("pbx.test", cacheable_ms=60_000)
    seed.extension(tenant_id, "1001", expires_at=NOW + timedelta(seconds=100))

    async with running(migrated_database_url, redis_url, clock=lambda: NOW) as service:
        reply = await service.post(asking.user())

    assert attribute(reply, "cacheable") == "60000"
    assert 39_000 < _memory_ms(redis_url) <= 40_000


@only_sqlite
async def test_too_little_time_for_a_copy(seed: Seed, migrated_database_url: str, redis_url: str) -> None:
    """FreeSWITCH gets none; ours ends in time."""
    tenant_id = seed.tenant("pbx.test", cacheable_ms=60_000)
    seed.extension(tenant_id, "1001", expires_at=NOW + timedelta(seconds=61))

    async with running(migrated_database_url, redis_url, clock=lambda: NOW) as service:
        reply = await service.post(asking.user())

    assert attribute(reply, "cacheable") is None
    assert 60_000 < _memory_ms(redis_url) <= 61_000


@only_sqlite
async def test_a_call_ends_with_its_extensions(seed: Seed, migrated_database_url: str, redis_url: str) -> None:
    """The caller's term and the callee's, whichever ends first."""
    tenant_id = seed.tenant("pbx.test")
    seed.extension(tenant_id, "1001", expires_at=NOW + timedelta(seconds=50))
    seed.extension(tenant_id, "1002", expires_at=NOW + timedelta(seconds=20))

    async with running(migrated_database_url, redis_url, clock=lambda: NOW) as service:
        await service.post(asking.call("1002"))

    assert 19_000 < _memory_ms(redis_url) <= 20_000


@only_sqlite
async def test_what_ends_now_is_not_remembered(seed: Seed, migrated_database_url: str, redis_url: str) -> None:
    """A moment later it is not found, though nothing was written or dropped."""
    tenant_id = seed.tenant("pbx.test")
    seed.extension(tenant_id, "1001", expires_at=NOW + timedelta(seconds=1))
    now = NOW + timedelta(milliseconds=500)

    async with running(migrated_database_url, redis_url, clock=lambda: now) as service:
        assert await shape_of(service, asking.sip_auth()) == "user 1001"
        now = NOW + timedelta(seconds=1)
        assert await shape_of(service, asking.sip_auth()) == "not found"


def _memory_ms(redis_url: str) -> int:
    """How long the one remembered document stays."""
    with Redis.from_url(redis_url) as client:
        (key,) = client.scan_iter("*:d:*", count=1_000)
        return int(client.pttl(key))


# The preview of administrators.


async def test_a_preview_is_the_document_without_its_hashes(
    tenant_id: int, service: Service, migrated_database_url: str
) -> None:
    """Byte for byte what FreeSWITCH gets; not found is shown as not found."""
    reader = Reader.open(migrated_database_url)
    async with reader.connection() as connection:
        shown, nobody = [await preview(connection, tenant_id, "pbx.test", number) for number in ("1001", "4242")]
    await reader.close()

    sent = (await service.post(asking.user())).body
    assert shown == sent.replace(a1_hash("1001", "pbx.test").encode(), b"********")
    assert nobody == NOT_FOUND


@only_sqlite
@pytest.mark.parametrize("domain", ["pbx.test", "1pbx.test"])
async def test_a_preview_is_cacheable_where_the_document_is(
    seed: Seed, service: Service, migrated_database_url: str, domain: str
) -> None:
    """A domain that begins with a digit is never kept, whatever its tenant allows."""
    tenant_id = seed.tenant(domain, cacheable_ms=300_000)
    seed.extension(tenant_id, "1001")
    reader = Reader.open(migrated_database_url)
    async with reader.connection() as connection:
        shown = await preview(connection, tenant_id, domain, "1001")
    await reader.close()

    sent = (await service.post(asking.user(domain=domain))).body
    assert shown == sent.replace(a1_hash("1001", domain).encode(), b"********")


# Calls.


async def test_no_tenant_reaches_another(victim_id: int, service: Service) -> None:
    """By its short number, in whichever context the call stands."""
    assert await shape_of(service, asking.call("1001", context="victim.test")) == "route call_rejected in victim.test"
    assert await shape_of(service, asking.call("1001", context="Victim.Test")) == "route call_rejected in Victim.Test"


@only_sqlite
@pytest.mark.parametrize("context", ["default", "PBX.test", "a context", "$${domain}"])
async def test_other_contexts_say_nothing(tenant_id: int, service: Service, context: str) -> None:
    """A phone that signed in is routed in its own tenant; the answer names the context as it was asked."""
    said = "global" if context == "$${domain}" else context

    assert await shape_of(service, asking.call("1002", context=context)) == f"route extension in {said}"


@only_sqlite
@pytest.mark.parametrize("caller", ["1001", ""])
@pytest.mark.parametrize("destination", ["1002", "*97", "911", "+15550001002"])
async def test_nothing_inside_is_reached_from_outside(
    tenant_id: int, service: Service, caller: str, destination: str
) -> None:
    """Only a tenant's own numbers will be, when they have routes."""
    asked = asking.call(destination, caller=caller, context="public")

    assert await shape_of(service, asked) == "route unallocated_number in public"


@only_sqlite
@pytest.mark.parametrize(
    ("destination", "context", "route"),
    [
        pytest.param("1002", "pbx.test", "extension", id="an extension, after a transfer"),
        pytest.param("*97", "pbx.test", "call_rejected", id="nobody's mailbox"),
        pytest.param("1099", "pbx.test", "unallocated_number", id="nothing"),
        pytest.param("1002", "default", "unallocated_number", id="no tenant's context"),
        pytest.param("1002", "unknown.test", "unallocated_number", id="no tenant"),
    ],
)
async def test_a_leg_of_nobody(tenant_id: int, service: Service, destination: str, context: str, route: str) -> None:
    """It reaches inside destinations of the context that our own dialplan put it into, no more."""
    asked = asking.call(destination, caller="", context=context, sip_from_user="1001", presence_id="1001@pbx.test")

    assert await shape_of(service, asked) == f"route {route} in {context}"


@only_sqlite
@pytest.mark.parametrize("destination", ["", "10 02", "1002\n", "x" * 300, "${system(id)}", "sip:1002@pbx.test"])
async def test_odd_destinations_have_a_cause(tenant_id: int, service: Service, destination: str) -> None:
    """Every call gets one, whatever was dialled."""
    assert await shape_of(service, asking.call(destination)) == "route unallocated_number in pbx.test"


async def test_own_voicemail(tenant_id: int, service: Service) -> None:
    """The caller's, by sign-in."""
    reply = await service.post(asking.call("*97", caller="1002"))

    assert b"check default pbx.test 1002" in reply.body


@only_sqlite
async def test_an_unknown_realm_is_no_caller(tenant_id: int, service: Service) -> None:
    """Its tenant may have been deleted while the phone was signed in."""
    asked = asking.call("1002", caller="1001", realm="gone.test", context="gone.test")

    assert await shape_of(service, asked) == "route unallocated_number in gone.test"


async def test_no_pin_is_taken(tenant_id: int, seed: Seed, service: Service) -> None:
    """Not of anyone in a domain of ours: FreeSWITCH takes "not found" for consent, and keeps the PIN."""
    seed.extension(tenant_id, "1003", status="disabled")

    def pin_of(name: str, domain: str) -> bytes:
        return asking.directory(domain, VM_Action="change-password", key="id", user=name, domain=domain)

    for name in ("1001", "1003", "4242"):
        assert await shape_of(service, pin_of(name, "pbx.test")) == f"refused {name}"
    assert await shape_of(service, pin_of("1001", "unknown.test")) == "not found"


@only_sqlite
async def test_callers_that_cannot_be_are_rejected(tenant_id: int, service: Service) -> None:
    """Without a look at anything."""
    for caller, realm in (("10 01", "pbx.test"), ("1001", "pbx test"), ("1001@pbx.test", "pbx.test")):
        assert await shape_of(service, asking.call("1002", caller=caller, realm=realm)) == (
            "route call_rejected in pbx.test"
        )
    assert service.statements == []


# Caller IDs for outside calls.


async def test_the_outside_caller_id_and_what_it_depends_on(
    tenant_id: int, seed: Seed, service: Service, redis_url: str
) -> None:
    """The extension's own number, else its hotline's, else the tenant's; a change of any drops the document."""
    own, theirs, default = [seed.number(tenant_id, f"090000000{digit}") for digit in range(3)]
    hotline_id = seed.hotline(tenant_id, theirs)
    seed.change(tenants, tenant_id, default_number_id=default)
    seed.extension(tenant_id, "1003", outbound_number_id=own, hotline_id=hotline_id)

    async def shown() -> bytes:
        body = (await service.post(asking.user("1003"))).body
        return body.partition(b'"outbound_caller_id_number" value="')[2][:10]

    assert await shown() == b"0900000000"
    seed.change(numbers, own, status="disabled")
    await purge(redis_url, [Tag.tenant(tenant_id)], [Guard.of_tenant(tenant_id)])
    assert await shown() == b"0900000001"
    seed.change(hotlines, hotline_id, deleted_at=NOW)
    await purge(redis_url, [Tag.tenant(tenant_id)], [Guard.of_tenant(tenant_id)])
    assert await shown() == b"0900000002"


# Groups and names.


async def test_members_are_those_in_service(tenant_id: int, seed: Seed, service: Service, redis_url: str) -> None:
    """The disabled and the expired are no members; a new member is one at once."""
    team_id = seed.team(tenant_id, "support")
    members: dict[str, dict[str, Any]] = {"1010": {}, "1011": {"status": "disabled"}, "1012": {"expires_at": NOW}}
    for number, values in members.items():
        seed.extension(tenant_id, number, team_id=team_id, **values)
    group_call = asking.directory(group="support", action="group_call", group_name="support", domain="pbx.test")
    assert await shape_of(service, group_call) == "group support: -> 1010"

    seed.extension(tenant_id, "1013", team_id=team_id)
    await purge(redis_url, [Tag.members(tenant_id)], [Guard.of_tenant(tenant_id)])

    assert await shape_of(service, group_call) == "group support: -> 1010 -> 1013"


async def test_a_mailbox_of_a_group(tenant_id: int, seed: Seed, service: Service) -> None:
    """mod_voicemail finds it as a user with a PIN; nobody signs in as it."""
    values = {"name": "office", "email": "a@b.test", "voicemail_mail": True, "vm_a1_hash": "b" * 32}
    seed.row(group_mailboxes, tenant_id=tenant_id, number="900", **values)

    found = await service.post(asking.user("900", "pbx.test"))

    assert found.shape == "mailbox 900 to a@b.test"
    assert b'"vm-a1-hash" value="' + b"b" * 32 in found.body
    assert (await service.post(asking.user("900", "pbx.test", key="number-alias"))).shape == "not found"
    for method in ("REGISTER", "INVITE"):
        assert (await service.post(asking.sip_auth("900", "pbx.test", method=method))).shape == "not found"


async def test_a_mailbox_of_a_group_ends_with_its_tenant(tenant_id: int, seed: Seed, service: Service) -> None:
    """Suspended: nobody leaves a message."""
    seed.row(group_mailboxes, tenant_id=tenant_id, number="900", name="office")
    seed.change(tenants, tenant_id, state="suspended")

    assert (await service.post(asking.user("900", "pbx.test"))).shape == "not found"


async def test_a_message_to_many_mailboxes(tenant_id: int, seed: Seed, service: Service) -> None:
    """To the team or to everyone, each who has a mailbox; no credentials."""
    team_id = seed.team(tenant_id, "support")
    seed.extension(tenant_id, "1010", team_id=team_id, email="a@b.test", voicemail_enabled=True, voicemail_mail=True)
    seed.extension(tenant_id, "1011", team_id=team_id)

    to_team = asking.directory(group="support", domain="pbx.test", purpose="publish-vm")
    to_all = asking.directory(user="_all_", domain="pbx.test", purpose="publish-vm")

    assert await shape_of(service, to_team) == "group support: mailbox 1010 to a@b.test"
    assert await shape_of(service, to_all) == "group default: name 1002 mailbox 1010 to a@b.test"


@only_sqlite
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"group": "nobody", "action": "group_call", "group_name": "nobody"}, id="unknown group"),
        pytest.param({"action": "group_call"}, id="no group"),
        pytest.param({"user": "1001", "group_name": "nobody"}, id="in an unknown group"),
        pytest.param({"user": "1001"}, id="a user without a key"),
        pytest.param({"user": "1001", "key": "password"}, id="another key"),
        pytest.param({"user": "1001", "key": "id", "action": "reverse-auth-lookup"}, id="reverse-auth-lookup"),
        pytest.param({"user": "1001", "key": "id", "action": "event_socket_auth"}, id="event_socket_auth"),
    ],
)
async def test_what_is_never_found(tenant_id: int, service: Service, fields: dict[str, str]) -> None:
    """No list stands in for what was asked, and nobody's credentials are given to another purpose."""
    expected = "domains pbx.test" if fields == {"action": "group_call"} else "not found"

    assert await shape_of(service, asking.directory(**fields, domain="pbx.test")) == expected


# Keys.


async def test_queries_that_differ_share_no_document(seed: Seed, service: Service) -> None:
    """Each input that a document depends on is in its key."""
    for domain, cacheable_ms in (("pbx.test", 60_000), ("other.test", 0)):
        tenant_id = seed.tenant(domain, cacheable_ms=cacheable_ms)
        seed.extension(tenant_id, "1001", aliases=["3001", "2001"])
        seed.extension(tenant_id, "1002", recording_mode="all")
    bodies = [
        asking.user("1001"),
        asking.user("1002"),
        asking.user("2001"),
        asking.user("1001", "PBX.TEST"),
        asking.user("1001", "other.test"),
        asking.user("1001", key="number-alias"),
        asking.user("2001", key="number-alias"),
        asking.call("1001"),
        asking.call("1002"),
        asking.call("1002", caller="1002"),
        asking.call("1002", caller=""),
        asking.call("1002", context="default"),
        asking.call("1002", realm="other.test", context="other.test"),
        asking.directory("pbx.test"),
        asking.directory("other.test"),
        asking.directory("pbx.test", domain="pbx.test"),
    ]

    cold = [(await service.post(body)).body for body in bodies]
    warm = [(await service.post(body)).body for body in reversed(bodies)]

    assert warm == cold[::-1]
    # By number-alias the alias gets what it gets by id: only what FreeSWITCH may keep could differ.
    assert len(set(cold)) == len(bodies) - 1


async def test_a_tenants_change_drops_all_its_documents(
    tenant_id: int, seed: Seed, service: Service, redis_url: str
) -> None:
    """Users, routes, lists: all of them carry the tenant's tag."""
    bodies = [
        asking.user(),
        asking.user("4242"),
        asking.call(),
        asking.directory(),
        asking.directory(domain="pbx.test"),
    ]
    for body in bodies:
        await service.post(body)
    await purge_tenant(redis_url, tenant_id)

    for body in bodies:
        service.statements.clear()
        await service.post(body)
        assert service.statements != []


@pytest.mark.parametrize(
    ("said", "counts_as"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("USER_BUSY", "busy", id="busy"),
        pytest.param("CALL_REJECTED", "busy", id="declined"),
        pytest.param("USER_NOT_REGISTERED", "no_answer", id="not there"),
        # Where one phone that declines ends the ringing of all, the switch calls it NO_ANSWER, and says what it heard.
        pytest.param("NO_ANSWER sip:486", "busy", id="declined for all, 486"),
        pytest.param("NO_ANSWER sip:603", "busy", id="declined for all, 603"),
        pytest.param("NO_ANSWER sip:480", "no_answer", id="one phone away"),
        pytest.param("NO_ANSWER ", "no_answer", id="rang in vain"),
    ],
)
def test_what_a_failure_counts_as(said: str, counts_as: str) -> None:
    """Somebody who declines is as good as busy."""
    assert failure_of(said) == counts_as
