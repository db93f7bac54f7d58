"""The office that the table's calls happen in: who has which number, what was set for whom. Nothing changes it.

| numbers | are |
|---|---|
| 1001 to 1003 | Alice, with a number of her own; Bob, with a mailbox; Carol, without one |
| 101x | extensions with one thing each that they may not do |
| 102x | out of service, counted, recorded |
| 12xx | extensions with rules of presence |
| 60x, 70x, 80x, 90x | ring groups, queues, menus, mailboxes of groups |

It is open on weekdays from 9:00 to 17:30 and on Saturdays from 22:00 to midnight, in Berlin.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.conftest import create_tables
from tests.seed import Seed
from xmlcurl.store.tables import (
    call_settings,
    class_of_service_routes,
    classes_of_service,
    destinations,
    emergency_gateways,
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
    tenants,
)

MAIN, SALES, FAX, SWITCHED_OFF, REDIRECTED, LOST = (
    f"8428711100{digits}" for digits in ("01", "02", "03", "04", "05", "06")
)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
"""When lookups are asked. What a remembered route comes to at another time, only the switch's clock decides."""

FOREIGN = "842872220001"
"""A number of another tenant."""

CARRIER, SPARE, DISABLED_GATEWAY = 1, 2, 3

OFFICE_HOURS = [[day, 9 * 60, 17 * 60 + 30] for day in range(5)] + [[5, 22 * 60, 24 * 60]]


class World:
    """Puts the office into an empty database."""

    def __init__(self, seed: Seed) -> None:
        self.seed = seed
        self.tenant = seed.tenant("pbx.test", time_zone="Europe/Berlin")
        self.ids: dict[str, int] = {}
        self.rules: dict[str, int] = {}
        self._forwards: dict[str, dict[str, tuple[str, ...]]] = {}
        self._members: dict[str, tuple[str, ...]] = {}

    def build(self) -> None:
        self._outside()
        self._numbers()
        self._people()
        self._groups()
        self._rules()
        self._forwards_of_groups()
        self._neighbours()

    def _row(self, table: Any, **values: Any) -> int:
        return self.seed.row(table, tenant_id=self.tenant, **values)

    def _extension(self, number: str, **values: Any) -> None:
        self.ids[number] = self.seed.extension(self.tenant, number, **values)

    def to(self, owner_kind: str, owner_id: int, slot: str, kind: str, target: str = "", **values: Any) -> None:
        """Where `owner` sends calls; `target` is the number of something inside."""
        link = {"ext_vm": "extension", "ivr": "ivr_menu", "group_vm": "group_mailbox"}.get(kind, kind)
        linked = {f"{link}_id": self.ids[target]} if target else {}
        self._row(destinations, owner_kind=owner_kind, owner_id=owner_id, slot=slot, type=kind, **linked, **values)

    def _outside(self) -> None:
        for name, status in (("carrier", "active"), ("spare", "active"), ("old", "disabled")):
            self._row(gateways, name=name, host="sip.example", status=status, codecs=[], addresses=[])
        self._route("mobile", 10, ["09XXXXXXXX", "110"], CARRIER, SPARE)
        self._route("landline", 20, ["02"], DISABLED_GATEWAY, SPARE)
        self._route("abroad", 30, ["00.", "+."], CARRIER, is_international=True)
        self._route("nine", 40, ["9."], CARRIER, strip=1)
        self._route("cheap", 50, ["07."], SPARE, prepend="77")
        self._route("premium", 60, ["19X!"], CARRIER, is_international=True)
        self._route("to nowhere", 70, ["08."], DISABLED_GATEWAY)
        self._route("switched off", 1, ["09", "05."], SPARE, status="disabled")

    def _route(self, name: str, priority: int, patterns: list[str], *gateway_ids: int, **values: Any) -> None:
        self.ids[name] = self._row(outbound_routes, name=name, priority=priority, patterns=patterns, **values)
        for position, gateway_id in enumerate(gateway_ids):
            self._row(
                outbound_route_gateways, outbound_route_id=self.ids[name], gateway_id=gateway_id, position=position
            )

    def _numbers(self) -> None:
        for number in (MAIN, SALES, FAX, REDIRECTED, LOST):
            self.ids[number] = self.seed.number(self.tenant, number)
        self.ids[SWITCHED_OFF] = self.seed.number(self.tenant, SWITCHED_OFF, status="disabled")
        self.seed.change(tenants, self.tenant, default_number_id=self.ids[MAIN])
        settings = self._row(
            call_settings,
            country_code="84",
            international_prefix="00",
            national_prefix="0",
            emergency_numbers=["112", "110"],
            emergency_caller_id_number_id=self.ids[FAX],
            feature_codes={"own_voicemail": "*97", "any_voicemail": "*98", "dnd_on": "*78"},
            business_hours=OFFICE_HOURS,
        )
        for position, gateway_id in enumerate((SPARE, CARRIER)):
            self._row(emergency_gateways, call_settings_id=settings, gateway_id=gateway_id, position=position)
        days = (
            (date(2025, 12, 24), date(2025, 12, 26), True),
            (date(2026, 4, 30), date(2026, 5, 4), False),
            (date(2025, 2, 28), date(2025, 3, 1), True),
            (date(2025, 6, 2), date(2025, 6, 3), False),
        )
        for first, last, is_yearly in days:
            self._row(holidays, name="closed", first_day=first, last_day=last, is_yearly=is_yearly)

    def _people(self) -> None:
        self._extension("1001", display_name="Alice", outbound_number_id=self.ids[SALES])
        self._extension("1002", display_name="Bob", voicemail_enabled=True, pin="4711", aliases=["bob"])
        self._extension("1003", display_name="Carol")
        hotline = self.seed.hotline(self.tenant, self.ids[FAX])
        self._extension("1004", hotline_id=hotline, voicemail_enabled=True)
        self._extension("1011", outbound_calls_disabled=True)
        self._extension("1012", international_calls_disabled=True)
        self._extension("1013", outside_hours_calls_disabled=True)
        for number, values, routes in (
            ("1014", {"all_routes": False}, ["mobile", "premium"]),
            ("1015", {"outbound_calls_disabled": True}, []),
            ("1016", {"international_calls_disabled": True}, []),
            ("1017", {"outside_hours_calls_disabled": True}, []),
        ):
            class_id = self._row(classes_of_service, name=number, **values)
            for position, route in enumerate(routes):
                self._row(
                    class_of_service_routes,
                    class_of_service_id=class_id,
                    outbound_route_id=self.ids[route],
                    position=position,
                )
            self._extension(number, class_of_service_id=class_id)
        self._extension("1020", status="disabled")
        self._extension("1021", expires_at=NOW)
        self._extension("0900000000", status="disabled")
        self._extension("1023", max_concurrent=1)
        self._extension("1024", recording_mode="outbound")
        self._extension("1025", recording_mode="inbound", voicemail_enabled=True)

    def _groups(self) -> None:
        self._ring_group("600", "simultaneous", "1002", "1003", "1203", "1020")
        self._ring_group("601", "sequence", "1003", "1002")
        self._ring_group("602", "random", "1001", "1002", "1003")
        self._ring_group("603", "simultaneous")
        self._ring_group("604", "sequence", "1020")
        self._ring_group("605", "simultaneous", "1003")
        self._ring_group("606", "simultaneous", "1003")
        self._ring_group("607", "simultaneous", "1003", "1025")
        self._ring_group("608", "sequence", "1023", "1003")
        self._ring_group("609", "simultaneous")
        sound = {"name": "jingle", "format": "wav", "size_bytes": 1, "sha256": "0" * 64}
        self.ids["jingle"] = self._row(greetings, **sound)
        self.ids["jingle that is gone"] = self._row(greetings, **sound, deleted_at=NOW)
        for number, greeting_id in (("700", None), ("701", None), ("702", self.ids["jingle"])):
            self._named(queues, "queue_id", number, greeting_id=greeting_id)
        for number in ("800", "801"):
            self._named(ivr_menus, "ivr_menu_id", number)
        self._named(ivr_menus, "ivr_menu_id", "802", direct_dial=True)
        self._named(group_mailboxes, "group_mailbox_id", "900")

    def _ring_group(self, number: str, strategy: str, *members: str) -> None:
        self._named(ring_groups, "ring_group_id", number, strategy=strategy, ring_seconds=20)
        # 1203 comes later, with the rules; a member is only a link.
        self._members[number] = members

    def _named(self, table: Any, link: str, number: str, **values: Any) -> None:
        self.ids[number] = self._row(table, name=number, number=number, **values)
        self._row(taken_names, name=number, is_number=True, **{link: self.ids[number]})

    def _rules(self) -> None:
        rule = self._rule
        on_mobile = {"mobile": "0901234567", "outbound_number_id": self.ids[SALES]}
        rule(
            "1201",
            "available",
            {"in_no_answer": ("extension", "1002"), "in_busy": ("extension", "1003")},
            ring_seconds=15,
        )
        rule(
            "1202",
            "away",
            {"in_always": ("extension", "1003"), "ex_always": ("ext_vm", "1202")},
            voicemail_enabled=True,
        )
        rule("1203", "do_not_disturb", {}, voicemail_enabled=True)
        rule("1204", "do_not_disturb", {})
        rule("1205", "do_not_disturb", {"in_busy": ("extension", "1003")})
        rule("1206", "lunch", {"in_no_answer": ("mobile_number",), "ex_no_answer": ("mobile_number",)}, **on_mobile)
        rule("1207", "available", {}, ring_mobile=True, **on_mobile)
        rule("1208", "available", {}, ring_mobile=True, **on_mobile, outside_hours_calls_disabled=True)
        rule("1209", "available", {}, ring_mobile=True, **on_mobile, outbound_calls_disabled=True)
        rule("1210", "business_trip", {"in_always": ("mobile_number",)}, **on_mobile, mobile_prefix="9")
        rule("1211", "off_work", _both("extension", "1212"), voicemail_enabled=True)
        rule("1212", "off_work", _both("extension", "1211"))
        rule("1220", "off_work", _both("end_call"))
        rule("1221", "off_work", _both("play_greeting"))
        rule("1222", "off_work", {"in_always": ("ring_group", "601")})
        rule("1223", "off_work", {"in_always": ("queue", "700")})
        rule("1224", "off_work", {"in_always": ("ivr", "800")})
        rule("1225", "off_work", {"in_always": ("group_vm", "900")})
        rule("1226", "off_work", {})
        gone = self.ids["jingle that is gone"]
        self.to("presence_rule", self.rules["1226"], "in_always", "play_greeting", greeting_id=gone)
        for number, values in (
            ("1230", {}),
            ("1231", {"international_calls_disabled": True}),
            ("1232", {"outbound_calls_disabled": True, "voicemail_enabled": True}),
        ):
            rule(number, "away", {}, **values)
            for side in ("in", "ex"):
                self.to("presence_rule", self.rules[number], f"{side}_always", "external_num", number="0012125550100")
        rule("1233", "away", {})
        self.to("presence_rule", self.rules["1233"], "in_always", "external_num", number=SALES)
        rule("1234", "away", {})
        self.to("presence_rule", self.rules["1234"], "in_always", "external_num", number="1002", prefix="*98")
        rule("1235", "available", {"in_no_answer": ("extension", "1201")})
        rule("1236", "away", {"in_always": ("extension", "1020")})
        rule(
            "1237",
            "available",
            {"in_busy": ("end_call",)},
            voicemail_enabled=True,
            recording_mode="all",
            max_concurrent=1,
        )
        rule("1238", "away", {"in_always": ("mobile_number",)}, voicemail_enabled=True)
        chain = [f"124{last}" for last in range(7)]
        for number, target in zip(reversed(chain), ("1003", *reversed(chain)), strict=False):
            rule(number, "away", {"in_always": ("extension", target)}, voicemail_enabled=True)
        for number, forwards in self._forwards.items():
            for slot, (kind, *targets) in forwards.items():
                self.to("presence_rule", self.rules[number], slot, kind, *targets, **self._played(kind, slot))
        for number, members in self._members.items():
            for position, member in enumerate(members):
                self._row(
                    ring_group_members,
                    ring_group_id=self.ids[number],
                    extension_id=self.ids[member],
                    position=position,
                )

    def _played(self, kind: str, slot: str) -> dict[str, Any]:
        if kind != "play_greeting":
            return {}
        return {"greeting_id": self.ids["jingle"], "times": 3 if slot == "in_always" else None}

    def _rule(self, number: str, status: str, forwards: dict[str, tuple[str, ...]], **values: Any) -> None:
        own = {name: values.pop(name) for name in ("ring_seconds", "ring_mobile") if name in values}
        self._extension(number, presence_status=status, **values)
        self.rules[number] = self._row(presence_rules, extension_id=self.ids[number], status=status, **own)
        self._forwards[number] = forwards

    def _forwards_of_groups(self) -> None:
        for number, kind, target in (
            ("600", "extension", "1004"),
            ("603", "ext_vm", "1002"),
            ("605", "ring_group", "606"),
            ("606", "ring_group", "605"),
        ):
            self.to("ring_group", self.ids[number], "no_answer", kind, target)
        self.to("ring_group", self.ids["604"], "no_answer", "external_num", number="0281234567")
        self.to("queue", self.ids["700"], "timeout", "extension", "1003")
        self.to("queue", self.ids["702"], "timeout", "queue", "700")
        self.to("ivr_menu", self.ids["800"], "no_choice", "ring_group", "601")
        self.to("ring_group", self.ids["609"], "no_answer", "ivr", "802")
        for key, kind, target in (
            ("1", "extension", "1003"),
            ("2", "ring_group", "601"),
            ("3", "ring_group", "609"),
            ("4", "ivr", "800"),
            ("5", "group_vm", "900"),
            ("#", "end_call", ""),
        ):
            self.to("ivr_menu", self.ids["802"], key, kind, target)
        self.to("ivr_menu", self.ids["802"], "8", "external_num", number="0901234567")
        self.to("ivr_menu", self.ids["802"], "9", "external_num", number="0812")
        self.to("number", self.ids[MAIN], "open", "extension", "1202")
        self.to("number", self.ids[MAIN], "closed", "group_vm", "900")
        self.to("number", self.ids[MAIN], "holiday", "ivr", "800")
        self.to("number", self.ids[SALES], "open", "ring_group", "600")
        self.to("number", self.ids[FAX], "open", "extension", "1002")
        self.to("number", self.ids[FAX], "closed", "extension", "1003")
        self.to("number", self.ids[SWITCHED_OFF], "open", "extension", "1002")
        self.to("number", self.ids[REDIRECTED], "open", "external_num", number="0901112223")

    def _neighbours(self) -> None:
        other = self.seed.tenant("other.test")
        self.seed.extension(other, "1001", display_name="Mallory")
        self.seed.extension(other, "2001")
        number = self.seed.number(other, FOREIGN)
        row = {"tenant_id": other, "owner_kind": "number", "owner_id": number, "slot": "open", "type": "extension"}
        self.seed.row(destinations, **row, extension_id=self.seed.extension(other, "2002"))


def _both(*destination: str) -> dict[str, tuple[str, ...]]:
    return {"in_always": destination, "ex_always": destination}


def built_in(folder: Path) -> str:
    """The office in a new database there; the URL that lookups read it by."""
    path = folder / "office.sqlite"
    create_tables(f"sqlite:///{path}")
    url = f"sqlite+aiosqlite:///{path}"
    seed = Seed(url)
    World(seed).build()
    seed.close()
    return url
