"""Carries a route out as a switch would, in words: a small model of FreeSWITCH, which asks for each next route.

It takes for granted that queues serve nobody, and that nobody chooses in a menu unless that was said: what follows is
told, too.
A transfer gives limits back and keeps channel variables; a bridge that fails goes on or ends the call by
`continue_on_fail`; an answered one ends it.

Source: FreeSWITCH v1.10.12, switch_limit.c:82, switch_channel.c:4875.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from management.explain.commands import CAUSES, ExplainCall
from management.explain.model import Outcome
from xmlcurl.render.reading import expanded, set_variable
from xmlcurl.routing import Action
from xmlcurl.routing.sounds import NOT_FETCHED, QUEUE_SOUND, greeting_in

_LEG: Final = re.compile(r"(?:\[(?P<own>[^\]]*)\])?(?P<endpoint>.*)")
_GATEWAY: Final = re.compile(r"sofia/gateway/g(\d+)/(.+)")
_PHONE: Final = re.compile(r"user/([^@]+)@.+")
_AT_LIMIT: Final = "error/USER_BUSY"
"""Instead of the phone of somebody who has as many calls as allowed."""
_BETWEEN: Final = re.compile(r",(?![^\[]*\])")
_DOES_NOT_RING: Final = frozenset({"unknown_number", "down", "fails", "silent"})
_AS_THEY_ARE: Final = frozenset({"unset", "execute_extension"})
"""Applications whose data is a name, or which ask the switch what only it knows."""
_SAID_OF_CAUSES: Final[Mapping[str, str]] = {cause: state.replace("_", " ") for state, cause in CAUSES.items()}


@dataclass(slots=True)
class Leg:
    """The caller's side of a call. `caller` is empty where nobody signed in."""

    caller: str
    number: str
    """What the far end sees unless a route says otherwise."""
    context: str
    variables: dict[str, str] = field(default_factory=dict)
    is_recorded: bool = False
    is_over: bool = False


class Following:
    """One call on its way. `outcome` is what has become of it."""

    def __init__(self, leg: Leg, asked: ExplainCall) -> None:
        self.leg = leg
        self.outcome = Outcome()
        self._phones: Mapping[str, str] = asked.phones
        self._gateways: Mapping[int, str] = asked.gateways
        self._choices = dict(asked.choices)
        self._dialled = ""
        self._said: list[str] = []
        self._do: Final[Mapping[str, Callable[[str], str | None]]] = {
            "set": self._set,
            "unset": self._unset,
            "limit": self._limit,
            "limit_execute": self._limit_execute,
            "bridge": self._bridge,
            "record_session": self._record,
            "stop_record_session": self._record_no_more,
            "voicemail": self._voicemail,
            "callcenter": self._queue,
            "ivr": self._menu,
            "hangup": self._hang_up,
            "execute_extension": self._fetch,
            "playback": self._play,
            "transfer": self._transfer,
            "answer": self._pass_over,
            "export": self._pass_over,
            "bind_digit_action": self._pass_over,
            "sleep": self._pass_over,
        }

    def carry_out(self, dialled: str, actions: list[Action]) -> tuple[tuple[str, ...], str | None]:
        """What happens, in words, and the number that the call is transferred to, if it is."""
        self._dialled = dialled
        self._said = []
        target = None
        for application, data in actions:
            do = self._do.get(application)
            if do is None:
                self._said.append(f"{application} {data}")
                continue
            target = do(data if application in _AS_THEY_ARE else expanded(data, self.leg.variables))
            if target is not None or self.leg.is_over:
                break
        return tuple(self._said), target

    def _pass_over(self, _data: str) -> None:
        """Nothing that a caller would tell of."""

    def _set(self, data: str) -> None:
        set_variable(data, self.leg.variables)

    def _unset(self, name: str) -> None:
        self.leg.variables.pop(name, None)

    def _record(self, _path: str) -> None:
        self.leg.is_recorded = True

    def _record_no_more(self, _path: str) -> None:
        self.leg.is_recorded = False

    def _limit(self, data: str) -> None:
        number, most = data.split(" ")[2:4]
        if self._phones.get(number) == "at_limit":
            self._said.append(f"{number} has as many calls as it may have ({most})")
            self._hang_up("USER_BUSY")

    def _limit_execute(self, data: str) -> None:
        _, _, number, most, application, argument = data.split(" ", 5)
        if self._phones.get(number) == "at_limit":
            self._said.append(f"{number} has as many calls as it may have ({most}), and does not ring")
        elif application == "bridge":
            self._bridge(argument)
        elif application == "set":
            self._set(argument)

    def _bridge(self, dial_string: str) -> None:
        cause = ""
        for together in dial_string.split("|"):
            causes = [self._ring(each) for each in _BETWEEN.split(together)]
            if "" in causes:
                self.leg.variables["originate_disposition"] = "SUCCESS"
                self.leg.is_over = True
                return
            cause = "NO_ANSWER" if "NO_ANSWER" in causes else causes[-1]
        self.leg.variables["originate_disposition"] = cause
        goes_on_after = self.leg.variables.get("continue_on_fail", "")
        if goes_on_after != "true" and cause not in goes_on_after.split(","):
            self._hang_up(cause)

    def _ring(self, leg: str) -> str:
        """The cause; empty: answered."""
        match = _LEG.fullmatch(leg)
        own_text, endpoint = (match["own"], match["endpoint"]) if match else (None, leg)
        own = dict(each.partition("=")[::2] for each in (own_text or "").split(",") if each)
        if endpoint == _AT_LIMIT:
            return "USER_BUSY"
        if gateway := _GATEWAY.fullmatch(endpoint):
            name, state = f"g{gateway[1]}/{gateway[2]}", self._gateways.get(int(gateway[1]), "answers")
        else:
            phone = _PHONE.fullmatch(endpoint)
            name = phone[1] if phone else endpoint
            state = self._phones.get(name, "answers")
        cause = CAUSES.get(state, "")
        if state == "not_registered":
            self._said.append(f"{name} is not registered")
            return cause
        self.outcome.rang.append(name)
        seconds = self.leg.variables.get("call_timeout", "")
        what = _SAID_OF_CAUSES.get(cause, "it answers")
        rings = state not in _DOES_NOT_RING
        self._said.append(f"{name} rings, for at most {seconds} s: {what}" if rings else f"{name} is tried: {what}")
        if not cause and self.outcome.answered_by is None:
            self._answered(name, own)
        return cause

    def _answered(self, name: str, own: Mapping[str, str]) -> None:
        shown = self.leg.variables.get("effective_caller_id_number", self.leg.number)
        self.outcome.answered_by = name
        self.outcome.shown = own.get("origination_caller_id_number", shown)
        shown_name = self.leg.variables.get("effective_caller_id_name")
        self.outcome.shown_name = own.get("origination_caller_id_name", shown_name)
        self.outcome.is_recorded = self.leg.is_recorded or "execute_on_answer" in own
        recorded = ", and the call is recorded" if self.outcome.is_recorded else ""
        self._said.append(f"{name} sees {self.outcome.shown}{recorded}")

    def _voicemail(self, data: str) -> None:
        words = [word for word in data.split(" ") if word not in {"check", "auth"}]
        number = words[2] if len(words) > 2 else None
        if data.startswith("check "):
            pin = "without a PIN" if " auth " in data else "with its PIN"
            self._said.append(f"listens to {f'mailbox {number}' if number else 'any mailbox'}, {pin}")
            self.outcome.listens = True
        else:
            self._said.append(f"the mailbox of {number} takes a message")
        self.outcome.mailbox = number
        self.leg.is_over = True

    def _fetch(self, _data: str) -> None:
        self._said.append(f"the greeting is fetched (if it can't be: {NOT_FETCHED}), and the call answered")

    def _play(self, sound: str) -> None:
        self._said.append(f"hears greeting {greeting_in(sound)}")

    def _queue(self, name: str) -> None:
        sound = self.leg.variables.get(QUEUE_SOUND)
        heard = f", and hears greeting {greeting_in(sound)}" if sound else ""
        self._said.append(f"waits in the queue {name}{heard}; if nobody serves the caller:")

    def _menu(self, name: str) -> str | None:
        choice = self._choices.pop(self._dialled, None)
        if choice is None:
            self._said.append(f"hears the menu {name}; who chooses nothing:")
            return None
        # As the menu's own document has it: back to its number, with the choice.
        self._said.append(f"hears the menu {name}, and dials {choice}")
        self.leg.variables["xmlcurl_choice"] = choice
        return self._dialled

    def _hang_up(self, cause: str) -> None:
        self._said.append(f"the call ends: {cause}")
        self.outcome.cause = cause
        self.leg.is_over = True

    def _transfer(self, data: str) -> str:
        number, _, context = data.split(" ")
        self._said.append(f"goes on to {number}")
        self.leg.context = context
        return number
