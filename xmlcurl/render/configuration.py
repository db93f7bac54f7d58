"""Configuration documents: lists of addresses, one queue, one menu. Each takes the place of a whole file on disk."""

from collections.abc import Iterable
from typing import Final

from xmlcurl.render.document import Element, RenderRefused, add, open_section, to_bytes
from xmlcurl.routing.sounds import sound
from xmlcurl.store.switch_model import Agent, MenuSetup, QueueSetup
from xmlcurl.store.text import is_domain, is_name

CARRIERS: Final = "gateways"
"""The list that `apply-inbound-acl` of the profile external names."""
SWITCHES: Final = "switches"
"""The same of the profile peers."""

WAITING: Final = "tone_stream://%(1000,4000,425);loops=-1"
"""What callers of a queue without a greeting hear: that it rings. There are no sound files on a switch to count on."""

ASKING: Final = "silence_stream://250"
"""What a menu without a greeting plays: with nothing to play 1.10.12 takes no digits.

Source: switch_ivr_menu.c:339 (play_and_collect).
"""

BETWEEN_DIGITS_MS: Final = 2_500
LONGEST_DIALLED: Final = 10

AGENT_DELAYS: Final = {"reject_delay_time": "10", "busy_delay_time": "10", "no_answer_delay_time": "5"}
"""Seconds before an agent is tried again. By default none: who can't be reached would be called without a pause."""


def acl_document(carriers: Iterable[str], switches: Iterable[str]) -> bytes:
    """The networks that calls of gateways come from, and the addresses of switches that send others calls."""
    root, configuration = _open("acl.conf")
    lists = add(configuration, "network-lists")
    for name, networks in ((CARRIERS, carriers), (SWITCHES, (f"{address}/32" for address in switches))):
        admitted = add(lists, "list", name=name, default="deny")
        for network in networks:
            add(admitted, "node", type="allow", cidr=network)
    return to_bytes(root)


def queue_document(domain: str, queue: QueueSetup) -> bytes:
    """A queue with its agents. They have no attribute `status`: it would log them in again.

    An agent of a higher level rings later, by as many times `ring_seconds` as it is higher.

    Source: FreeSWITCH v1.10.12, mod_callcenter.c:553 and :1321.
    """
    root, configuration = _open("callcenter.conf")
    name = f"{queue.id}@{_checked(domain)}"
    added = add(add(configuration, "queues"), "queue", name=name)
    params = {
        "strategy": queue.strategy,
        "moh-sound": WAITING,
        "max-wait-time": str(queue.max_wait_seconds),
        "tier-rules-apply": "true",
        "tier-rule-wait-second": str(queue.ring_seconds),
        "tier-rule-wait-multiply-level": "true",
        "tier-rule-no-agent-no-wait": "true",
    }
    for param, value in params.items():
        add(added, "param", name=param, value=value)
    agents, tiers = add(configuration, "agents"), add(configuration, "tiers")
    for agent in queue.agents:
        _add_agent(agents, domain, agent)
        tier = {"agent": _agent_name(domain, agent), "level": str(agent.level), "position": str(agent.position + 1)}
        add(tiers, "tier", queue=name, **tier)
    return to_bytes(root)


def menu_document(domain: str, menu: MenuSetup) -> bytes:
    """A menu. A key leads back to the menu's own number, with the choice: where that goes is the route's to say.

    Source: FreeSWITCH v1.10.12, switch_ivr_menu.c:849.
    """
    root, configuration = _open("ivr.conf")
    added = add(
        add(configuration, "menus"),
        "menu",
        name=f"{menu.id}@{_checked(domain)}",
        greet_long=sound(menu.greeting) if menu.greeting else ASKING,
        timeout=str(menu.timeout_seconds * 1_000),
        inter_digit_timeout=str(BETWEEN_DIGITS_MS),
        max_failures=str(menu.tries),
        max_timeouts=str(menu.tries),
        digit_len=str(LONGEST_DIALLED if menu.direct_dial else 1),
    )
    choices = [(key, key) for key in menu.keys]
    if menu.direct_dial:
        choices.append((rf"/^([0-9]{{2,{LONGEST_DIALLED}}})#?$/", "$1"))
    for digits, choice in choices:
        chosen = f"transfer 'set:xmlcurl_choice={choice},transfer:{menu.number} XML {domain}' inline"
        add(added, "entry", action="menu-exec-app", digits=digits, param=chosen)
    return to_bytes(root)


def _open(name: str) -> tuple[Element, Element]:
    root, section = open_section("configuration")
    return root, add(section, "configuration", name=name)


def _add_agent(agents: Element, domain: str, agent: Agent) -> None:
    name = _agent_name(domain, agent)
    contact = f"[leg_timeout={agent.ring_seconds}]user/{name}"
    wrap_up = str(agent.wrap_up_seconds)
    add(agents, "agent", name=name, type="callback", contact=contact, wrap_up_time=wrap_up, **AGENT_DELAYS)


def _agent_name(domain: str, agent: Agent) -> str:
    if not is_name(agent.number):
        raise RenderRefused("a number has characters that names don't have")
    return f"{agent.number}@{domain}"


def _checked(domain: str) -> str:
    if not is_domain(domain):
        raise RenderRefused("the domain is no host name")
    return domain
