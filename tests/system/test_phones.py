"""Phones, from the API to the switch and back: who is let in, who is told apart, who is put out."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from tests.fakes.freeswitch import FreeSwitch, Phone
from tests.fakes.xmlcurl import XmlCurl
from tests.servers import RedisServer
from tests.system.installation import CREDENTIALS, Installation
from tests.waiting import wait_until

pytestmark = [pytest.mark.timeout(600), pytest.mark.unmeasured]

KEPT_MS = {"pbx.test": 0, "kept.test": 300_000}
"""How long the switch may keep users, by tenant."""


@dataclass
class Office:
    """The product with one switch, as one tenant's administrator sees it."""

    product: Installation
    switch: FreeSwitch
    domain: str
    token: str

    def number(self, digits: str) -> str:
        """One that no other tenant of these tests has."""
        return f"{1 + list(KEPT_MS).index(self.domain)}{digits}"

    def create(self, number: str) -> Phone:
        with self.client() as client:
            created = client.post("/extensions", json={"extension_number": number}).raise_for_status().json()["data"]
        return Phone(number, created["sip_password"], self.domain, call_id=f"{number}@phone-of-{self.domain}")

    def change_password(self, phone: Phone) -> Phone:
        """Answered when the switch has been told."""
        with self.client() as client:
            answer = client.post(f"/extensions/{phone.name}/change-password", headers={"Prefer": "wait=20"})
        assert answer.raise_for_status().headers["X-Switch-Sync"] == "acked=1 pending=0 failed=0"
        return replace(phone, password=answer.json()["data"]["sip_password"])

    def status(self, number: str) -> str:
        with self.client() as client:
            return str(client.get(f"/extensions/{number}").raise_for_status().json()["data"]["sip_registration"])

    def registered(self, number: str) -> list[str]:
        """The hosts under which anybody is registered with that number."""
        return [row.host for row in self.switch.registrar.rows if row.user == number]

    def client(self) -> httpx.Client:
        client = self.product.client()
        client.headers["Authorization"] = f"Bearer {self.token}"
        return client


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory, redis_executable: Path) -> Iterator[dict[str, Office]]:
    """One installation for all tests here; its programs take seconds to start."""
    folder = tmp_path_factory.mktemp("phones")
    redis = RedisServer(folder / "redis", executable=redis_executable)
    redis.start()
    product = Installation(folder, f"sqlite+aiosqlite:///{folder / 'test.sqlite'}", redis.url)
    with FreeSwitch(password="not-ClueCon") as switch, product.running():
        switch.backend = XmlCurl(f"{product.lookups[0].url}/xmlcurl", CREDENTIALS)
        product.command("switch", "add", "fs1", "--port", str(switch.port), "--password-stdin", stdin="not-ClueCon")
        product.command("tenant", "add", "kept.test", "--cacheable-ms", str(KEPT_MS["kept.test"]))
        tokens = {
            "pbx.test": product.token,
            "kept.test": product.command("token", "add", "--tenant", "kept.test")["token"],
        }
        assert switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands, 180)
        yield {domain: Office(product, switch, domain, token) for domain, token in tokens.items()}
    redis.stop()


@pytest.fixture(params=KEPT_MS)
def office(request: pytest.FixtureRequest, offices: dict[str, Office]) -> Office:
    """Of the tenant whose users the switch may not keep, and of the one whose users it may."""
    return offices[request.param]


def test_a_phone_is_let_in_and_put_out(office: Office) -> None:
    """With the password that the API gave, at once; and with no other, at once."""
    phone = office.create(office.number("001"))
    assert office.switch.register(phone) == 200
    wait_until(lambda: office.status(phone.name) == "registered", 30)
    assert office.switch.register(replace(phone, password="guessed", call_id="x@x")) == 403

    changed = office.change_password(phone)

    assert office.switch.register(phone) == 403
    wait_until(lambda: office.registered(phone.name) == [] and office.status(phone.name) == "unregistered", 30)
    assert office.switch.register(changed) == 200
    with office.client() as client:
        client.delete(f"/extensions/{phone.name}", headers={"Prefer": "wait=10"}).raise_for_status()
    assert office.switch.register(changed) == 403
    wait_until(lambda: office.registered(phone.name) == [], 30)


def test_a_register_in_flight_gets_nobody_in_with_the_former_password(office: Office) -> None:
    """Checked before the change, entered after it: found by its revision, dropped, audited."""
    phone = office.create(office.number("002"))
    office.switch.checked.clear()
    office.switch.hold_registers.clear()
    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(office.switch.register(phone)))
    slow.start()
    assert office.switch.checked.wait(10)
    changed = office.change_password(phone)

    office.switch.hold_registers.set()
    slow.join()

    assert answers == [200]
    wait_until(lambda: office.registered(phone.name) == [], 30)
    assert office.switch.register(changed) == 200
    with pytest.raises(TimeoutError):
        wait_until(lambda: office.registered(phone.name) != [office.domain], 1)


def test_a_phone_of_one_tenant_cannot_register_as_anothers(office: Office) -> None:
    """With its own good password and another tenant's domain in the To header: refused, or dropped at once."""
    other = next(domain for domain in KEPT_MS if domain != office.domain)
    phone = office.create(office.number("003"))
    assert office.switch.register(phone) == 200

    # A Call-ID that is read as the victim's domain, which must not go with the intruder.
    office.switch.register(replace(phone, to_host=other, call_id=other, port=6666))

    wait_until(lambda: office.registered(phone.name) == [office.domain], 30)


def test_the_switch_shows_in_the_metrics(offices: dict[str, Office]) -> None:
    """Connected, and nothing waits for it."""
    product = offices["pbx.test"].product

    text = httpx.get(f"{product.api.url}/metrics").raise_for_status().text

    assert 'management_switch_connected{switch="1"} 1.0' in text
    assert "management_oldest_change_seconds{" not in text
