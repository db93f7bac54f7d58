"""What a tenant says of its calls as a whole, and what can be wished for it. Standard library only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from management.errors import Broken
from management.numbers.commands import NUMBER
from management.objects.commands import (
    UNSET,
    PlainRule,
    Rule,
    Unset,
    Values,
    Within,
    each_once,
    existing_id,
    matching,
    one_of,
)
from xmlcurl.store.model import FEATURES, FEATURES_WITH_NUMBER, OpenHours
from xmlcurl.store.model import CallSettings as Stored

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
COUNTRY_CODE: Final = r"^[1-9][0-9]{0,3}$"
INTERNATIONAL_PREFIX: Final = r"^[0-9]{1,4}$"
NATIONAL_PREFIX: Final = r"^[0-9]{0,4}$"
EMERGENCY_NUMBER: Final = r"^[0-9]{2,6}$"
FEATURE_CODE: Final = r"^[*#][0-9]{1,6}$"
OPENS: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
CLOSES: Final = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
MOST_EMERGENCY_NUMBERS: Final = 10
MOST_EMERGENCY_GATEWAYS: Final = 10
MOST_HOURS: Final = 50


@dataclass(frozen=True, slots=True)
class Hours:
    """When the tenant is open on a day of the week, in its time zone: "08:00" to "17:30"; "24:00" is the day's end."""

    weekday: str
    opens: str
    closes: str

    @classmethod
    def of(cls, stored: OpenHours) -> "Hours":
        return cls(WEEKDAYS[stored.weekday], _time(stored.opens), _time(stored.closes))

    @property
    def stored(self) -> OpenHours:
        """Of hours that follow the rules."""
        return OpenHours(WEEKDAYS.index(self.weekday), _minutes(self.opens), _minutes(self.closes))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """As `xmlcurl.store.model.CallSettings`, in an administrator's words: also what is out of service at present."""

    country_code: str
    international_prefix: str
    national_prefix: str
    emergency_numbers: tuple[str, ...]
    emergency_caller_id: str | None = None
    emergency_gateway_ids: tuple[int, ...] = ()
    feature_codes: Mapping[str, str] = field(default_factory=dict)
    business_hours: tuple[Hours, ...] = ()

    @classmethod
    def of(cls, stored: Stored, caller_id: str | None = None) -> "CallSettings":
        return cls(
            country_code=stored.country_code,
            international_prefix=stored.international_prefix,
            national_prefix=stored.national_prefix,
            emergency_numbers=stored.emergency_numbers,
            emergency_caller_id=caller_id,
            emergency_gateway_ids=stored.emergency_gateway_ids,
            feature_codes=dict(stored.feature_codes),
            business_hours=tuple(Hours.of(each) for each in stored.business_hours),
        )

    def broken(self) -> dict[str, list[Broken]]:
        """Every rule that values break together."""
        found = {f"feature_codes.{name}": [rule] for name, rule in _confusable(self.feature_codes)}
        if self.national_prefix.startswith(self.international_prefix):
            found["national_prefix"] = [Broken("confusable", {"other": "international_prefix"})]
        return found


def _confusable(codes: Mapping[str, str]) -> Iterator[tuple[str, Broken]]:
    """Codes that a switch can't tell apart: the same twice, and one that another with a number after it could be."""
    names = [name for name in FEATURES if name in codes]
    for index, name in enumerate(names):
        for other in names[:index]:
            one, two = codes[name], codes[other]
            takes_number = bool({name, other} & FEATURES_WITH_NUMBER)
            if one == two or (takes_number and (one.startswith(two) or two.startswith(one))):
                yield name, Broken("confusable", {"other": other})
                break


_HOURS: Final[Mapping[str, PlainRule]] = {
    "weekday": one_of(WEEKDAYS),
    "opens": matching(OPENS, Broken("regex")),
    "closes": matching(CLOSES, Broken("regex")),
}
_is_code: Final = matching(FEATURE_CODE, Broken("regex"))


def _feature_codes(values: Mapping[str, str | None]) -> Iterator[Within]:
    for name, code in values.items():
        if name not in FEATURES:
            yield Within(name, Broken("prohibited"))
        elif code is not None:
            yield from (Within(name, broken) for broken in _is_code(code))


def _business_hours(values: Sequence[Hours]) -> Iterator[Broken | Within]:
    if len(values) > MOST_HOURS:
        yield Broken("max.array", {"max": MOST_HOURS})
        return
    before: dict[int, OpenHours] = {}
    for index, hours in enumerate(values):
        wrong = [(name, broken) for name, rule in _HOURS.items() for broken in rule(getattr(hours, name))]
        if wrong:
            yield from (Within(f"{index}.{name}", broken) for name, broken in wrong)
        elif hours.opens >= hours.closes:
            yield Within(f"{index}.closes", Broken("after", {"other": hours.opens}))
        elif others := [place for place, each in before.items() if _overlap(each, hours.stored)]:
            yield Within(str(index), Broken("overlaps", {"other": f"business_hours.{others[0]}"}))
        else:
            before[index] = hours.stored


def _overlap(one: OpenHours, two: OpenHours) -> bool:
    return one.weekday == two.weekday and one.opens < two.closes and two.opens < one.closes


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettingsValues(Values):
    """Of `feature_codes` those that are left out stay; None switches a feature off."""

    RULES: ClassVar[Mapping[str, Rule]] = {
        "country_code": matching(COUNTRY_CODE, Broken("regex")),
        "international_prefix": matching(INTERNATIONAL_PREFIX, Broken("regex")),
        "national_prefix": matching(NATIONAL_PREFIX, Broken("regex")),
        "emergency_numbers": each_once(
            matching(EMERGENCY_NUMBER, Broken("digits_between", {"min": 2, "max": 6})), MOST_EMERGENCY_NUMBERS, least=1
        ),
        "emergency_caller_id": matching(NUMBER, Broken("exists")),
        "emergency_gateway_ids": each_once(existing_id, MOST_EMERGENCY_GATEWAYS),
        "feature_codes": _feature_codes,
        "business_hours": _business_hours,
    }

    country_code: str | Unset = UNSET
    international_prefix: str | Unset = UNSET
    national_prefix: str | Unset = UNSET
    emergency_numbers: tuple[str, ...] | Unset = UNSET
    emergency_caller_id: str | Unset | None = UNSET
    emergency_gateway_ids: tuple[int, ...] | Unset = UNSET
    feature_codes: Mapping[str, str | None] | Unset = UNSET
    business_hours: tuple[Hours, ...] | Unset = UNSET
