"""What FreeSWITCH says of a finished call -> what we keep of it. Pure.

Callers and carriers write part of it. So every field may be missing, hostile or huge, and nothing is kept but what
is named here: not the SIP headers, not the dialplan that was executed, not what was dialled during the call.

Source: FreeSWITCH v1.10.12, switch_ivr.c:3335 (switch_ivr_generate_json_cdr), mod_json_cdr.c.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import unquote_to_bytes

from management.calls.errors import Unreadable

LARGEST_BYTES: Final = 1024 * 1024
LONGEST_NUMBER: Final = 64
LONGEST_NAME: Final = 100
LONGEST_SWITCH: Final = 63

Direction = Literal["inbound", "outbound", "internal"]

_OUTSIDE: Final = "public"
"""The context that calls from gateways begin in."""

_MOST_SECONDS: Final = 2**31 - 1
_LAST_SECOND: Final = 4_102_444_800
"""The year 2100."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_DOMAIN: Final = re.compile(r"[A-Za-z0-9.-]{1,253}", re.ASCII)
_CAUSE: Final = re.compile(r"[A-Z0-9_]{1,64}", re.ASCII)
_FIGURES: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_GATEWAY: Final = re.compile(r"g([1-9][0-9]{0,17})", re.ASCII)
_GATEWAY_LEG: Final = re.compile(r"sofia/gateway/g([1-9][0-9]{0,17})/", re.ASCII)
_RECORDING: Final = re.compile(r"/(([a-z0-9.-]{1,253})/[0-9]{4}/[0-9]{2}/[0-9]{2}/([0-9a-f-]{36})\.wav)\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One finished call. Texts are printable and short; what could not be understood is None.

    Args:
        domain: of the tenant whose call it is.
        signed_in_as: the name that proved its password when it made the call; of a leg that we called and somebody
            handed on, whose phone it is.
        destination: what was dialled.
        answered_by: whom the caller talked to last: a number of the tenant, or digits as a gateway got them.
        is_answered_outside: `answered_by` is no number of the tenant.
        gateway_id: the one that it went out by, else the one that it came in by.
        recording: its file, below the switch's folder of recordings, if it was recorded.
        bridge_uuid: the leg of `answered_by`.
    """

    uuid: str
    domain: str | None
    signed_in_as: str | None
    direction: Direction
    caller_number: str | None
    caller_name: str | None
    destination: str | None
    answered_by: str | None
    is_answered_outside: bool
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int
    billed_seconds: int
    hangup_cause: str | None
    gateway_id: int | None
    recording: str | None
    switch: str | None
    bridge_uuid: str | None


def record_of(body: bytes) -> CallRecord:
    """The record in a request's body, or in a file of the module's error folder.

    Raises:
        Unreadable: it is none.
    """
    said = _Said.of(body)
    uuid = said.matching("uuid", _UUID)
    if uuid is None:
        raise Unreadable("there is no uuid in it")
    domain, signed_in_as = said.owner()
    went_out_by, is_answered_outside = said.way_out()
    answered_at = said.time("answer")
    bridge_uuid = said.matching("last_bridge_to", _UUID) or said.matching("bridge_uuid", _UUID)
    came_in = said.first.get("context") == _OUTSIDE
    return CallRecord(
        uuid=uuid,
        domain=domain,
        signed_in_as=signed_in_as,
        direction="inbound" if came_in else "outbound" if went_out_by else "internal",
        caller_number=signed_in_as or _text(said.first.get("caller_id_number"), LONGEST_NUMBER),
        caller_name=None if signed_in_as else _text(said.first.get("caller_id_name"), LONGEST_NAME),
        destination=_text(said.first.get("destination_number"), LONGEST_NUMBER),
        answered_by=said.number_of_leg(bridge_uuid) if answered_at else None,
        is_answered_outside=is_answered_outside,
        started_at=said.time("start"),
        answered_at=answered_at,
        ended_at=said.time("end"),
        duration_seconds=said.seconds("duration"),
        billed_seconds=said.seconds("billsec"),
        hangup_cause=said.matching("hangup_cause", _CAUSE),
        gateway_id=_only(went_out_by) or said.way_in(),
        recording=said.recording(domain, uuid) if answered_at else None,
        switch=_text(said.switch, LONGEST_SWITCH),
        bridge_uuid=bridge_uuid,
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """The parts of the JSON that we look into.

    `profiles`: what was dialled in which context, once for each routing of the call, the latest first.
    `bridged`: what the bridges of the call were told, in order.
    """

    switch: object
    variables: Mapping[str, str]
    profiles: Sequence[Mapping[str, Any]]
    bridged: Sequence[str]

    @classmethod
    def of(cls, body: bytes) -> "_Said":
        said = _json(body)
        applications = _list(_dict(said.get("app_log")).get("applications"))
        run = [(each.get("app_name"), each.get("app_data")) for each in map(_dict, applications)]
        return cls(
            switch=said.get("switchname"),
            variables={name: value for name, value in _dict(said.get("variables")).items() if isinstance(value, str)},
            profiles=[_dict(_dict(each).get("caller_profile")) for each in _list(said.get("callflow"))],
            bridged=[data for name, data in run if name == "bridge" and isinstance(data, str)],
        )

    @property
    def first(self) -> Mapping[str, Any]:
        """How the call began; of a leg that we called, from when it was handed on."""
        profiles = self.profiles[:-1] if self.handed_on else self.profiles
        return profiles[-1] if profiles else {}

    @property
    def handed_on(self) -> str | None:
        """Whose phone it is, of a leg that we called: our user document says so there."""
        was_called = self.variables.get("direction") == "outbound"
        return _text(self.variables.get("xmlcurl_phone"), LONGEST_NUMBER) if was_called else None

    def owner(self) -> tuple[str | None, str | None]:
        """The tenant's domain, and the name that signed in.

        Of what only FreeSWITCH and our dialplan write: the digest's user, else the context that our route of a
        call from outside sets, or the one that the call is in by our transfer. Never the From header.
        """
        name = _text(self.variables.get("user_name"), LONGEST_NUMBER)
        domain = self.matching("domain_name", _DOMAIN)
        if self.variables.get("sip_authorized") == "true" and name and domain:
            return domain.lower(), name
        return self.matching("force_transfer_context", _DOMAIN) or self._context(), self.handed_on

    def _context(self) -> str | None:
        context = self.profiles[0].get("context") if self.profiles else None
        is_domain = isinstance(context, str) and context != _OUTSIDE and _DOMAIN.fullmatch(context)
        return str(context) if is_domain else None

    def way_out(self) -> tuple[Sequence[int], bool]:
        """The gateways that the last bridge named if it went there, and whether that was who answered.

        A bridge to a desk and a mobile at once names both; which of them it was, the other leg's profile tells.
        """
        legs = self.bridged[-1] if self.bridged else ""
        is_outside = self.variables.get("bridge_channel", "").startswith("sofia/external/")
        ids = [int(each) for each in _GATEWAY_LEG.findall(legs)]
        return (ids if legs.startswith("sofia/gateway/") or is_outside else []), is_outside

    def way_in(self) -> int | None:
        found = self.matching("sip_gateway", _GATEWAY)
        return int(found[1:]) if found else None

    def number_of_leg(self, uuid: str | None) -> str | None:
        """What was dialled to reach it."""
        for profile in self.profiles:
            for leg in map(_dict, _list(_dict(profile.get("originatee")).get("originatee_caller_profiles"))):
                if uuid and leg.get("uuid") == uuid:
                    return _text(leg.get("destination_number"), LONGEST_NUMBER)
        return None

    def recording(self, domain: str | None, uuid: str) -> str | None:
        """Only a file that our own route named."""
        found = _RECORDING.search(self.variables.get("xmlcurl_recording", ""))
        return found[1] if found and found.group(2, 3) == (domain, uuid) else None

    def matching(self, name: str, pattern: re.Pattern[str]) -> str | None:
        value = self.variables.get(name, "")
        return value if pattern.fullmatch(value) else None

    def seconds(self, name: str) -> int:
        """0 where there is no figure."""
        return min(int(self.matching(name, _FIGURES) or 0), _MOST_SECONDS)

    def time(self, name: str) -> datetime | None:
        """Of microseconds, else of seconds; 0 is never."""
        microseconds = int(self.matching(f"{name}_uepoch", _FIGURES) or 0)
        microseconds = microseconds or int(self.matching(f"{name}_epoch", _FIGURES) or 0) * 1_000_000
        if not 0 < microseconds < _LAST_SECOND * 1_000_000:
            return None
        whole, rest = divmod(microseconds, 1_000_000)
        return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)


def _json(body: bytes) -> Mapping[str, Any]:
    if len(body) > LARGEST_BYTES:
        raise Unreadable(f"it is longer than {LARGEST_BYTES} bytes")
    text = body.strip().removeprefix(b"cdr=")
    if not text.startswith(b"{"):
        # With the module's `encode` a body is a form's, and a file in its error folder a form's value.
        text = unquote_to_bytes(text)
    try:
        # What callers wrote need not be UTF-8.
        said = json.loads(text.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON") from None
    if not isinstance(said, dict):
        raise Unreadable("it is no JSON object")
    return said


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: object, longest: int) -> str | None:
    """What can be shown of it: no control characters, no surrogates, nothing that turns the line around."""
    if not isinstance(value, str):
        return None
    return "".join(each for each in value if each.isprintable())[:longest].strip() or None


def _only(ids: Sequence[int]) -> int | None:
    """None too where several were named and it isn't known which one it was."""
    return ids[0] if len(set(ids)) == 1 else None
