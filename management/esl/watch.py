"""Who is registered on one switch, kept up to date; whoever may not be there is dropped, and that is audited."""

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

import structlog

from management import audit
from management.audit import Actor
from management.esl import commands
from management.esl.board import Board
from management.esl.commands import Command
from management.esl.errors import SwitchRefused, UnsafeArgument
from management.esl.registrations import (
    Address,
    Book,
    Fault,
    Registration,
    fault_of,
    from_register,
    from_xmlstatus,
    revisions_shown,
)
from management.esl.repository import Account, Store, Switch
from xmlcurl.store.tables import utc_now

SLOW_SECONDS: Final = 60.0
"""Deadline of commands whose reply grows with the number of phones, or that read the configuration anew."""

AUDITED_AGAIN_AFTER_SECONDS: Final = 60.0
"""A phone that comes back each second fills no audit log."""

SUSPECT_SECONDS: Final = 10.0
"""How long `show registrations` must say that a phone has old credentials: it lags behind a phone that signs in."""

log = structlog.get_logger("management.esl")


class Link(Protocol):
    """A connection to a switch."""

    def api(self, line: str, *, seconds: float | None = None) -> str: ...
    def listen(self, *subclasses: str) -> None: ...
    def wait(self, seconds: float) -> None: ...
    def wake(self) -> None: ...
    def take_events(self, at_most: int) -> list[Mapping[str, str]]: ...


def send(link: Link, command: Command) -> int:
    """What the command's reply means. Raises SwitchError."""
    return command.check(link.api(command.line, seconds=SLOW_SECONDS if command.slow else None))


class Watch:
    """For the thread of one switch."""

    def __init__(self, switch: Switch, store: Store, board: Board) -> None:
        self.book = Book()
        self.is_complete = False
        """Whether the book holds what the switch's tables did, and every event since."""
        self._switch = switch
        self._store = store
        self._board = board
        self._audited: dict[tuple[str, ...], float] = {}
        self._accounts: Mapping[Address, Account] = {}
        self._suspects: dict[tuple[str, str], float] = {}

    @property
    def has_suspects(self) -> bool:
        """Whether the tables should be read again soon: some phone seems to have signed in with a former password."""
        return bool(self._suspects)

    def lose_touch(self) -> None:
        """Events were missed: the tables have to be read again."""
        self.is_complete = False

    def read_tables(self, link: Link) -> None:
        """Make the book say what the switch's tables say, and drop whoever may not be there.

        Raises:
            SwitchNotReady: a profile is not running; nothing is known then.
            SwitchError, StoreUnavailable
        """
        if not self._switch.profiles:
            raise SwitchRefused("no sofia profile is configured for it, so nobody can be asked")
        rows: list[Registration] = []
        for profile in self._switch.profiles:
            reply = link.api(commands.list_all(profile), seconds=SLOW_SECONDS)
            rows += from_xmlstatus(profile, reply, time.time())
        shown = revisions_shown(link.api("show registrations as json", seconds=SLOW_SECONDS))
        self.book.replace_all(row.signed_in_with(shown.get(row.call_id)) for row in rows)
        suspects, self._suspects = self._suspects, {}
        for row, fault in self._faults(list(self.book)):
            if self._is_confirmed(row, fault, suspects):
                self._drop(link, row, fault)
        self._board.publish(self.book)
        self.is_complete = True

    def take(self, link: Link, events: Collection[Mapping[str, str]]) -> None:
        """Bring the book up to date with what phones did; it is not complete any more when this raises.

        Raises:
            SwitchError, StoreUnavailable
        """
        if not events or not self.is_complete:
            return
        self.is_complete = False
        arrived: dict[tuple[str, str], Registration] = {}
        touched: set[Address] = set()
        for event in events:
            try:
                touched.add(self._take_one(link, event, arrived))
            except (KeyError, ValueError):
                log.warning("event_unreadable", switch=self._switch.name)
                return
        # Whether or not an event since said that it went: a phone that was dropped and signs in anew may do so with
        # the same Call-ID, and sofia::expire is overtaken by sofia::register (sofia_event_fire queues it, v1.10.12).
        for row, fault in self._faults(list(arrived.values())):
            self._drop(link, row, fault)
        self._board.update(self.book, touched)
        self.is_complete = True

    def drop_commands(self, names: Iterable[tuple[str, str]], domains: Iterable[str]) -> list[Command]:
        """For phones that spell the domain otherwise: the switch's tables compare it letter by letter."""
        rows = [row for name in names for row in self.book.spelled_otherwise(*name)]
        rows += [row for domain in domains for row in self.book.at_domain_spelled_otherwise(domain)]
        return [commands.drop_user(row.profile, row.user, row.host) for row in rows]

    def _take_one(self, link: Link, event: Mapping[str, str], arrived: dict[tuple[str, str], Registration]) -> Address:
        """Whose phone it was. KeyError, ValueError: not an event that we know."""
        kind = event.get("Event-Subclass")
        if kind == "sofia::register":
            row = from_register(event, time.time())
            # The directory's variable that tells sofia to keep one phone only (sofia_reg.c:1648, v1.10.12).
            self.book.registered(row, replaces_all=event.get("sip-allow-multiple-registrations") == "false")
            arrived[row.profile, row.call_id] = row
            return row.name
        if kind == "sofia::expire":
            name = (event["user"], event["host"].lower())
            self.book.gone(event["profile-name"], event["call-id"], name)
            return name
        if kind == "sofia::unregister":
            name = (event["from-user"], event["from-host"].lower())
            self.book.gone(event["profile-name"], event["call-id"], name)
            # One phone, or all of that name? It depends on the profile, and no event says so.
            self._read_again(link, event["profile-name"], name)
            return name
        raise ValueError("another event")

    def _read_again(self, link: Link, profile: str, name: Address) -> None:
        hosts = {row.host for row in self.book.of(name) if row.profile == profile}
        rows: list[Registration] = []
        for host in hosts:
            line = commands.list_user(profile, name[0], host)
            rows += from_xmlstatus(profile, link.api(line), time.time())
        self.book.replace_name(profile, name, rows)

    def _faults(self, rows: list[Registration]) -> list[tuple[Registration, Fault]]:
        """Who of them may not be there, as the store is now."""
        if not rows:
            return []
        names = {row.name for row in rows} | {(row.user, row.realm.lower()) for row in rows}
        self._accounts, ours = self._store.accounts(names, utc_now())
        found = ((row, fault_of(row, self._accounts.get(row.name), ours)) for row in rows)
        return [(row, fault) for row, fault in found if fault]

    def _is_confirmed(self, row: Registration, fault: Fault, suspects: Mapping[tuple[str, str], float]) -> bool:
        """Whether what the tables say can be acted on: of credentials they may tell what has been for a moment."""
        if fault is not Fault.OLDER_CREDENTIALS:
            return True
        key = (row.profile, row.call_id)
        since = self._suspects[key] = suspects.get(key, time.monotonic())
        return time.monotonic() - since >= SUSPECT_SECONDS

    def _drop(self, link: Link, row: Registration, reason: Fault) -> None:
        self._audit(row, reason, self._accounts.get(row.name))
        log.warning("registration_dropped", switch=self._switch.name, user=row.user, host=row.host, reason=reason)
        try:
            if self.book.is_only_one_named_by(row) and not self._names_a_domain(row.call_id):
                send(link, commands.drop_call(row.profile, row.call_id))
                return
        except UnsafeArgument:
            pass
        # Its Call-ID would drop others, or can't be sent: drop all of that name, who sign in again by themselves.
        try:
            send(link, commands.drop_user(row.profile, row.user, row.host))
        except UnsafeArgument:
            log.exception("registration_stays", switch=self._switch.name, reason=reason)

    def _names_a_domain(self, call_id: str) -> bool:
        user, host = commands.reads_as(call_id)
        return user is None and self._store.is_a_tenants(host.lower())

    def _audit(self, row: Registration, reason: Fault, account: Account | None) -> None:
        key = (row.profile, row.user, row.host, row.realm, reason)
        now = time.monotonic()
        if now < self._audited.get(key, 0.0):
            return
        self._audited = {each: until for each, until in self._audited.items() if until > now}
        self._audited[key] = now + AUDITED_AGAIN_AFTER_SECONDS
        # Before it is dropped: a record of what was not done is better than the other way round.
        self._store.write(
            [
                audit.entry(
                    Actor("worker"),
                    "registration.drop",
                    "registration",
                    account.extension_id if account else f"{row.user}@{row.host}"[:64],
                    tenant_id=account.tenant_id if account else None,
                    after={
                        "switch": self._switch.name,
                        "profile": row.profile,
                        "user": row.user,
                        "host": row.host,
                        "realm": row.realm,
                        "auth_user": row.auth_user,
                        # The phone chose it, as long as it liked.
                        "call_id": row.call_id[:200],
                        "address": row.address,
                        "revision": row.revision,
                        "reason": reason,
                    },
                )
            ]
        )
