"""What a change of a gateway tells a switch does what is said of it, and its replies are read right."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from management.effects import Effects
from management.esl.commands import Command, commands_for, drop_gateway, reload_acl, rescan
from tests.freeswitch.switch import Switch

GATEWAY_ID = 4_711
GATEWAY = f"""
  <gateways><gateway name="g{GATEWAY_ID}"><param name="register" value="false"/><param name="proxy" value="%s"/>
    <param name="username" value="u"/><param name="password" value="p"/></gateway></gateways>
"""


@pytest.fixture
def serve_gateway(switch: Switch) -> Iterator[Callable[[str], None]]:
    """Gives the profile external, on the switch's disk, a gateway at that address; "" takes it away."""
    profile = Path(switch.folder) / "conf" / "sip_profiles" / "external.xml"
    without = profile.read_text()

    def serve(address: str) -> None:
        opening = '<profile name="external">'
        profile.write_text(without.replace(opening, opening + GATEWAY % address) if address else without)

    yield serve
    serve("")
    say(switch, drop_gateway(GATEWAY_ID))
    say(switch, rescan("external"))


def say(switch: Switch, command: Command) -> None:
    """Raises what the worker would."""
    command.check(switch.api(command.line))


def proxy(switch: Switch) -> str:
    """Where the gateway's calls go, as the switch says; empty when it knows none."""
    said = switch.api(f"sofia xmlstatus gateway g{GATEWAY_ID}")
    return (etree.fromstring(said.encode()).findtext("proxy") or "") if "<gateway>" in said else ""


def test_a_changed_gateway_is_the_new_one_at_once(switch: Switch, serve_gateway: Callable[[str], None]) -> None:
    """A rescan alone leaves it as it was; dropped before, it is read anew, also in the same moment."""
    serve_gateway("127.0.0.1:5901")
    say(switch, rescan("external"))
    assert proxy(switch) == "sip:127.0.0.1:5901"

    serve_gateway("127.0.0.1:5902")
    say(switch, rescan("external"))
    assert proxy(switch) == "sip:127.0.0.1:5901"
    for command in commands_for(Effects(gateways=frozenset({GATEWAY_ID})), ("external",)):
        say(switch, command)

    assert proxy(switch) == "sip:127.0.0.1:5902"


def test_a_deleted_gateway_is_gone_and_stays_so(switch: Switch, serve_gateway: Callable[[str], None]) -> None:
    """Told once more, there is nothing to drop, and that is well."""
    serve_gateway("127.0.0.1:5901")
    say(switch, rescan("external"))
    serve_gateway("")

    for _ in range(2):
        for command in commands_for(Effects(gateways=frozenset({GATEWAY_ID})), ("external",)):
            say(switch, command)
        assert proxy(switch) == ""


def test_the_lists_of_addresses_are_read_anew(switch: Switch) -> None:
    """And the switch says so."""
    say(switch, reload_acl())
