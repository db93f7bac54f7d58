"""One call on a real switch, with agents on both sides: who rang, who answered and saw whom, and how it ended."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Self

from tests.freeswitch import sip
from tests.freeswitch.calls import IncomingCall, OutgoingCall
from tests.freeswitch.company import Company
from tests.freeswitch.sip import Message
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.freeswitch.ua import Phone
from tests.freeswitch.wire import Wire
from tests.waiting import POLL_SECONDS, until

SETTLED_TIMEOUT_SECONDS: Final = 60.0
RINGS_AT_ALL_TIMEOUT_SECONDS: Final = 200.0
LOWEST_VOICE_HERTZ, BETWEEN_VOICES_HERTZ = 400, 130

REFUSALS: Final[Mapping[str, tuple[int, str, tuple[tuple[str, str], ...]]]] = {
    "busy": (486, "Busy Here", ()),
    "declines": (603, "Decline", ()),
    "unknown_number": (404, "Not Found", ()),
    "fails": (503, "Service Unavailable", ()),
    # Not for a carrier's 120 s of ringing: it says itself what came of it.
    "gives up": (480, "Temporarily Unavailable", (("Reason", 'Q.850;cause=19;text="NO_ANSWER"'),)),
}

TALKER: Final = "1009"

BEEP_HERTZ: Final = 640
"""tone-spec of the mailbox profile: heard before a message is taken."""

CLAIMED: Final = "4930666666"
CLAIM: Final = f'"The Boss" <sip:{CLAIMED}@'
CLAIMING: Final = (
    *("From", "P-Asserted-Identity", "P-Preferred-Identity", "P-Charge-Info", "Remote-Party-ID", "Diversion"),
    *("History-Info", "Identity", "User-to-User", "X-Caller"),
)
"""What every phone writes wherever it can name itself, and nobody is ever to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`caller` dials `dialled`.

    Args:
        caller: an extension's number; else a number outside, or "anonymous": by the carrier `first`.
        outcome: in words, such as "rings 1002; 1002 answers and sees Alice 1001; recorded".
        phones: those that are registered, and what each does: answers, busy, declines, no_answer.
        carriers: what they do that don't just answer: one of REFUSALS, or silent; gone: nobody listens there.
        at_limit: who has as many calls as it may have.
        choice: what the caller dials in the first menu.
        clock: as for `Company.set_clock`.
        in_any_order: a random group is rung.
    """

    caller: str
    dialled: str
    outcome: str
    phones: Mapping[str, str] = field(default_factory=dict)
    carriers: Mapping[str, str] = field(default_factory=dict)
    at_limit: tuple[str, ...] = ()
    choice: str = ""
    clock: str = "always"
    in_any_order: bool = False

    @property
    def rings(self) -> list[str]:
        """Who is to ring, as the outcome says."""
        found = re.match(r"rings ([^;]+)", self.outcome)
        return found[1].split() if found else []


@dataclass(slots=True)
class Result:
    """What became of a call: as it was seen, or as an explanation has it. Gateways are `first/0901234567`."""

    rang: list[str] = field(default_factory=list)
    answered_by: str = ""
    shown: str = ""
    shown_name: str = ""
    is_recorded: bool = False
    mailbox: str = ""
    listens: bool = False
    cause: str = ""

    @property
    def words(self) -> str:
        who = self.shown if self.shown_name in {"", self.shown} else f"{self.shown_name} {self.shown}"
        said = {
            "rings": " ".join(self.rang),
            f"{self.answered_by} answers and sees": who,
            "recorded": " " if self.is_recorded else "",
            "listens to" if self.listens else "mailbox": self.mailbox,
            "": self.cause,
        }
        return "; ".join(f"{what} {value}".strip() for what, value in said.items() if value)


@dataclass(slots=True)
class _Ring:
    name: str
    call: IncomingCall
    is_together: bool
    """Another one of those before it was still ringing."""


@dataclass(slots=True)
class Seen:
    """The call is over. `documents`: the routes that the switch was given for it; `invites`: what agents were sent."""

    result: Result
    rounds: list[int]
    """So many rang together, one round after another; or in an order that nobody knows."""
    documents: list[str]
    invites: list[Message]
    may_call: bool
    """Else its phone could not even sign in: no route was asked for."""

    def words_like(self, others: Sequence[str]) -> str:
        """The result, with those who rang together in the order of `others`."""
        rang, rest = [], iter(self.result.rang)
        for size in self.rounds:
            together = [next(rest) for _ in range(size)]
            rang += sorted(together, key=lambda name: [*others, name].index(name))
        return replace(self.result, rang=rang).words


class Stage:
    """`async with Stage(...) as stage`: phones signed in and carriers there; they are put away at the end."""

    def __init__(self, company: Company, switch: Switch, tap: Tap, scene: Scene) -> None:
        self._company, self._switch, self._tap, self._scene = company, switch, tap, scene
        self._stack = AsyncExitStack()
        self._agents: dict[str, Phone] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._rings: list[_Ring] = []
        self._invites: list[Message] = []
        self._standing: list[OutgoingCall] = []

    async def __aenter__(self) -> Self:
        await self._company.set_clock(self._scene.clock)
        for carrier in ("first", "second"):
            await self._open_carrier(carrier, self._scene.carriers.get(carrier, "answers"))
        for number, does in self._scene.phones.items():
            await self._open_phone(number)
            assert await self._agents[number].register() == 200
            self._stack.push_async_callback(self._agents[number].unregister)
            self._attend(number, does)
        for number in self._scene.at_limit:
            await self._keep_busy(number)
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def play(self) -> Seen:
        """Make the call, and end it once it is settled."""
        before = set(self._switch.recordings.rglob("*.wav"))
        caller, headers = await self._caller()
        call = await caller.dial(self._scene.dialled, from_=headers.pop("From"), headers=[*headers.items()])
        result = await self._settled(call)
        await call.hang_up()
        for each in self._standing:
            await each.hang_up()
        await until(lambda: self._switch.calls() == 0)
        recordings = set(self._switch.recordings.rglob("*.wav")) - before
        assert len(recordings) <= 1
        result.is_recorded = bool(recordings)
        documents = self._tap.asked(section="dialplan", variable_sip_call_id=call.dialog.id)
        # 403 without a reason is for who can't sign in: no route was asked for.
        may_call = call.status != 403 or bool(call.reason)
        return Seen(result, self._rounds(), [each.answer for each in documents], self._invites, may_call)

    async def _caller(self) -> tuple[Phone, dict[str, str]]:
        number = self._scene.caller
        if number not in self._company.accounts:
            return self._agents["first"], {"From": f"<sip:{number}@carrier.example>"}
        if number not in self._agents:
            await self._open_phone(number)
        claim = f"{CLAIM}{self._company.domain}>"
        return self._agents[number], dict.fromkeys(CLAIMING, claim)

    async def _settled(self, call: OutgoingCall) -> Result:
        """What became of it: somebody, or a mailbox, has it, or it has ended."""
        result = Result()
        is_to_choose = bool(self._scene.choice)
        async with asyncio.timeout(SETTLED_TIMEOUT_SECONDS):
            while not call.ended.is_set():
                answered = next((each for each in self._rings if each.call.is_answered), None)
                if answered and call.is_answered:
                    await self._talking(call, answered, result)
                    break
                application, data = self._machine() if call.is_answered else ("", "")
                if application == "voicemail":
                    result.mailbox = data.partition(f" {self._company.domain} ")[2]
                    result.listens = data.startswith("check ")
                    assert result.listens or await call.audio.hears(BEEP_HERTZ)
                    break
                if application == "ivr" and is_to_choose:
                    is_to_choose = False
                    await call.audio.dial(self._scene.choice)
                await asyncio.sleep(POLL_SECONDS)
        result.rang = [each.name for each in self._rings]
        if call.ended.is_set():
            cause = re.search(r'text="(\w+)"', call.reason)
            result.cause = cause[1] if cause else {403: "CALL_REJECTED"}.get(call.status, str(call.status))
        return result

    async def _talking(self, call: OutgoingCall, ring: _Ring, result: Result) -> None:
        result.answered_by = ring.name
        result.shown, result.shown_name = ring.call.caller_number, ring.call.caller_name
        assert await call.audio.hears(self._agents[ring.name.partition("/")[0]].hertz)

    def _machine(self) -> tuple[str, str]:
        """What the switch itself does with a call."""
        doing = ((leg["application"], leg["application_data"]) for leg in self._switch.channels())
        return next((each for each in doing if each[0] in {"voicemail", "ivr"}), ("", ""))

    def _rounds(self) -> list[int]:
        if self._scene.in_any_order:
            return [len(self._rings)]
        rounds: list[int] = []
        for ring in self._rings:
            if ring.is_together:
                rounds[-1] += 1
            else:
                rounds.append(1)
        return rounds

    async def _open_phone(self, number: str) -> None:
        account = self._company.accounts[number]
        hertz = LOWEST_VOICE_HERTZ + BETWEEN_VOICES_HERTZ * len(self._agents)
        phone = Phone(account.number, account.password, account.domain, self._switch.sip_port, hertz=hertz)
        self._agents[number] = await self._stack.enter_async_context(phone)

    async def _open_carrier(self, name: str, does: str) -> None:
        if does == "gone":
            return
        port, own_port = self._switch.gateway_sip_port, self._company.ports[name]
        hertz = LOWEST_VOICE_HERTZ + BETWEEN_VOICES_HERTZ * len(self._agents)
        more: Any = {"hertz": hertz, "is_mute": does == "silent", "wire": partial(Wire, own_port=own_port)}
        carrier = Phone(name, "", "carrier.example", port, **more)
        self._agents[name] = await self._stack.enter_async_context(carrier)
        self._attend(name, does)

    def _attend(self, name: str, does: str) -> None:
        self._tasks.append(asyncio.create_task(self._take_calls(name, does)))

    async def _take_calls(self, name: str, does: str) -> None:
        while True:
            call = await self._agents[name].rings(RINGS_AT_ALL_TIMEOUT_SECONDS)
            is_together = any(not each.call.ended.is_set() for each in self._rings)
            is_carrier = name in self._company.gateways
            self._invites.append(call.invite)
            dialled = f"/{sip.user(call.invite.target)}" if is_carrier else ""
            self._rings.append(_Ring(f"{name}{dialled}", call, is_together))
            if does == "answers":
                await until(lambda: len(self._rings) >= len(self._scene.rings))
                call.answer()
            elif does in REFUSALS:
                call.reject(*REFUSALS[does])

    async def _keep_busy(self, number: str) -> None:
        """By a call with 1009, which takes no part in anything else."""
        for each in {number, TALKER} - self._agents.keys():
            await self._open_phone(each)
        talker = self._agents[TALKER]
        assert await talker.register() == 200
        self._stack.push_async_callback(talker.unregister)
        call = await self._agents[number].dial(TALKER)
        (await talker.rings()).answer()
        await call.final.wait()
        self._standing.append(call)
