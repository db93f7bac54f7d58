"""Gateways on one switch: how they are, told to whoever asks the API; and made right when they are not.

A switch that was disabled, restarted, or read its gateways while nobody could say which there are, has others than the
store. Those whose names are not of our making (g and a number) are the switch's own, and are left alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from management.esl import commands
from management.esl.board import Board
from management.esl.errors import SwitchNotReady
from management.esl.repository import Store, Switch
from management.esl.watch import SLOW_SECONDS, Link, send

log = structlog.get_logger("management.esl")

_OURS: Final = re.compile(r"g([1-9][0-9]{0,17})", re.ASCII)
_UP: Final = frozenset({"REGED", "NOREG"})
_FIELD: Final = re.compile(r"^ {4}<([a-z-]+)>(.*)</\1>$")


@dataclass(frozen=True, slots=True)
class Seen:
    """A gateway as a switch has it: `state` in FreeSWITCH's own words, and since when as far as anybody knows."""

    state: str
    since: datetime


def from_xmlstatus(reply: str, before: Mapping[int, Seen], now: datetime) -> dict[int, Seen]:
    """Our gateways of the carriers' profile, by id, from `sofia xmlstatus gateway`.

    Read line by line, not as XML: user names and realms are written as they are.

    Raises:
        SwitchNotReady: mod_sofia is not loaded.

    Source:
        FreeSWITCH v1.10.12, mod_sofia.c:3204 (xml_gateway_status). A gateway that was read anew stands before the one
        that it replaces (sofia_reg.c:3691), which is still there for a moment.
    """
    if not reply.startswith("<?xml"):
        raise SwitchNotReady(reply.strip()[:100])
    found: dict[int, Seen] = {}
    fields: dict[str, str] = {}
    for line in reply.split("\n"):
        if matched := _FIELD.match(line):
            fields.setdefault(matched[1], matched[2])
        elif line == "  </gateway>":
            ours = _OURS.fullmatch(fields["name"])
            if ours and fields["profile"] == commands.GATEWAY_PROFILE:
                gateway_id = int(ours[1])
                found.setdefault(gateway_id, _seen(fields, before.get(gateway_id), now))
            fields = {}
    return found


def _seen(fields: Mapping[str, str], before: Seen | None, now: datetime) -> Seen:
    state = fields["state"]
    if before and before.state == state:
        return before
    # It counts on while a registration is renewed, and is no other state's age.
    age_us = int(fields["uptime-usec"]) if state in _UP else 0
    return Seen(state, now - timedelta(microseconds=age_us))


class Trunks:
    """For the thread of one switch. One whose profiles don't name the carriers' has no gateways."""

    def __init__(self, switch: Switch, store: Store, board: Board) -> None:
        self._switch = switch
        self._store = store
        self._board = board
        self._seen: dict[int, Seen] = {}

    def look(self, link: Link) -> None:
        """Tell everybody how they are; nothing where the switch can't say.

        Raises:
            SwitchUnreachable
        """
        if not self._has_any:
            return
        try:
            self._read(link)
        except SwitchNotReady:
            self._board.withdraw_gateways()

    def put_right(self, link: Link) -> bool:
        """Drop those that are no more, or are otherwise now; whether the profile has to be read anew.

        Raises:
            SwitchError, StoreUnavailable
        """
        if not self._has_any:
            return False
        wanted = self._store.gateway_revisions()
        known = {each: self._revision(link, each) for each in self._read(link)}
        wrong = sorted(each for each, revision in known.items() if wanted.get(each) != revision)
        for gateway_id in wrong:
            send(link, commands.drop_gateway(gateway_id))
        missing = sorted(wanted.keys() - known.keys())
        if wrong or missing:
            log.info("gateways_put_right", switch=self._switch.name, dropped=wrong, missing=missing)
        return bool(wrong or missing)

    @property
    def _has_any(self) -> bool:
        return commands.GATEWAY_PROFILE in self._switch.profiles

    def _read(self, link: Link) -> dict[int, Seen]:
        now = datetime.now(UTC)
        self._seen = from_xmlstatus(link.api(commands.LIST_GATEWAYS, seconds=SLOW_SECONDS), self._seen, now)
        self._board.publish_gateways({each: (seen.state, seen.since) for each, seen in self._seen.items()}, now)
        return self._seen

    def _revision(self, link: Link, gateway_id: int) -> str:
        return link.api(commands.ask_revision(gateway_id)).strip()
