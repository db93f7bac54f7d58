"""The outbox of one switch: claim -> drop tags -> tell the switch -> finish or postpone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from management import outbox
from management.effects import Effects, UserName
from management.esl import commands
from management.esl.board import Board, Caches, PurgeUnavailable
from management.esl.errors import SwitchError, SwitchUnreachable, UnsafeArgument
from management.esl.repository import Change, Statement, Store, Switch
from management.esl.timing import Timing
from management.esl.watch import Link, Watch, send
from xmlcurl.store.tables import utc_now

MOST_CHANGES_AT_ONCE: Final = 200
MOST_ATTEMPTS: Final = 10
"""A switch that is still starting is ready long before; what is not by then, is not configured."""


@dataclass(slots=True)
class _Outcome:
    """How one change went."""

    cleared: int = 0
    refused: str = ""
    not_ready: str = ""


class Teller:
    """For the thread of one switch."""

    def __init__(
        self,
        switch: Switch,
        store: Store,
        caches: Caches,
        board: Board,
        watch: Watch,
        *,
        owner: str,
        timing: Timing,
        beat: Callable[[], None],
    ) -> None:
        self._switch = switch
        self._store = store
        self._caches = caches
        self._board = board
        self._watch = watch
        self._owner = owner
        self._timing = timing
        self._beat = beat
        self._unwritten: list[Statement] = []

    def work(self, link: Link) -> bool:
        """Do what is due; whether there may be more.

        Raises:
            SwitchUnreachable, StoreUnavailable: what was claimed is done later, or again.
        """
        now = utc_now()
        self._write_down()
        changes = self._store.claim(
            self._switch.id,
            owner=self._owner,
            now=now,
            lease_until=now + timedelta(seconds=self._timing.lease),
            at_most=MOST_CHANGES_AT_ONCE,
        )
        if changes:
            self._tell(link, changes)
        return len(changes) == MOST_CHANGES_AT_ONCE

    def _tell(self, link: Link, changes: list[Change]) -> None:
        try:
            # First: a switch that is flushed sooner fetches the old document again.
            self._caches.purge(Effects.together(change.effects for change in changes if change.state == "pending"))
        except PurgeUnavailable as exc:
            self._postpone(changes, f"Redis: {exc}", self._timing.poll)
            self._write_down()
            self._board.state("connected", exc)
            return
        outcomes = {change.id: _Outcome() for change in changes}
        plans = {change.id: self._commands_for(change, outcomes[change.id]) for change in changes}
        for command, row_ids in commands.together(plans).items():
            self._beat()
            try:
                cleared = send(link, command)
            except SwitchUnreachable as exc:
                self._postpone(changes, str(exc), 0)
                self._write_down()
                raise
            except SwitchError as exc:
                self._board.state("connected", exc)
                for row_id in row_ids:
                    if exc.retry:
                        outcomes[row_id].not_ready = str(exc)
                    else:
                        outcomes[row_id].refused = str(exc)
                continue
            for row_id in row_ids:
                outcomes[row_id].cleared += cleared
        self._finish(changes, outcomes)

    def _commands_for(self, change: Change, outcome: _Outcome) -> Iterable[commands.Command]:
        effects = change.effects if change.state == "pending" else change.effects.flushes
        try:
            planned = commands.commands_for(effects, self._switch.profiles)
            planned += [commands.set_agent(*agent, status) for agent, status in self._statuses(effects).items()]
            return planned + self._watch.drop_commands(effects.drop_registrations, effects.drop_domains)
        except UnsafeArgument as exc:
            outcome.refused = str(exc)
            return ()

    def _statuses(self, effects: Effects) -> Mapping[UserName, str]:
        return self._store.agent_statuses(effects.tell_agents) if effects.tell_agents else {}

    def _postpone(self, changes: list[Change], error: str, seconds: float) -> None:
        due_at = utc_now() + timedelta(seconds=seconds)
        row_ids = [change.id for change in changes]
        self._unwritten.append(outbox.postponed(row_ids, owner=self._owner, error=error, due_at=due_at))

    def _write_down(self) -> None:
        """What became of earlier changes; kept until the database has taken it, or they would be done again."""
        self._store.write(self._unwritten)
        self._unwritten = []

    def _finish(self, changes: list[Change], outcomes: dict[int, _Outcome]) -> None:
        """Write down how each change went, all in one transaction."""
        now = utc_now()
        again_at = now + timedelta(seconds=self._timing.flush_again)
        flushed: dict[int, list[int]] = defaultdict(list)
        settled: dict[int, list[int]] = defaultdict(list)
        statements: list[Statement] = []
        for change in changes:
            outcome = outcomes[change.id]
            needs_second = change.state == "pending" and change.effects.flushes != Effects()
            if outcome.not_ready and change.attempts < MOST_ATTEMPTS:
                due_at = now + timedelta(seconds=min(2.0**change.attempts, self._timing.longest_pause))
                statements.append(
                    outbox.postponed(
                        [change.id], owner=self._owner, error=outcome.not_ready, due_at=due_at, counts=True
                    )
                )
            elif error := outcome.refused or outcome.not_ready:
                statements.append(outbox.failed([change.id], owner=self._owner, error=error))
                if needs_second:
                    # Of a row that has ended nothing more is done, and a lookup may be in flight here too.
                    second = outbox.append_flush(
                        uuid4().hex,
                        change.effects,
                        switch_id=self._switch.id,
                        tenant_id=change.tenant_id,
                        now=now,
                        due_at=again_at,
                    )
                    statements.append(second)
            elif needs_second:
                flushed[outcome.cleared].append(change.id)
            else:
                settled[outcome.cleared].append(change.id)
        for cleared, row_ids in flushed.items():
            statements.append(outbox.flushed(row_ids, owner=self._owner, cleared=cleared, now=now, again_at=again_at))
        for cleared, row_ids in settled.items():
            statements.append(outbox.settled(row_ids, owner=self._owner, cleared=cleared, now=now))
        self._unwritten += statements
        self._write_down()
