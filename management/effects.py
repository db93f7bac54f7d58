"""What a change does to every copy of what it changed: the content of an outbox row. Standard library only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

UserName = tuple[str, str]
"""A name as FreeSWITCH asks for it, and its domain: ("1001", "pbx.test")."""

_NOTHING: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True)
class Effects:
    """Which cached documents to drop, and what to tell each switch. `a | b` is both together."""

    tags: frozenset[str] = _NOTHING
    """Tags of documents in Redis."""
    guards: frozenset[str] = _NOTHING
    """Guards whose fills are refused."""
    flush_users: frozenset[UserName] = _NOTHING
    """Users of a switch's own cache: the number, the sign-in name and every alias, each with its domain."""
    flush_all: bool = False
    """The whole cache of each switch: a tenant-wide change makes every merged user of it stale."""
    drop_registrations: frozenset[UserName] = _NOTHING
    """Numbers whose phones must sign in again, each with its domain."""
    drop_domains: frozenset[str] = _NOTHING
    """Domains none of whose registrations may stay."""
    reset_pins: frozenset[UserName] = _NOTHING
    """Numbers whose mailbox PIN changed: one that was set by phone lives in the switch and would still open it."""
    reloadxml: bool = False
    """Static configuration on the switch's disk depends on the change."""
    rescan: bool = False
    """Gateways or aliases of the sofia profiles depend on the change."""
    gateways: frozenset[int] = _NOTHING
    """Gateways, by id, that are no longer what a switch knows them as: dropped, then read anew."""
    reloadacl: bool = False
    """From which addresses calls are let in depends on the change."""
    reload_queues: frozenset[str] = _NOTHING
    """Queues, as "17@pbx.test", that are otherwise now; a switch adds what is new and keeps who is gone."""
    unload_queues: frozenset[str] = _NOTHING
    """Queues that are no more."""
    drop_tiers: frozenset[tuple[str, str]] = _NOTHING
    """Who serves which queue no more: the queue, and the agent as "1001@pbx.test"."""
    drop_agents: frozenset[UserName] = _NOTHING
    """Numbers, each with its domain, whose extension is no more: the next one's is not logged in anywhere."""
    tell_agents: frozenset[UserName] = _NOTHING
    """Numbers, each with its domain, whose agent may have another status. Which, is read when a switch is told: of two
    changes that are told late the last one counts.
    """
    extension_id: int | None = None
    """Only in a row of kind "expiry": whose term ends. What follows is read from the store at that moment."""

    def __or__(self, other: Self) -> Self:
        return type(self)(
            tags=self.tags | other.tags,
            guards=self.guards | other.guards,
            flush_users=self.flush_users | other.flush_users,
            flush_all=self.flush_all or other.flush_all,
            drop_registrations=self.drop_registrations | other.drop_registrations,
            drop_domains=self.drop_domains | other.drop_domains,
            reset_pins=self.reset_pins | other.reset_pins,
            reloadxml=self.reloadxml or other.reloadxml,
            rescan=self.rescan or other.rescan,
            gateways=self.gateways | other.gateways,
            reloadacl=self.reloadacl or other.reloadacl,
            reload_queues=self.reload_queues | other.reload_queues,
            unload_queues=self.unload_queues | other.unload_queues,
            drop_tiers=self.drop_tiers | other.drop_tiers,
            drop_agents=self.drop_agents | other.drop_agents,
            tell_agents=self.tell_agents | other.tell_agents,
            extension_id=self.extension_id if other.extension_id is None else other.extension_id,
        )

    @classmethod
    def together(cls, several: Iterable["Effects"]) -> "Effects":
        """All of them as one; of none: nothing."""
        effects = Effects()
        for each in several:
            effects |= each
        return effects

    @property
    def concerns_switches(self) -> bool:
        """Whether a switch has to be told anything."""
        return (
            self.flush_all
            or self.reloadxml
            or self.rescan
            or self.reloadacl
            or any((self.flush_users, self.drop_registrations, self.drop_domains, self.reset_pins, self.gateways))
            or any((self.reload_queues, self.unload_queues, self.drop_tiers, self.drop_agents, self.tell_agents))
        )

    @property
    def flushes(self) -> "Effects":
        """Only what drops copies in a switch's cache: the part that is done twice."""
        return Effects(flush_users=self.flush_users, flush_all=self.flush_all)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON column, sorted, so that equal effects are stored equal; nothing is left out."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Effects":
        """What `to_json` made, also by an older release: what it did not know is nothing."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in stored.items() if name in known})


def _plain(value: Any) -> Any:
    if not isinstance(value, frozenset):
        return value
    return [list(item) if isinstance(item, tuple) else item for item in sorted(value)]


def _frozen(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return frozenset(tuple(item) if isinstance(item, list) else item for item in value)
