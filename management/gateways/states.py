"""How gateways are on the switches, as the worker last saw them. The reading side.

The worker keeps a hash for each switch, and writes it anew every few seconds; where it is gone, nothing is known.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from management.database import Database
from management.switches.repository import names_of_enabled

UNKNOWN: Final = "UNKNOWN"
"""The switch could not be asked in the last seconds, or its profiles don't name the carriers'."""
MISSING: Final = "MISSING"
"""The switch was asked, and has none of that name."""


def gateways_key(switch_id: int) -> str:
    """A hash: id of a gateway -> [state, since] as JSON; the empty name -> when that was read. It ends by itself."""
    return f"xmlcurl:gateways:{switch_id}"


@dataclass(frozen=True, slots=True)
class GatewayOnSwitch:
    """`state` is FreeSWITCH's word, MISSING or UNKNOWN; `since` when it began as far as the worker knows."""

    switch: str
    state: str
    since: datetime | None = None
    seen_at: datetime | None = None


class GatewayStates:
    """Safe to use from many tasks."""

    def __init__(self, database: Database, client: Redis) -> None:
        self._database = database
        self._client = client

    async def of(self, gateway_ids: Sequence[int]) -> dict[int, list[GatewayOnSwitch]]:
        """For each of them how it is on every enabled switch.

        Raises:
            Unavailable: the database did not answer.
        """
        async with self._database.reading() as connection:
            switches = await names_of_enabled(connection)
        tables = await self._tables([*switches], gateway_ids)
        return {
            each: [_on_switch(name, tables[switch_id], each) for switch_id, name in switches.items()]
            for each in gateway_ids
        }

    async def _tables(self, switch_ids: Sequence[int], gateway_ids: Sequence[int]) -> dict[int, Mapping[str, bytes]]:
        """What each switch's hash has of these gateways; empty where nothing is known."""
        names = ["", *map(str, gateway_ids)]
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for switch_id in switch_ids:
                    pipeline.hmget(gateways_key(switch_id), names)
                replies: list[Any] = await pipeline.execute()
        except (RedisError, OSError):
            return {switch_id: {} for switch_id in switch_ids}
        rows = (zip(names, reply, strict=True) for reply in replies)
        found = ({name: value for name, value in row if value is not None} for row in rows)
        return dict(zip(switch_ids, found, strict=True))


def _on_switch(switch: str, table: Mapping[str, bytes], gateway_id: int) -> GatewayOnSwitch:
    if "" not in table:
        return GatewayOnSwitch(switch, UNKNOWN)
    seen_at = datetime.fromisoformat(table[""].decode())
    if (said := table.get(str(gateway_id))) is None:
        return GatewayOnSwitch(switch, MISSING, None, seen_at)
    state, since = json.loads(said)
    return GatewayOnSwitch(switch, state, datetime.fromisoformat(since), seen_at)
