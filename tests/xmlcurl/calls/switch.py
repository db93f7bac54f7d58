"""A small model of a FreeSWITCH: it asks the lookup service for each route and carries it out.

What it can't do it refuses, so that no route says what no switch was seen to do. What it knows of FreeSWITCH v1.10.12:
a transfer gives limits back (switch_limit.c:82) and keeps channel variables; a bridge that fails goes on or ends the
call by `continue_on_fail` (switch_channel.c:4875); an answered one ends it by `hangup_after_bridge`.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.fakes.xmlcurl import XmlCurl
from tests.xmlcurl import asking
from tests.xmlcurl.service import Service
from xmlcurl.render.reading import expanded, read, set_variable
from xmlcurl.routing import Action

TUESDAY_MORNING = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
"""10:00 in Berlin."""

CAUSES = {"rings": "NO_ANSWER", "busy": "USER_BUSY", "declines": "CALL_REJECTED", "away": "USER_NOT_REGISTERED"}
"""What a phone does that does not answer -> the cause."""

MOST_TRANSFERS = 20

_FETCHES = (
    r"\$\{cond\(\$\{regex\(\$\{http_get\(\{profile=greetings\}\$\{greetings_url\}/[0-9]+-[0-9a-f]{64}\.(?:wav|mp3)\)\}"
    r"\|\^/\)\} == true \? answer : hangup:(?P<cause>[A-Z_]+)\)\} inline"
)


@dataclass(frozen=True)
class Surroundings:
    """What a route can't know. `phones` by number ("answers" where none is said); `gateways` by id: their cause;
    `choices` by a menu's number: what is dialled in it, once.
    """

    now: datetime = TUESDAY_MORNING
    phones: Mapping[str, str] = field(default_factory=dict)
    gateways: Mapping[int, str] = field(default_factory=dict)
    in_use: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    has_greetings: bool = True
    """Whether the switch can fetch them."""


@dataclass
class Outcome:
    """What became of a call."""

    rang: list[str] = field(default_factory=list)
    """Phones as 1002, gateways as g1/0901234567, in order."""
    answered: str = ""
    shown: str = ""
    """The caller's number, as whoever answered saw it."""
    name: str = ""
    is_recorded: bool = False
    mailbox: str = ""
    listens_to: str = ""
    """What is said to mod_voicemail by who wants to hear messages."""
    waits_in: str = ""
    """A queue or a menu."""
    greetings: list[str] = field(default_factory=list)
    """Those that were played, by id, each time."""
    cause: str = ""
    transfers: list[str] = field(default_factory=list)
    ring_seconds: str = ""

    @property
    def words(self) -> str:
        """Such as "rings 1002; 1002 answers and sees 1001; recorded"."""
        said = {
            "waits in": self.waits_in,
            "rings": " ".join(self.rang),
            f"{self.answered} answers and sees": self.shown,
            "recorded": "" if not self.is_recorded else " ",
            "mailbox": self.mailbox,
            "hears": self.listens_to,
            "is played": " ".join(self.greetings),
            "": self.cause,
        }
        return "; ".join(f"{what} {value}".strip() for what, value in said.items() if value)


@dataclass
class Leg:
    """The caller's side of a call. Without `caller` nobody signed in on it."""

    caller: str = ""
    domain: str = "pbx.test"
    from_number: str = "4915550001"
    """What the far end says that its number is."""
    variables: dict[str, str] = field(default_factory=dict)
    context: str = ""
    limits: list[str] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    is_over: bool = False


class Switch:
    """One for each call."""

    def __init__(self, service: Service, around: Surroundings) -> None:
        self._service = service
        self._around = around
        self._used = Counter(dict(around.in_use))
        self._choices = dict(around.choices)
        self._dialled = ""
        self.outcome = Outcome()
        self.documents: list[bytes] = []

    async def call(self, leg: Leg, number: str) -> Outcome:
        """Until the call is over or somebody, a person or a machine, has it."""
        leg.context = leg.context or leg.domain
        target: str | None = number
        while target is not None:
            assert len(self.outcome.transfers) < MOST_TRANSFERS, "a storm"
            target = await self._routed(leg, target)
        assert leg.is_over, "the route ended without an end"
        return self.outcome

    async def _routed(self, leg: Leg, number: str) -> str | None:
        """One lookup and what it says; the number that the call is transferred to."""
        self._dialled = number
        body = asking.call(number, caller=leg.caller, realm=leg.domain, context=leg.context, **leg.variables)
        body += f"&Hunt-Profile-Index={1 + len(self.outcome.transfers)}".encode()
        reply = await self._service.post(body)
        self.documents.append(reply.body)
        section = XmlCurl("").parse(reply.body.decode())
        assert section is not None, reply.body
        for action in read(section, leg.context, leg.variables, self._around.now).actions:
            target = await self._do(leg, action)
            if target is not None or leg.is_over:
                return target
        return None

    async def _do(self, leg: Leg, action: Action) -> str | None:
        application, raw = action
        if application == "execute_extension":
            self._fetch(leg, raw)
            return None
        data = expanded(raw, leg.variables)
        if application == "transfer":
            return self._transfer(leg, data)
        if application == "bridge":
            await self._bridge(leg, data)
        elif application == "limit_execute":
            await self._limit_execute(leg, data)
        elif application in {"set", "unset", "limit", "bind_digit_action"}:
            self._prepare(leg, application, data)
        elif application in {"record_session", "stop_record_session", "answer", "sleep", "export"}:
            self._record(leg, application, data)
        else:
            self._end(leg, application, data)
            if application == "ivr" and (choice := self._choices.pop(self._dialled, "")):
                # As the menu's own document has it.
                leg.variables["xmlcurl_choice"] = choice
                return self._transfer(leg, f"{self._dialled} XML {leg.domain}")
        return None

    def _fetch(self, leg: Leg, data: str) -> None:
        """Answers the call when the greeting is there, else ends it: the one such action that routes have."""
        said = re.fullmatch(_FETCHES, data)
        assert said, data
        if self._around.has_greetings:
            self._record(leg, "answer", "")
        else:
            self._hang_up(leg, said["cause"])

    def _played(self, sound: str) -> str:
        said = re.fullmatch(r"\{profile=greetings\}http_cache:///([0-9]+-[0-9a-f]{64}\.(?:wav|mp3))", sound)
        assert said, sound
        return said[1].partition("-")[0]

    def _prepare(self, leg: Leg, application: str, data: str) -> None:
        if application == "set":
            set_variable(data, leg.variables)
        elif application == "unset":
            leg.variables.pop(data, None)
        elif application == "limit":
            self._limit(leg, data)

    def _record(self, leg: Leg, application: str, data: str) -> None:
        if application == "record_session":
            leg.recordings.append(data)
        elif application == "stop_record_session":
            leg.recordings.remove(data)
        elif application == "answer":
            self.outcome.is_recorded |= bool(leg.recordings)

    def _end(self, leg: Leg, application: str, data: str) -> None:
        if application == "hangup":
            self._hang_up(leg, data)
        elif application == "voicemail" and data.startswith("check "):
            self.outcome.listens_to = data
            leg.is_over = True
        elif application == "voicemail":
            self.outcome.mailbox = data.removeprefix(f"default {leg.domain} ")
        elif application == "playback":
            self.outcome.greetings.append(self._played(data))
        elif application in {"callcenter", "ivr"}:
            # Nobody serves the caller, who chooses nothing: the next action's turn.
            self.outcome.waits_in += f"{', ' if self.outcome.waits_in else ''}{application} {data}"
            if application == "callcenter" and (sound := leg.variables.get("cc_moh_override")):
                self.outcome.waits_in += f" with greeting {self._played(sound)}"
        else:
            raise AssertionError(f"no switch was seen to do {application}")
        leg.is_over = leg.is_over or application == "voicemail"

    def _hang_up(self, leg: Leg, cause: str) -> None:
        assert re.fullmatch(r"[A-Z_]+", cause), f"no cause: {cause!r}"
        self.outcome.cause = cause
        leg.is_over = True

    def _transfer(self, leg: Leg, data: str) -> str:
        number, dialplan, context = data.split(" ")
        assert dialplan == "XML"
        self._used.subtract(leg.limits)
        leg.limits.clear()
        leg.context = context
        self.outcome.transfers.append(number)
        return number

    def _limit(self, leg: Leg, data: str) -> None:
        backend, _, number, most, *otherwise = data.split(" ")
        # Below 0 it counts without an end.
        assert (backend, otherwise) == ("hash", ["!USER_BUSY"] if int(most) >= 0 else [])
        if self._used[number] >= int(most) >= 0:
            self._hang_up(leg, "USER_BUSY")
        else:
            self._used[number] += 1
            leg.limits.append(number)

    async def _limit_execute(self, leg: Leg, data: str) -> None:
        _, _, number, most, application, argument = data.split(" ", 5)
        if self._used[number] < int(most):
            if application == "set":
                set_variable(argument, leg.variables)
                return
            assert application == "bridge"
            self._used[number] += 1
            await self._bridge(leg, argument)
            self._used[number] -= 1

    async def _bridge(self, leg: Leg, dial_string: str) -> None:
        self.outcome.ring_seconds = leg.variables["call_timeout"]
        cause = ""
        for group in dial_string.split("|"):
            causes = [await self._ring(leg, each) for each in re.split(r",(?![^\[]*\])", group)]
            if "" in causes:
                leg.variables["originate_disposition"] = "SUCCESS"
                assert leg.variables["hangup_after_bridge"] == "true"
                leg.is_over = True
                return
            cause = "NO_ANSWER" if "NO_ANSWER" in causes else causes[-1]
        leg.variables["originate_disposition"] = cause
        goes_on_after = leg.variables["continue_on_fail"]
        if goes_on_after != "true" and cause not in goes_on_after.split(","):
            self._hang_up(leg, cause)

    async def _ring(self, leg: Leg, endpoint: str) -> str:
        """The cause; empty: answered."""
        said, endpoint = re.fullmatch(r"(?:\[([^\]]*)\])?(.*)", endpoint).groups()  # type: ignore[union-attr] # matches always
        own = dict(each.split("=", 1) for each in (said or "").split(",") if each)
        if endpoint == "error/USER_BUSY":
            return "USER_BUSY"
        if gateway := re.fullmatch(r"sofia/gateway/g(\d+)/([0-9+*#]+)", endpoint):
            self.outcome.rang.append(f"g{gateway[1]}/{gateway[2]}")
            cause = self._around.gateways.get(int(gateway[1]), "")
        else:
            user = re.fullmatch(r"user/([^@]+)@(.+)", endpoint)
            assert user, endpoint
            if (await self._service.post(asking.user(user[1], user[2]))).shape == "not found":
                return "SUBSCRIBER_ABSENT"
            does = self._around.phones.get(user[1], "answers")
            if does != "away":
                self.outcome.rang.append(user[1])
            cause = CAUSES.get(does, "")
        if not cause and not self.outcome.answered:
            self._answered(leg, own)
        return cause

    def _answered(self, leg: Leg, own: Mapping[str, str]) -> None:
        self.outcome.answered = self.outcome.rang[-1]
        shown = leg.variables.get("effective_caller_id_number", leg.from_number)
        self.outcome.shown = own.get("origination_caller_id_number", shown)
        self.outcome.name = own.get("origination_caller_id_name", leg.variables.get("effective_caller_id_name", ""))
        records_itself = own.get("execute_on_answer", "").startswith("record_session ")
        self.outcome.is_recorded = bool(leg.recordings) or records_itself
