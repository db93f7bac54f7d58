"""Switches that send one another calls, and which of them have a phone of an extension. From Redis, at call time.

The worker writes both; what can't be read counts as it was, or as not registered: a call then stays on its switch.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from xmlcurl.at_once import about_to_ask
from xmlcurl.store.registrations import alive_key, table_key

PEERS_KEY: Final = "xmlcurl:peers"
"""A hash: the id of a switch that others reach -> its Core-UUID and its address, such as "<uuid> 10.0.0.1:5070"."""

READ_AGAIN_SECONDS: Final = 2.0
"""Switches come and go seldom; where there is one alone, this is what it costs to know that."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Switches that send one another calls, as one of them sees it.

    Args:
        here: the id of the one that asks; None: it is none of them, or the worker does not know it again yet.
        addresses: of all of them, as HOST:PORT, by id.
    """

    here: int | None = None
    addresses: Mapping[int, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Names all of this; empty where there are none."""
        if not self.addresses:
            return ""
        return f"{self.here} of {' '.join(f'{each}={address}' for each, address in sorted(self.addresses.items()))}"

    @property
    def are_several(self) -> bool:
        return len(self.addresses) > 1

    @property
    def others(self) -> list[int]:
        """Those that can be sent calls, in order of their ids."""
        return [] if self.here is None else sorted(self.addresses.keys() - {self.here})

    def address_of_home(self, home_switch_id: int | None) -> str | None:
        """Where a tenant's home is; None: here. Empty: elsewhere, and it can't be reached."""
        if home_switch_id is None or home_switch_id == self.here:
            return None
        # A switch that was restarted has another Core-UUID, until the worker has told of it. Were it taken for home,
        # messages would be lost on it. It may be home itself: then it calls itself, and does what it is asked for.
        unreachable = None if self.here is None else ""
        return self.addresses.get(home_switch_id, unreachable)


class PeerBook:
    """Safe to use from many tasks; one for each process. Nothing here raises."""

    def __init__(self, client: Redis, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._by_core: Mapping[str, Peers] = {}
        self._elsewhere = Peers()
        self._read_again_at = float("-inf")

    async def seen_from(self, core_uuid: str) -> Peers:
        """The switches, as the one with this Core-UUID sees them."""
        now = self._clock()
        if now >= self._read_again_at:
            about_to_ask()
            # Before it is read: who asks meanwhile takes what there is, and only one waits for a Redis that hangs.
            self._read_again_at = now + READ_AGAIN_SECONDS
            await self._read()
        return self._by_core.get(core_uuid, self._elsewhere)

    async def with_phones_of(self, peers: Peers, number: str, domain: str) -> list[str]:
        """The addresses of the other switches where a phone of that extension is registered now."""
        if not peers.others:
            return []
        about_to_ask()
        try:
            # In one transaction: a hash and the key that vouches for it belong together.
            async with self._client.pipeline(transaction=True) as pipeline:
                for each in peers.others:
                    pipeline.get(alive_key(each))
                    pipeline.hmget(table_key(each), ["", f"{number}@{domain}"])
                replies: list[Any] = await pipeline.execute()
        except (RedisError, OSError):
            return []
        found = zip(peers.others, replies[::2], replies[1::2], strict=True)
        return [peers.addresses[each] for each, alive, (of, phones) in found if alive and alive == of and phones]

    async def _read(self) -> None:
        try:
            table: Mapping[Any, Any] = await self._client.hgetall(PEERS_KEY)
        except (RedisError, OSError):
            return
        said = {int(each): value.decode().partition(" ") for each, value in table.items()}
        addresses = {each: address for each, (_, _, address) in said.items()}
        self._by_core = {core_uuid: Peers(each, addresses) for each, (core_uuid, _, _) in said.items()}
        self._elsewhere = Peers(None, addresses)
