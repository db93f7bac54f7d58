"""Whatever an office is made of, and whatever of it is gone: every call comes to an end that a switch can follow."""

import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.fakes.xmlcurl import XmlCurl
from tests.seed import Seed
from tests.xmlcurl.calls.rows import NOBODY, OUTSIDE, leg_of
from tests.xmlcurl.calls.switch import Surroundings, Switch
from tests.xmlcurl.calls.world import NOW
from tests.xmlcurl.service import running
from xmlcurl.store.model import (
    DESTINATION_TYPES,
    DTMF_MODES,
    PRESENCE_STATUSES,
    QUEUE_STRATEGIES,
    RECORDING_MODES,
    RING_STRATEGIES,
)
from xmlcurl.store.tables import (
    call_settings,
    destinations,
    extensions,
    gateways,
    greetings,
    group_mailboxes,
    holidays,
    ivr_menus,
    outbound_route_gateways,
    outbound_routes,
    presence_rules,
    queues,
    ring_group_members,
    ring_groups,
    taken_names,
)

PEOPLE = [f"10{number:02}" for number in range(8)]
GROUPS = {"600": ring_groups, "601": ring_groups, "700": queues, "800": ivr_menus, "900": group_mailboxes}
OWN_NUMBERS = ["842871110001", "842871110002"]
ELSEWHERE = ["0901234567", "0012125550100", "112", "*97", "*98", "4242"]
LINKS = {
    ring_groups: "ring_group_id",
    queues: "queue_id",
    ivr_menus: "ivr_menu_id",
    group_mailboxes: "group_mailbox_id",
    extensions: "extension_id",
    greetings: "greeting_id",
}
TARGETS = {
    "extension": extensions,
    "ext_vm": extensions,
    "ring_group": ring_groups,
    "queue": queues,
    "ivr": ivr_menus,
    "group_vm": group_mailboxes,
    "play_greeting": greetings,
}


class AnyOffice:
    """Rows as the tables allow them, made of one seed."""

    def __init__(self, seed: Seed, chance: Random) -> None:
        self._seed, self._chance = seed, chance
        self.tenant = seed.tenant("pbx.test", time_zone=chance.choice(["Europe/Berlin", "Asia/Ho_Chi_Minh", "UTC"]))
        self._made: dict[Any, list[int]] = {}
        self._rules: list[tuple[int, list[str]]] = []

    def build(self) -> None:
        for name in "abc":
            self._row(gateways, name=name, host="sip.example", codecs=[], addresses=[], status=self._status())
        self._row(greetings, name="g", format="wav", size_bytes=1, sha256="0" * 64)
        for number in PEOPLE:
            self._person(number)
        for number, table in GROUPS.items():
            self._group(number, table)
        for name in "abc":
            self._route(name)
        for number in OWN_NUMBERS:
            number_id = self._seed.number(self.tenant, number, status=self._status())
            self._forwards("number", number_id, "open", "closed", "holiday")
        self._hours()
        # The groups' own, now that everything is there to go to.
        for table, kind, slot in (
            (ring_groups, "ring_group", "no_answer"),
            (queues, "queue", "timeout"),
            (ivr_menus, "ivr_menu", "no_choice"),
        ):
            for owner_id in self._made[table]:
                self._forwards(kind, owner_id, slot)

    def _row(self, table: Any, **values: Any) -> int:
        row_id = self._seed.row(table, tenant_id=self.tenant, **values)
        self._made.setdefault(table, []).append(row_id)
        return row_id

    def _status(self) -> str:
        return self._chance.choice(["active", "active", "disabled"])

    def _gone(self) -> Any:
        return NOW if self._chance.random() < 0.15 else None

    def _maybe(self) -> bool:
        return self._chance.random() < 0.5

    def _person(self, number: str) -> None:
        status = self._chance.choice(PRESENCE_STATUSES)
        person = self._seed.extension(
            self.tenant,
            number,
            status=self._status(),
            presence_status=status,
            voicemail_enabled=self._maybe(),
            mobile=self._chance.choice([None, "0901234567", "+4915112345", "0 9'${x}"]),
            mobile_prefix=self._chance.choice([None, "9", "*#"]),
            recording_mode=self._chance.choice(RECORDING_MODES),
            max_concurrent=self._chance.choice([1, 2]),
            display_name=self._chance.choice([None, "A", "${system(x)}", "'\"<>,[]{}|"]),
            outbound_calls_disabled=self._maybe() and self._maybe(),
            international_calls_disabled=self._maybe(),
            outside_hours_calls_disabled=self._maybe(),
            internal_caller_id=self._chance.choice([None, "(84)28#1", "${system(x)}"]),
            dtmf_mode=self._chance.choice(DTMF_MODES),
            srtp_enabled=self._maybe(),
            t38_enabled=self._maybe(),
            reject_ends_ringing=self._maybe(),
            voicemail_pin_required=self._maybe(),
        )
        self._made.setdefault(extensions, []).append(person)
        rule = {"status": status, "ring_seconds": 20, "ring_mobile": self._maybe()}
        rule_id = self._row(presence_rules, extension_id=person, **rule)
        slots = [
            f"{side}_{event}" for side in ("in", "ex") for event in ("always", "no_answer", "busy") if self._maybe()
        ]
        self._rules.append((rule_id, slots))

    def _group(self, number: str, table: Any) -> None:
        special = {
            ring_groups: {"strategy": self._chance.choice(RING_STRATEGIES)},
            queues: {"strategy": self._chance.choice(QUEUE_STRATEGIES)},
        }
        group_id = self._row(table, name=number, number=number, deleted_at=self._gone(), **special.get(table, {}))
        self._row(taken_names, name=number, is_number=True, **{LINKS[table]: group_id})
        if table is ring_groups:
            members = self._chance.sample(self._made[extensions], self._chance.randrange(5))
            for position, member in enumerate(members):
                self._row(ring_group_members, ring_group_id=group_id, extension_id=member, position=position)

    def _route(self, name: str) -> None:
        values = {"priority": 10, "strip": self._chance.randrange(3), "prepend": self._chance.choice([None, "77"])}
        patterns = self._chance.sample(["09XXXXXXXX", "0", "00.", "+.", "9.", "X!"], 2)
        route_id = self._row(outbound_routes, name=name, status=self._status(), patterns=patterns, **values)
        for position, gateway_id in enumerate(self._chance.sample(self._made[gateways], self._chance.randrange(1, 4))):
            self._row(outbound_route_gateways, outbound_route_id=route_id, gateway_id=gateway_id, position=position)

    def _hours(self) -> None:
        for rule_id, slots in self._rules:
            self._forwards("presence_rule", rule_id, *slots)
        if self._maybe():
            self._row(
                call_settings,
                country_code="84",
                international_prefix="00",
                national_prefix="0",
                emergency_numbers=["112"],
                feature_codes={"own_voicemail": "*97"},
                business_hours=self._chance.choice([[], [[0, 0, 1440]], [[day, 540, 1050] for day in range(7)]]),
            )
        if self._maybe():
            self._row(holidays, name="h", first_day=NOW.date(), last_day=NOW.date(), is_yearly=self._maybe())

    def _forwards(self, owner_kind: str, owner_id: int, *slots: str) -> None:
        for slot in slots:
            kind = self._chance.choice(DESTINATION_TYPES)
            values: dict[str, Any] = {"type": kind}
            if kind in TARGETS:
                table = TARGETS[kind]
                values[LINKS[table]] = self._chance.choice(self._made[table])
            elif kind == "external_num":
                values["number"] = self._chance.choice([*ELSEWHERE, *OWN_NUMBERS, "1 2", "${x}"])
            self._row(destinations, owner_kind=owner_kind, owner_id=owner_id, slot=slot, **values)


@pytest.mark.parametrize("chance", range(6))
async def test_every_call_ends(sqlite_template: Path, redis_url: str, tmp_path: Path, chance: int) -> None:
    """Nobody is called who is not there, nothing of a tenant is carried out, and no forward goes on for ever."""
    path = shutil.copy(sqlite_template, tmp_path / "any.sqlite")
    url = f"sqlite+aiosqlite:///{path}"
    seed = Seed(url)
    AnyOffice(seed, Random(chance)).build()  # noqa: S311 - not for secrets
    seed.close()

    await _everyone_calls_everything(url, redis_url, ["rings", "busy", "answers", "away"][chance % 4])


async def _everyone_calls_everything(url: str, redis_url: str, does: str) -> None:
    around = Surroundings(
        phones=dict.fromkeys(PEOPLE, does), gateways=dict.fromkeys((1, 2, 3), "GATEWAY_DOWN" if does == "busy" else "")
    )
    async with running(url, redis_url, clock=lambda: NOW) as service:
        for caller in (PEOPLE[0], NOBODY, OUTSIDE):
            for number in (*PEOPLE, *GROUPS, *OWN_NUMBERS, *ELSEWHERE):
                switch = Switch(service, around)
                # It refuses what it can't carry out, an empty document, and a storm of transfers.
                outcome = await switch.call(leg_of(caller), number)
                assert outcome.cause != "SUBSCRIBER_ABSENT", outcome
                for document in switch.documents:
                    assert XmlCurl("").preprocess(document.decode()) == document.decode()
