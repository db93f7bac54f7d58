"""The tenant that the table of real calls happens in, made through the API. Nothing changes it but its clock.

| numbers | are |
|---|---|
| 1001 to 1003 | Alice, with a number of her own; Bob, with a mailbox; Carol, without one |
| 1004 to 1006 | one call at a time; records outbound; records inbound |
| 1009 | talks to those who are to be at their limit |
| 101x | extensions with one thing each that they may not do |
| 12xx | extensions with rules of presence |
| 60x, 70x, 80x, 90x | ring groups, queues, menus, mailboxes of groups |

Its carriers are `first`, from whose address calls come in, `second`, and `unregistered`, which is nobody's.
"""

from datetime import UTC, datetime
from typing import Any

from tests.freeswitch.administrator import Account
from tests.freeswitch.landlord import Landlord
from tests.services import free_port

MAIN, SALES, FAX, FORWARDED, REDIRECTED, TO_GROUP, TO_QUEUE, TO_MENU, LOST = (
    f"8428500000{digits:02}" for digits in range(1, 10)
)
MOBILE, OTHER_MOBILE, ABROAD = "0901234567", "0907654321", "0012125550100"
SHORTEST_RING = 5
"""Seconds."""

YEAR = {"first_day": "2026-01-01", "last_day": "2026-12-31", "is_yearly": True}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

NUMBERS = {
    MAIN: "Head Office",
    SALES: "Sales",
    FAX: "Site 4",
    **dict.fromkeys((FORWARDED, REDIRECTED, TO_GROUP, TO_QUEUE, TO_MENU, LOST)),
}
PEOPLE: dict[str, dict[str, Any]] = {
    "1001": {"display_name": "Alice", "outbound_caller_id": SALES},
    "1002": {"display_name": "Bob", "voicemail_enabled": True, "aliases": ["bob"]},
    "1003": {"display_name": "Carol"},
    "1004": {"max_concurrent": 1, "outbound_calls_disabled": True},
    "1005": {"recording_mode": "outbound"},
    "1006": {"recording_mode": "inbound", "voicemail_enabled": True},
    "1009": {"max_concurrent": 9},
    "1011": {"outbound_calls_disabled": True},
    "1012": {"international_calls_disabled": True},
    "1013": {"outside_hours_calls_disabled": True},
    "1020": {"status": "disabled"},
    "1201": {"max_concurrent": 1},
    "1202": {"voicemail_enabled": True},
    "1203": {"voicemail_enabled": True},
    **{number: {} for number in ("1204", "1205", "1208", "1210", "1211")},
    "1206": {"mobile": MOBILE},
    "1207": {"mobile": MOBILE, "outbound_caller_id": SALES},
    "1209": {"international_calls_disabled": True},
    **{f"122{last}": {} for last in range(7)},
}
GROUPS = (
    ("600", "simultaneous", "1002", "1003", "1203"),
    ("601", "sequence", "1003", "1002"),
    ("602", "random", "1001", "1002", "1003"),
    ("604", "simultaneous"),
)
Rule = tuple[str, dict[str, Any]]
"""A status, and what it says; where to as for `Company.to`."""
RULES: dict[str, Rule] = {
    "1002": ("available", {}),
    "1003": ("available", {}),
    "1006": ("available", {}),
    "1201": ("available", {"in_no_answer": ("extension", "1002"), "in_busy": ("extension", "1003")}),
    "1202": ("away", {"in_always": ("extension", "1003"), "ex_always": ("ext_vm", "1202")}),
    "1203": ("do_not_disturb", {}),
    "1204": ("do_not_disturb", {}),
    "1205": ("do_not_disturb", {"in_busy": ("extension", "1003")}),
    "1206": ("lunch", {"in_no_answer": ("mobile_number",), "ex_busy": ("mobile_number",)}),
    "1207": ("available", {"ring_mobile": True}),
    "1208": ("away", {"in_always": ("external_num", ABROAD)}),
    "1209": ("away", {"in_always": ("external_num", ABROAD)}),
    "1210": ("off_work", {"in_always": ("extension", "1211")}),
    "1211": ("off_work", {"in_always": ("extension", "1210")}),
    # Six that forward one to the other, and the sixth to Carol.
    **{f"122{last}": ("away", {"in_always": ("extension", f"122{last + 1}")}) for last in range(6)},
    "1226": ("away", {"in_always": ("extension", "1003")}),
}
DESTINATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    MAIN: {"open": ("extension", "1002"), "closed": ("group_vm", "900"), "holiday": ("extension", "1003")},
    FORWARDED: {"open": ("extension", "1202")},
    REDIRECTED: {"open": ("external_num", OTHER_MOBILE)},
    TO_GROUP: {"open": ("ring_group", "600")},
    TO_QUEUE: {"open": ("queue", "700")},
    TO_MENU: {"open": ("ivr", "800")},
}


class Company:
    """A tenant of its own."""

    def __init__(self, landlord: Landlord) -> None:
        self.landlord, self.domain = landlord, landlord.domain
        self.ports = {name: free_port() for name in ("first", "second", "unregistered")}
        self.accounts: dict[str, Account] = {}
        self.gateways: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self._clock = ""
        self._holidays: list[int] = []

    async def build(self) -> None:
        self.landlord.wait_seconds, wait_seconds = 0, self.landlord.wait_seconds
        await self._gateways()
        await self._numbers()
        await self._routes()
        await self._people()
        await self._groups()
        await self._rules()
        await self._destinations()
        self.landlord.wait_seconds = wait_seconds
        # What was told before has been done when this has.
        await self._let_in("127.0.0.1/32")

    async def close(self) -> None:
        """Calls come in no more; other tests count on that."""
        await self._let_in()

    async def set_clock(self, clock: str) -> None:
        """Make it `open`, `closed` or a `holiday` now; or `always` open, without business hours; or open each day at
        such times as "09:00-17:30".
        """
        if clock == self._clock:
            return
        for each in self._holidays:
            await self.landlord.remove(f"/holidays/{each}")
        self._holidays = []
        if clock == "holiday":
            self._holidays = [await self._new("/holidays", name="The whole year", **YEAR)]
        opens, _, closes = clock.partition("-") if "-" in clock else ("00:00", "", "24:00")
        today = datetime.now(UTC).weekday()
        # Neither yesterday, today nor tomorrow, whichever of them it is there.
        days = {"always": (), "holiday": (), "closed": (WEEKDAYS[(today + 3) % 7],)}.get(clock, WEEKDAYS)
        hours = [{"weekday": day, "opens": opens, "closes": closes} for day in days]
        await self.landlord.put("/call-settings", business_hours=hours)
        self._clock = clock

    async def _let_in(self, *addresses: str) -> None:
        await self.landlord.put(f"/gateways/{self.gateways['first']}", addresses=addresses)

    async def _new(self, path: str, **values: Any) -> int:
        return int((await self.landlord.post(path, **values))["id"])

    async def _gateways(self) -> None:
        for name, port in self.ports.items():
            account = {"registers": True, "username": "nobody", "password": "unknown"} if name == "unregistered" else {}
            self.gateways[name] = await self._new("/gateways", name=name, host="127.0.0.1", port=port, **account)

    async def _numbers(self) -> None:
        for number, name in NUMBERS.items():
            await self._new("/numbers", number=number, display_name=name)
        zone = {"time_zone": "Europe/Berlin", "default_number": MAIN}
        await self.landlord.put(f"/tenants/{self.domain}", **zone)
        await self.landlord.put(
            "/call-settings",
            country_code="84",
            emergency_numbers=["112", "110"],
            emergency_caller_id=FAX,
            emergency_gateway_ids=[self.gateways["second"], self.gateways["first"]],
        )

    async def _routes(self) -> None:
        both = ("first", "second")
        routes: tuple[tuple[str, str, tuple[str, ...], dict[str, Any]], ...] = (
            ("country", "09.", both, {}),
            ("numbers of others", "842.", ("first",), {}),
            ("abroad", "00.", ("first",), {"is_international": True}),
            ("an outside line", "8XXXXX!", both, {"strip": 1}),
            ("cheap", "07.", ("unregistered", "second"), {"strip": 1, "prepend": "77"}),
        )
        for priority, (name, pattern, gateways, values) in enumerate(routes, start=1):
            self._ids[name] = await self._new(
                "/outbound-routes",
                name=name,
                priority=priority,
                patterns=[pattern],
                gateway_ids=[self.gateways[each] for each in gateways],
                **values,
            )

    async def _people(self) -> None:
        country_only = {"all_routes": False, "route_ids": [self._ids["country"]]}
        class_id = await self._new("/classes-of-service", name="the country only", **country_only)
        hotline_id = await self._new("/hotlines", name="sales", number=SALES)
        people = PEOPLE | {
            "1003": PEOPLE["1003"] | {"hotline_id": hotline_id},
            "1014": {"class_of_service_id": class_id},
        }
        for number, values in people.items():
            self.accounts[number] = await self.landlord.create(number, **values)

    async def _groups(self) -> None:
        for number, strategy, *members in GROUPS:
            values = {"strategy": strategy, "ring_seconds": SHORTEST_RING, "members": members}
            self._ids[number] = await self._new("/ring-groups", name=number, number=number, **values)
        self._ids["900"] = await self._new("/group-mailboxes", name="900", number="900")
        queue = {"max_wait_seconds": 1, "timeout": self.to("extension", "1003")}
        self._ids["700"] = await self._new("/queues", name="700", number="700", **queue)
        options = {
            "1": self.to("extension", "1002"),
            "2": self.to("external_num", MOBILE),
            "3": self.to("ring_group", "601"),
            "4": self.to("ext_vm", "1002"),
            "#": self.to("end_call"),
        }
        menu = {"timeout_seconds": 1, "tries": 1, "direct_dial": True, "options": options}
        no_choice = self.to("ring_group", "601")
        self._ids["800"] = await self._new("/ivr-menus", name="800", number="800", **menu, no_choice=no_choice)

    async def _rules(self) -> None:
        for number, (status, rule) in RULES.items():
            said = {slot: self.to(*value) if isinstance(value, tuple) else value for slot, value in rule.items()}
            presence = {"status": status, "rules": {status: {"ring_seconds": SHORTEST_RING} | said}}
            await self.landlord.put(f"/extensions/{number}/presence", **presence)

    async def _destinations(self) -> None:
        group = f"/ring-groups/{self._ids['604']}"
        await self.landlord.put(group, no_answer=self.to("external_num", OTHER_MOBILE))
        for number, slots in DESTINATIONS.items():
            said = {slot: self.to(*destination) for slot, destination in slots.items()}
            await self.landlord.put(f"/numbers/{number}/destinations", **said)

    def to(self, kind: str, target: str = "") -> dict[str, Any]:
        """A destination as the API has it."""
        if kind in {"extension", "ext_vm"}:
            return {"type": kind, "extension": target}
        if kind == "external_num":
            return {"type": kind, "number": target}
        return {"type": kind, "id": self._ids[target]} if target else {"type": kind}
