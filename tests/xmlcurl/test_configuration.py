"""What switches keep of tenants: gateways, whom they let in, queues and menus."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from lxml import etree

from tests.fakes.xmlcurl import form
from tests.seed import Seed
from tests.xmlcurl import asking
from tests.xmlcurl.service import Service, purge_tenant, running
from xmlcurl.query import parse
from xmlcurl.questions import question_of
from xmlcurl.store.tables import destinations, gateways, greetings, ivr_menus, queue_agents, queues, tenants, utc_now

KEY, LOST_KEY = Fernet.generate_key(), Fernet.generate_key()
PASSWORD = "carrier's <secret> & more"


@pytest.fixture
async def service(seed: Seed, migrated_database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    """With the key that management made."""
    (tmp_path / "secret.keys").write_bytes(KEY + b"\n")
    async with running(migrated_database_url, redis_url, data_dir=tmp_path) as service:
        yield service


def request(section: str, key_value: str = "", **fields: str) -> bytes:
    """As FreeSWITCH asks for a configuration, or for a whole section."""
    named = {"tag_name": section, "key_name": "name"} if key_value else {"tag_name": "", "key_name": ""}
    said = {name.replace("_", "-"): value for name, value in fields.items()}
    return form({"hostname": "switch", "section": section, **named, "key_value": key_value}, asking.EVENT | said)


def of_profile(profile: str) -> bytes:
    return request("directory", purpose="gateways", profile=profile)


def gateway(seed: Seed, tenant_id: int, name: str, **values: Any) -> int:
    return seed.row(
        gateways,
        tenant_id=tenant_id,
        name=name,
        **{"host": "sip.example", "codecs": ["PCMA", "PCMU"], "addresses": []} | values,
    )


def encrypted(password: str = PASSWORD, key: bytes = KEY) -> str:
    return Fernet(key).encrypt(password.encode()).decode()


def params(gateway: etree._Element) -> dict[str, str]:
    return {str(param.get("name")): str(param.get("value")) for param in gateway.iter("param")}


def attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


async def served(service: Service, body: bytes) -> etree._Element:
    reply = await service.post(body)
    assert reply.status == 200
    return etree.fromstring(reply.body)


async def test_the_carriers_profile_gets_every_tenants_gateways(seed: Seed, tenant_id: int, service: Service) -> None:
    """Each in its tenant's domain; the one that registers with its password, which is new at once."""
    other_id = seed.tenant("other.test")
    row = gateway(
        seed,
        tenant_id,
        "carrier",
        port=5066,
        transport="tcp",
        registers=True,
        username="line1",
        password_encrypted=encrypted(),
        realm="carrier.example",
        expires_seconds=600,
    )
    plain = gateway(seed, other_id, "carrier", host="2001:db8::5", codecs=["PCMU"])

    document = await served(service, of_profile("external"))

    path = "section/domain[@name='{}']/groups/group/users/user/gateways/gateway"
    (found,) = document.findall(path.format("pbx.test"))
    assert found.get("name") == f"g{row}"
    assert params(found) == {
        "proxy": "sip.example:5066",
        "realm": "carrier.example",
        "register": "true",
        "register-transport": "tcp",
        "expire-seconds": "600",
        "caller-id-in-from": "false",
        "context": "public",
        "extension": "auto_to_user",
        "username": "line1",
        "password": PASSWORD,
    }
    (without,) = document.findall(path.format("other.test"))
    assert without.get("name") == f"g{plain}"
    assert params(without).items() >= {"proxy": "[2001:db8::5]", "register": "false"}.items()
    assert not params(without).keys() & {"username", "password"}
    revision, codecs = without.iter("variable")
    assert (revision.get("name"), len(revision.get("value", ""))) == ("xmlcurl_gateway_revision", 16)
    assert attributes(codecs) == {"name": "absolute_codec_string", "value": "PCMU", "direction": "outbound"}
    seed.change(gateways, row, password_encrypted=encrypted("another"))
    assert 'value="another"' in etree.tostring(await served(service, of_profile("external"))).decode()


CHANGES: list[dict[str, Any]] = [
    {"host": "other.example"},
    {"port": 5080},
    {"transport": "tls"},
    {"registers": True},
    {"username": "line2"},
    {"password_encrypted": encrypted("another")},
    {"realm": "other.example"},
    {"expires_seconds": 120},
    {"codecs": ["PCMU"]},
]


async def test_each_change_of_a_gateway_is_another_revision(seed: Seed, tenant_id: int, service: Service) -> None:
    """A switch that was away is told apart from one that knows it; what the switch doesn't see makes none."""
    row = gateway(seed, tenant_id, "carrier")

    async def revision() -> str:
        (found,) = (await served(service, of_profile("external"))).iter("gateway")
        return str(found.xpath("string(variables/variable[@name='xmlcurl_gateway_revision']/@value)"))

    seen = [await revision()]
    for change in CHANGES:
        seed.change(gateways, row, **change)
        seen.append(await revision())
    seed.change(gateways, row, name="renamed", addresses=["192.0.2.0/24"], updated_at=utc_now())

    assert len(set(seen)) == len(seen)
    assert await revision() == seen[-1]


async def test_one_domain_has_its_own_gateways(seed: Seed, tenant_id: int, service: Service) -> None:
    """A profile may name one domain; nobody else's is in the answer."""
    row = gateway(seed, tenant_id, "carrier")
    gateway(seed, seed.tenant("other.test"), "carrier")

    document = await served(service, asking.directory("pbx.test", purpose="gateways", profile="external"))

    assert [each.get("name") for each in document.iter("gateway")] == [f"g{row}"]
    assert [each.get("name") for each in document.iter("domain")] == ["pbx.test"]


async def test_nobody_signs_in_as_the_gateways(seed: Seed, tenant_id: int, service: Service) -> None:
    """What holds them is a user to FreeSWITCH; one without a password would be let in with any."""
    gateway(seed, tenant_id, "carrier")

    (user,) = (await served(service, of_profile("external"))).iter("user")

    assert [(each.get("name"), each.get("value")) for each in user.findall("params/param")] == [
        ("allow-empty-password", "false")
    ]
    assert (await service.post(asking.sip_auth("gateways"))).shape == "not found"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"status": "disabled"}, id="disabled"),
        pytest.param({"password_encrypted": encrypted(key=LOST_KEY)}, id="a password that no key reads"),
        pytest.param({"password_encrypted": encrypted("$${event_socket_password}")}, id="a password that is expanded"),
    ],
)
async def test_a_gateway_that_cant_be_said_stops_no_other(
    seed: Seed, tenant_id: int, service: Service, values: dict[str, Any]
) -> None:
    """It is left out."""
    gateway(seed, tenant_id, "broken", **values)
    row = gateway(seed, tenant_id, "carrier", password_encrypted=encrypted())

    document = await served(service, of_profile("external"))

    assert [each.get("name") for each in document.iter("gateway")] == [f"g{row}"]


async def test_a_suspended_tenant_has_no_gateways(seed: Seed, tenant_id: int, service: Service) -> None:
    """Neither are calls let in for it."""
    gateway(seed, tenant_id, "carrier", addresses=["192.0.2.0/24"])
    seed.change(tenants, tenant_id, state="suspended")

    assert list((await served(service, of_profile("external"))).iter("gateway")) == []
    assert list((await served(service, request("configuration", "acl.conf"))).iter("node")) == []


async def test_without_a_key_only_passwords_are_missing(
    seed: Seed, tenant_id: int, migrated_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Lookups on a machine of their own may do without keys; they make none."""
    gateway(seed, tenant_id, "secret", password_encrypted=encrypted())
    row = gateway(seed, tenant_id, "plain")

    async with running(migrated_database_url, redis_url, data_dir=tmp_path) as service:
        document = await served(service, of_profile("external"))

    assert [each.get("name") for each in document.iter("gateway")] == [f"g{row}"]
    assert not (tmp_path / "secret.keys").exists()


async def test_every_other_profile_gets_domains_only(seed: Seed, tenant_id: int, service: Service) -> None:
    """No secret leaves for a profile that would not look for it."""
    gateway(seed, tenant_id, "carrier", password_encrypted=encrypted())

    assert (await service.post(of_profile("internal"))).shape == "domains pbx.test"
    named = asking.directory("pbx.test", purpose="gateways", profile="internal")
    assert (await service.post(named)).shape == "domains pbx.test"


async def test_passwords_are_remembered_and_logged_nowhere(
    seed: Seed, tenant_id: int, service: Service, redis_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The second answer is read from the database as well."""
    gateway(seed, tenant_id, "carrier", password_encrypted=encrypted("not-for-logs"))

    for _ in range(2):
        service.statements.clear()
        assert b"not-for-logs" in (await service.post(of_profile("external"))).body
        assert any("gateways" in statement for statement in service.statements)

    assert "not-for-logs" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("user", ["", "gateways", "1001"])
@pytest.mark.parametrize("realm", ["pbx.test", "pbx.test&purpose=gateways&profile=external", ""])
def test_no_phone_makes_its_request_one_for_gateways(user: str, realm: str) -> None:
    """Neither by its name nor by its realm, which FreeSWITCH writes first and as it is."""
    fields = {"purpose": "gateways", "profile": "external", "action": "sip_auth", "key": "id", "user": user}
    body = asking.directory(realm, **fields, domain=realm)

    assert not question_of(parse(body)).kind.startswith("gateways")


async def test_calls_are_let_in_from_the_addresses_of_all(seed: Seed, tenant_id: int, service: Service) -> None:
    """Each network once; a disabled gateway's is none of them; a change counts at once."""
    row = gateway(seed, tenant_id, "a", addresses=["192.0.2.0/24", "2001:db8::/32"])
    gateway(seed, seed.tenant("other.test"), "b", addresses=["192.0.2.0/24", "198.51.100.7/32"])
    gateway(seed, tenant_id, "c", addresses=["203.0.113.0/24"], status="disabled")

    async def admitted() -> list[tuple[str | None, str | None]]:
        found, peers = (await served(service, request("configuration", "acl.conf"))).iter("list")
        assert attributes(found) == {"name": "gateways", "default": "deny"}
        assert [*peers] == []
        return [(node.get("type"), node.get("cidr")) for node in found]

    assert await admitted() == [("allow", each) for each in ("192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32")]
    seed.change(gateways, row, addresses=[])
    assert await admitted() == [("allow", each) for each in ("192.0.2.0/24", "198.51.100.7/32")]


async def test_a_queue_comes_with_its_agents(seed: Seed, tenant_id: int, service: Service, redis_url: str) -> None:
    """One that serves two queues has the longer times of both; nobody's status is touched."""
    ids = [seed.extension(tenant_id, number) for number in ("2001", "2002")]
    values = {"tenant_id": tenant_id, "ring_seconds": 20, "wrap_up_seconds": 10}
    queue = seed.row(queues, name="a", number="700", **values, strategy="ring-all", max_wait_seconds=90)
    longer = seed.row(queues, name="b", number="701", **values | {"ring_seconds": 40, "wrap_up_seconds": 5})
    for position, (extension_id, level) in enumerate(zip(ids, (2, 1), strict=True)):
        agent = {"tenant_id": tenant_id, "extension_id": extension_id, "level": level, "position": position}
        seed.row(queue_agents, queue_id=queue, **agent)
    seed.row(queue_agents, tenant_id=tenant_id, queue_id=longer, extension_id=ids[0], position=0)
    body = request("configuration", "callcenter.conf", CC_Queue=f"{queue}@pbx.test")

    document = await served(service, body)

    (found,) = document.iter("queue")
    assert found.get("name") == f"{queue}@pbx.test"
    wanted = {"strategy": "ring-all", "max-wait-time": "90", "tier-rules-apply": "true", "tier-rule-wait-second": "20"}
    assert params(found).items() >= wanted.items()
    assert [(each.get("name"), each.get("contact"), each.get("wrap-up-time")) for each in document.iter("agent")] == [
        ("2001@pbx.test", "[leg_timeout=40]user/2001@pbx.test", "10"),
        ("2002@pbx.test", "[leg_timeout=20]user/2002@pbx.test", "10"),
    ]
    assert not any("status" in each.attrib for each in document.iter("agent"))
    tiers = [(each.get("queue"), each.get("agent"), each.get("level")) for each in document.iter("tier")]
    assert tiers == [(f"{queue}@pbx.test", "2001@pbx.test", "2"), (f"{queue}@pbx.test", "2002@pbx.test", "1")]
    service.statements.clear()
    await served(service, body)
    assert service.statements == []
    seed.delete_extension(ids[0])
    await purge_tenant(redis_url, tenant_id)
    assert [each.get("name") for each in (await served(service, body)).iter("agent")] == ["2002@pbx.test"]


async def test_a_menu_leads_back_to_its_number_with_the_choice(seed: Seed, tenant_id: int, service: Service) -> None:
    """Keys that lead somewhere, and extensions where they may be dialled."""
    menu = seed.row(
        ivr_menus, tenant_id=tenant_id, name="m", number="800", timeout_seconds=4, tries=2, direct_dial=True
    )
    for slot in ("#", "1", "no_choice"):
        values = {"owner_kind": "ivr_menu", "owner_id": menu, "slot": slot, "type": "end_call"}
        seed.row(destinations, tenant_id=tenant_id, **values)

    document = await served(service, request("configuration", "ivr.conf", Menu_Name=f"{menu}@pbx.test"))

    (found,) = document.iter("menu")
    assert attributes(found).items() >= {"name": f"{menu}@pbx.test", "timeout": "4000", "max-failures": "2"}.items()
    choice = "transfer 'set:xmlcurl_choice={},transfer:800 XML pbx.test' inline"
    assert [(each.get("digits"), each.get("param")) for each in found] == [
        ("#", choice.format("#")),
        ("1", choice.format("1")),
        ("/^([0-9]{2,10})#?$/", choice.format("$1")),
    ]


async def test_a_menu_says_its_greeting(seed: Seed, tenant_id: int, service: Service, redis_url: str) -> None:
    """The file that it has now, from where the switch knows; silence without one, or with another tenant's."""
    other = seed.tenant("other.test")
    sound = {"name": "Hello", "format": "wav", "size_bytes": 1, "sha256": "a" * 64}
    own, foreign = (seed.row(greetings, tenant_id=each, **sound) for each in (tenant_id, other))
    menus = [
        seed.row(ivr_menus, tenant_id=tenant_id, name=str(each), number=f"80{each}", greeting_id=each)
        for each in (own, foreign)
    ]

    async def said(menu: int) -> str | None:
        document = await served(service, request("configuration", "ivr.conf", Menu_Name=f"{menu}@pbx.test"))
        return next(document.iter("menu")).get("greet-long")

    url = "{{profile=greetings}}http_cache://${{greetings_url}}/1-{}.wav"
    assert [await said(menu) for menu in menus] == [url.format("a" * 64), "silence_stream://250"]
    seed.change(greetings, own, sha256="b" * 64)
    await purge_tenant(redis_url, tenant_id)
    assert await said(menus[0]) == url.format("b" * 64)


@pytest.mark.parametrize(
    "name", ["1@other.test", "2@pbx.test", "x@pbx.test", "1", "", "9" * 40 + "@pbx.test", "²@pbx.test"]
)
@pytest.mark.parametrize("asked", [("callcenter.conf", "CC_Queue"), ("ivr.conf", "Menu_Name")])
async def test_nobodys_queue_or_menu_is_not_found(
    seed: Seed, tenant_id: int, service: Service, name: str, asked: tuple[str, str]
) -> None:
    """Another tenant's, a deleted one, what is no id: the file on disk answers."""
    seed.tenant("other.test")
    for table in (queues, ivr_menus):
        assert seed.row(table, tenant_id=tenant_id, name="a", number="700") == 1
        seed.row(table, tenant_id=tenant_id, name="b", number="701", deleted_at=utc_now())

    file, field = asked
    assert (await service.post(request("configuration", file, **{field: name}))).shape == "not found"


@pytest.mark.parametrize("file", ["callcenter.conf", "ivr.conf", "sofia.conf", "voicemail.conf", "conference.conf"])
async def test_everything_else_is_left_to_the_disk(tenant_id: int, service: Service, file: str) -> None:
    assert (await service.post(request("configuration", file))).shape == "not found"
