"""What people change by phone: who may, what management is asked, and what the phone hears of it."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr, ValidationError

from tests.fakes.management import UNPROCESSABLE, Door
from tests.fakes.xmlcurl import form
from tests.seed import Seed
from tests.services import free_port
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import Service, running
from xmlcurl.by_phone import Management, Outcome
from xmlcurl.logs import lookup_lines
from xmlcurl.settings import Settings
from xmlcurl.store.model import Wish
from xmlcurl.store.tables import call_settings

SECRET = "a secret of thirty-two characters, or more"
WISH = Wish("forward_always_on", "1001", "1002")
PIN = "471108"
DONE, REFUSED, FAILED, REJECTED = (
    f"route {name} in pbx.test" for name in ("done", "facility_rejected", "normal_temporary_failure", "call_rejected")
)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door.opened() as door:
        yield door


@pytest.fixture
async def service(seed: Seed, migrated_database_url: str, redis_url: str, door: Door) -> AsyncIterator[Service]:
    """Lookups that reach management."""
    secret = SecretStr(SECRET)
    async with running(migrated_database_url, redis_url, by_phone_url=door.url, by_phone_secret=secret) as service:
        yield service


def dialled(destination: str, *, first: bool = True, caller: str = "1001", **variables: str) -> bytes:
    """A call as it comes in, or, not `first`, after a transfer."""
    return asking.call(destination, caller=caller, **variables) + f"&Hunt-Profile-Index={1 if first else 2}".encode()


def new_pin(pin: str = PIN, name: str = "1002", domain: str = "pbx.test", *, event: str = "CUSTOM") -> bytes:
    """What mod_voicemail asks."""
    head = {"section": "directory", "tag_name": "domain", "key_name": "name", "key_value": domain}
    said = {"VM-Action": "change-password", "VM-User-Password": pin, "key": "id", "user": name, "domain": domain}
    return form({"hostname": "switch", **head}, {"Event-Name": event, "Event-Subclass": "vm::maintenance"} | said)


# The way to management.


def management(url: str, *, lookup_deadline_ms: int = 30_000) -> Management:
    return Management(url, SecretStr(SECRET), lookup_deadline_ms=lookup_deadline_ms)


async def test_management_is_asked_with_the_secret(door: Door) -> None:
    """And told whose wish it is."""
    outcome = await management(door.url).carry_out("pbx.test", WISH)

    assert outcome is Outcome.DONE
    assert door.asked == [{"domain": "pbx.test", "kind": "forward_always_on", "number": "1001", "digits": "1002"}]
    assert door.heads[0].startswith("POST /by-phone HTTP/1.1\r\n")
    assert f"\r\nAuthorization: Bearer {SECRET}\r\n" in door.heads[0]


async def test_a_path_before_it_is_kept(door: Door) -> None:
    """Of a proxy that serves more than us."""
    await management(f"{door.url}/office/").carry_out("pbx.test", WISH)

    assert door.heads[0].startswith("POST /office/by-phone HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(UNPROCESSABLE, Outcome.REFUSED, id="it can't be"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\n" + UNPROCESSABLE, Outcome.REFUSED, id="an answer before the answer"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", Outcome.FAILED, id="somebody else"),
        pytest.param(b"HTTP/1.1 401 Unauthorized\r\n\r\n", Outcome.FAILED, id="another secret"),
        pytest.param(b"HTTP/1.1 404 Not Found\r\n\r\n", Outcome.FAILED, id="no secret there"),
        pytest.param(b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Outcome.FAILED, id="no database"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", Outcome.FAILED, id="no HTTP"),
        pytest.param(b"HTTP/1.1 204", Outcome.FAILED, id="half an answer"),
        pytest.param(b"", Outcome.FAILED, id="nothing"),
    ],
)
async def test_what_management_says(door: Door, answer: bytes, outcome: Outcome) -> None:
    """Only what it surely means is believed."""
    door.answer = answer

    assert await management(door.url).carry_out("pbx.test", WISH) is outcome


async def test_management_is_not_there() -> None:
    """Nobody listens."""
    nowhere = f"http://127.0.0.1:{free_port()}"

    assert await management(nowhere).carry_out("pbx.test", WISH) is Outcome.FAILED


async def test_management_hangs(door: Door) -> None:
    """The lookup still has time to say so."""
    door.answer = None

    assert await management(door.url, lookup_deadline_ms=50).carry_out("pbx.test", WISH) is Outcome.FAILED


async def test_no_pin_is_logged(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor the secret; a failure is."""
    door.answer = b"HTTP/1.1 500 " + PIN.encode() + b"\r\n\r\n"

    await management(door.url).carry_out("pbx.test", Wish("voicemail_pin", "1002", PIN))

    output = "".join(capsys.readouterr())
    assert "status 500" in output
    assert PIN not in output
    assert SECRET not in output
    assert PIN not in repr(Wish("voicemail_pin", "1002", PIN))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param({"by_phone_url": "http://api.test:8081"}, "BY_PHONE_SECRET is required", id="no secret"),
        pytest.param({"by_phone_secret": "s" * 31}, "at least 32", id="a short secret"),
        pytest.param(
            {"by_phone_url": "http://u:p@api.test", "by_phone_secret": SECRET}, "pattern", id="a password in it"
        ),
        pytest.param({"by_phone_url": "api.test:8081", "by_phone_secret": SECRET}, "pattern", id="no scheme"),
    ],
)
def test_settings_are_checked_at_start(settings: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings.model_validate(settings)


# Feature codes.


@pytest.mark.parametrize(
    ("destination", "asked"),
    [
        ("*721002", ("forward_always_on", "1002")),
        ("*720084901234567", ("forward_always_on", "0084901234567")),
        ("*72", ("forward_always_on", "")),
        ("*73", ("forward_always_off", "")),
        ("*78", ("dnd_on", "")),
        ("*79", ("dnd_off", "")),
        ("*22", ("agent_login", "")),
        ("*23", ("agent_logout", "")),
    ],
)
async def test_a_code_asks_management(
    tenant_id: int, service: Service, door: Door, destination: str, asked: tuple[str, str]
) -> None:
    """For the extension whose phone dialled it."""
    assert (await service.post(dialled(destination))).shape == DONE

    assert door.asked == [{"domain": "pbx.test", "kind": asked[0], "number": "1001", "digits": asked[1]}]


@only_sqlite
@pytest.mark.parametrize(
    ("answer", "heard"), [pytest.param(UNPROCESSABLE, REFUSED, id="refused"), pytest.param(b"", FAILED, id="failed")]
)
async def test_what_was_not_done_is_heard(
    tenant_id: int, service: Service, door: Door, answer: bytes, heard: str
) -> None:
    """No phone believes that calls go elsewhere when they don't."""
    door.answer = answer

    assert (await service.post(dialled("*73"))).shape == heard


@only_sqlite
async def test_each_time_is_another(tenant_id: int, service: Service, door: Door) -> None:
    """Nothing of it is remembered."""
    first = await service.post(dialled("*78"))
    door.answer = b""

    assert (first.shape, (await service.post(dialled("*78"))).shape) == (DONE, FAILED)
    assert len(door.asked) == 2


@only_sqlite
async def test_a_leg_that_was_transferred_changes_nothing(tenant_id: int, service: Service, door: Door) -> None:
    """Whoever 1001 talks to could send that leg, which 1001 signed in on, to *72 and a number that costs."""
    assert (await service.post(dialled("*721002", first=False))).shape == REJECTED
    assert (await service.post(asking.call("*721002"))).shape == REJECTED

    assert door.asked == []


@only_sqlite
async def test_nobody_changes_nothing(tenant_id: int, service: Service, door: Door) -> None:
    """The far end of a transfer, a phone of another tenant, an alias."""
    assert (await service.post(dialled("*78", caller=""))).shape == REJECTED
    assert (await service.post(dialled("*78", caller="4242"))).shape == REJECTED
    assert (await service.post(dialled("*78", realm="other.test", caller="1001"))).shape != DONE

    assert door.asked == []


@only_sqlite
async def test_codes_are_the_tenants(tenant_id: int, seed: Seed, service: Service, door: Door) -> None:
    """One that the tenant has taken away is a number like any other."""
    prefixes = {"country_code": "84", "international_prefix": "00", "national_prefix": "0"}
    numbers = {"emergency_numbers": ["112"], "business_hours": []}
    seed.row(call_settings, tenant_id=tenant_id, feature_codes={"dnd_on": "#5"}, **prefixes, **numbers)

    assert (await service.post(dialled("#5"))).shape == DONE
    assert (await service.post(dialled("*78"))).shape == "route unallocated_number in pbx.test"
    assert [each["kind"] for each in door.asked] == ["dnd_on"]


@only_sqlite
async def test_without_management_codes_are_refused(tenant_id: int, migrated_database_url: str, redis_url: str) -> None:
    """Where no URL is set."""
    async with running(migrated_database_url, redis_url) as service:
        assert (await service.post(dialled("*78"))).shape == REFUSED
        assert (await service.post(new_pin())).shape == "refused 1002"


# The mailbox's PIN.


async def test_a_new_pin_is_stored_before_it_is_taken(tenant_id: int, service: Service, door: Door) -> None:
    """A document without credentials says so."""
    reply = await service.post(new_pin())

    assert b'<result success="true"/>' in reply.body
    assert b"hash" not in reply.body
    assert door.asked == [{"domain": "pbx.test", "kind": "voicemail_pin", "number": "1002", "digits": PIN}]


@only_sqlite
@pytest.mark.parametrize(
    "answer",
    [pytest.param(UNPROCESSABLE, id="refused"), pytest.param(b"", id="failed")],
)
async def test_a_pin_that_was_not_stored_is_refused(
    tenant_id: int, service: Service, door: Door, answer: bytes
) -> None:
    """FreeSWITCH would keep it otherwise, and it would open the mailbox on that switch alone."""
    door.answer = answer

    assert (await service.post(new_pin())).shape == "refused 1002"


@only_sqlite
async def test_a_header_of_a_phone_changes_no_pin(tenant_id: int, service: Service, door: Door) -> None:
    """An INVITE that an ACL lets in brings its headers along, under their own names, behind FreeSWITCH's fields."""
    forged = new_pin(event="REQUEST_PARAMS") + b"&Event-Name=CUSTOM"

    assert (await service.post(forged)).shape == "refused 1002"
    assert door.asked == []


@only_sqlite
async def test_a_mailbox_elsewhere_is_not_ours(tenant_id: int, service: Service, door: Door) -> None:
    """The disk of the switch may have it."""
    assert (await service.post(new_pin(domain="unknown.test"))).shape == "not found"
    assert door.asked == []


@only_sqlite
async def test_a_lookup_logs_no_pin(tenant_id: int, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    await service.post(new_pin())

    lookup_lines.flush()
    output = "".join(capsys.readouterr())
    assert "change-password" in output
    assert PIN not in output
