"""A part is away while things change: when it is back, all of them are in force."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from management.secrets import vm_a1_hash
from tests.freeswitch.landlord import Landlord
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone
from tests.waiting import until, until_async

BACK_WITHIN_SECONDS = 60.0
"""Reconnecting, reading the tables and the second flush among them."""
NEW_PASSWORD, NEW_PIN, NEW_TIME_ZONE, OLD_TIME_ZONE = "another-password", "471147", "Asia/Tokyo", "UTC"
LEFT_OF_TERM = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Change:
    """One write about an extension, and what a switch that knows of it answers to a command.

    Args:
        question: without one, its phones are signed out and refused from then on.
    """

    number: str
    method: str
    path: str
    values: dict[str, Any] | None = field(default=None, repr=False)
    question: str = ""
    answer: str = ""

    def is_shown_by(self, switch: Switch) -> bool:
        return self.answer in switch.api(self.question)


@dataclass(frozen=True, slots=True)
class Absence:
    """How a switch goes, and how it comes back."""

    leave: Callable[[Switch], None]
    come_back: Callable[[Switch], None]


@pytest.mark.parametrize(
    "absence",
    [
        pytest.param(Absence(Switch.stop, Switch.start), id="stopped"),
        # It comes back with the copies of users that it had, too.
        pytest.param(Absence(Switch.freeze, Switch.thaw), id="frozen"),
    ],
)
async def test_a_switch_that_missed_ten_changes_obeys_all_of_them(
    cached_office: Office,
    product: Product,
    switch: Switch,
    second_switch: Switch,
    absence: Absence,
) -> None:
    """The other switch has them at once; this one once it is back, old registrations gone, and the API says settled."""
    alias = cached_office.number()
    accounts = [await cached_office.account(aliases=[alias]), *[await cached_office.account() for _ in range(9)]]
    phones = {
        at.name: {each.number: await cached_office.phone(each, at=at) for each in accounts}
        for at in (switch, second_switch)
    }
    async with Landlord.of(product, cached_office.domain) as landlord:
        changes = await _ten_changes(landlord, product, alias, [each.number for each in accounts])
        for at in (switch, second_switch):
            assert [await phone.register() for phone in phones[at.name].values()] == [200] * 10
            assert [change for change in changes if change.question and change.is_shown_by(at)] == []
        before = max(each["id"] for each in await landlord.changes(second_switch.name))

        # In a thread, so that phones go on answering: FreeSWITCH waits for them before it ends.
        await asyncio.to_thread(absence.leave, second_switch)
        try:
            for change in changes:
                await landlord.write(change.method, change.path, change.values)
            await until_async(partial(_all_are, "is_acknowledged", landlord, switch, before))
            await _are_in_force(changes, switch, phones[switch.name])
            missed = await landlord.changes(second_switch.name, after=before)
            assert len(missed) >= len(changes)
            assert not any(each["is_acknowledged"] for each in missed)
        finally:
            absence.come_back(second_switch)

        await until_async(partial(_all_are, "is_acknowledged", landlord, second_switch, before), BACK_WITHIN_SECONDS)
        await _are_in_force(changes, second_switch, phones[second_switch.name])
        await until_async(partial(_all_are, "settled_at", landlord, second_switch, before), BACK_WITHIN_SECONDS)
        await landlord.write("PUT", f"/tenants/{landlord.domain}", {"time_zone": OLD_TIME_ZONE})


async def _ten_changes(landlord: Landlord, product: Product, alias: str, numbers: Sequence[str]) -> list[Change]:
    """One for each number. The first one's alias is free when it is deleted, and another's then."""
    outside, team, domain = f"02811{numbers[0]}", f"team-{numbers[0]}", landlord.domain
    await landlord.write("POST", "/numbers", {"number": outside})
    team_id = product.command("team", "add", team, "--tenant", domain)["id"]
    ends = datetime.now(UTC) + LEFT_OF_TERM
    gone, password, disabled, expired, named, pin, twice, shown, member, zone = numbers

    def put(number: str, values: dict[str, Any], question: str = "", answer: str = "") -> Change:
        return Change(number, "PUT", f"/extensions/{number}", values, question, answer)

    return [
        Change(gone, "DELETE", f"/extensions/{gone}"),
        Change(password, "POST", f"/extensions/{password}/change-password", {"new_password": NEW_PASSWORD}),
        put(disabled, {"status": "disabled"}),
        put(expired, {"expires_at": ends.isoformat()}),
        put(named, {"aliases": [alias]}, f"user_data {alias}@{domain} attr id", named),
        put(
            pin,
            {"voicemail_enabled": True, "voicemail_pin": NEW_PIN},
            f"user_data {pin}@{domain} param vm-a1-hash",
            vm_a1_hash(pin, domain, NEW_PIN),
        ),
        put(
            twice,
            {"concurrent_registrations": 2},
            f"user_data {twice}@{domain} param max-registrations-per-extension",
            "2",
        ),
        put(
            shown, {"outbound_caller_id": outside}, f"user_data {shown}@{domain} var outbound_caller_id_number", outside
        ),
        put(member, {"team_id": team_id}, f"group_call {team}@{domain}", f"sip:{member}@"),
        Change(
            zone,
            "PUT",
            f"/tenants/{domain}",
            {"time_zone": NEW_TIME_ZONE},
            f"user_data {zone}@{domain} var timezone",
            NEW_TIME_ZONE,
        ),
    ]


async def _are_in_force(changes: Sequence[Change], switch: Switch, phones: Mapping[str, Phone]) -> None:
    """All of them, there; and nobody else was signed out."""
    for change in changes:
        phone = phones[change.number]
        if change.question:
            assert change.is_shown_by(switch), change
            assert f":{phone.port}" in switch.contact(phone.address), change
        else:
            await until(lambda phone=phone: not switch.contact(phone.address))  # type: ignore[misc]
            assert await phone.register() == 403, change
            is_let_in = await phone.register(password=NEW_PASSWORD) == 200
            assert is_let_in == change.path.endswith("change-password"), change


async def _all_are(claim: str, landlord: Landlord, switch: Switch, after: int) -> bool:
    return all(each[claim] for each in await landlord.changes(switch.name, after=after))
