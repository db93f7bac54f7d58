"""Events that overtake one another: FreeSWITCH queues sofia::expire once more than sofia::register."""

from collections.abc import Mapping

import pytest
from redis import Redis

from management.esl.board import Board
from management.esl.repository import Switch
from management.esl.watch import Watch
from tests.management.esl.world import DOMAIN, World

pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)

CALL_ID = "call@lab"


class Line:
    """A connection to a switch without registrations, which takes every command."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def api(self, line: str, *, seconds: float | None = None) -> str:
        self.commands.append(line)
        if "xmlstatus" in line:
            return '<?xml version="1.0"?>\n<profile>\n</profile>\n'
        if line.startswith("show"):
            return '{"row_count":0}'
        return "+OK flushing all registrations matching specified call_id\n"

    def listen(self, *subclasses: str) -> None:
        """Events are handed to the watch by the test."""

    def wait(self, seconds: float) -> None:
        """Nothing comes."""

    def wake(self) -> None:
        """Nobody waits."""

    def take_events(self, at_most: int) -> list[Mapping[str, str]]:
        return []


def registered(number: str, revision: str) -> dict[str, str]:
    return {
        "Event-Subclass": "sofia::register",
        "profile-name": "internal",
        "call-id": CALL_ID,
        "from-user": number,
        "from-host": DOMAIN,
        "username": "1001",
        "realm": DOMAIN,
        "contact": "<sip:1001@127.0.0.1:5060>",
        "network-ip": "127.0.0.1",
        "network-port": "5060",
        "expires": "300",
        "xmlcurl_revision": revision,
    }


def expired(number: str) -> dict[str, str]:
    return {
        "Event-Subclass": "sofia::expire",
        "profile-name": "internal",
        "call-id": CALL_ID,
        "user": number,
        "host": DOMAIN,
    }


@pytest.mark.parametrize("before", ["1001", "1002"])
def test_a_phone_that_comes_back_while_it_is_dropped_is_dropped_again(world: World, redis: Redis, before: str) -> None:
    """It signs in as 1002 with 1001's credentials, under the Call-ID of the registration that has just gone."""
    tenant_id = world.add_tenant()
    own = world.add_extension(tenant_id, "1001")
    world.add_extension(tenant_id, "1002")
    line = Line()
    watch = Watch(Switch(1, "fs1", "127.0.0.1", 8021, "x", ("internal",)), world.store, Board(redis, 1))
    watch.read_tables(line)

    watch.take(line, [registered("1002", f"{own}-1"), expired(before)])

    assert line.commands[-1] == f"sofia profile internal flush_inbound_reg {CALL_ID}"
