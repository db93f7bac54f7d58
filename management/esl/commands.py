"""What a switch is told for a change, and what its answers mean. Pure: no socket, no clock."""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from management.effects import Effects
from management.esl.errors import SwitchNotReady, SwitchRefused, UnsafeArgument
from xmlcurl.store.switch_model import GATEWAY_REVISION

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

FLUSH_ALL_ABOVE: Final = 50
"""More single flushes than this become one bare `xml_flush_cache`: cheaper to fetch again than to send."""

VOICEMAIL_PROFILE: Final = "default"
GATEWAY_PROFILE: Final = "external"
"""The sofia profile that gateways belong to; a switch whose profiles don't name it has none of them."""

_UNSAFE = re.compile(r"[^\x21-\x7e]|['\"\\]")


@dataclass(frozen=True, slots=True)
class Command:
    """One `api` command. `check` gives the entries that its reply says were cleared, or raises SwitchError."""

    line: str
    check: Callable[[str], int]
    slow: bool = False
    """Reads the whole configuration again, gateways included: may take long."""


def argument(text: str) -> str:
    """`text`, if FreeSWITCH reads it as exactly one argument.

    Source:
        FreeSWITCH v1.10.12, switch_utils.c:2730 (separate_string_blank_delim): quotes and
        backslashes are taken away, blanks separate.
    """
    if not text or _UNSAFE.search(text):
        raise UnsafeArgument(f"not one plain argument: {text!r}")
    return text


def _part_of_address(text: str) -> str:
    if "@" in text:
        raise UnsafeArgument(f"a second @ in an address: {text!r}")
    return argument(text)


def flush_all() -> Command:
    """The whole user cache."""
    return Command("xml_flush_cache", check_flush)


def flush_user(name: str, domain: str) -> tuple[Command, Command]:
    """One name, under both keys that FreeSWITCH asks with.

    The domain is always sent. Without it the switch falls back to its global `domain` variable
    and may drop another tenant's user, or, where that is unset, everything.
    """
    arguments = f"{argument(name)} {argument(domain)}"
    return (
        Command(f"xml_flush_cache id {arguments}", check_flush),
        Command(f"xml_flush_cache number-alias {arguments}", check_flush),
    )


def drop_user(profile: str, number: str, domain: str) -> Command:
    """Every registration of one number. Asynchronous: `sofia::expire` tells when it is gone."""
    address = f"{_part_of_address(number)}@{_part_of_address(domain)}"
    return Command(f"sofia profile {argument(profile)} flush_inbound_reg {address}", check_drop)


def drop_domain(profile: str, domain: str) -> Command:
    """Every registration under one domain.

    Source:
        FreeSWITCH v1.10.12, sofia_reg.c:779: nothing before the @ selects by sip_host alone.
    """
    return Command(f"sofia profile {argument(profile)} flush_inbound_reg @{_part_of_address(domain)}", check_drop)


def drop_call(profile: str, call_id: str) -> Command:
    """The registration with this Call-ID, which the phone chose: see `reads_as`."""
    if call_id.lower() == "reboot":
        # sofia would take the word for an option: everybody's registration goes, every phone restarts.
        raise UnsafeArgument("a Call-ID that is an option of flush_inbound_reg")
    return Command(f"sofia profile {argument(profile)} flush_inbound_reg {argument(call_id)}", check_drop)


def reads_as(call_id: str) -> tuple[str | None, str]:
    """Which user (None: any) and host flush_inbound_reg drops *besides* the registration with this Call-ID.

    Source:
        FreeSWITCH v1.10.12, sofia_reg.c:760: `where call_id='X' or (sip_user='before @' and
        sip_host='after @')`. A Call-ID "victim.test" drops a whole domain.
    """
    user, at, host = call_id.partition("@")
    return (user or None, host or "none") if at else (None, call_id)


def reset_pin(number: str, domain: str) -> Command:
    """Overwrite a mailbox PIN that was set by phone with one that nobody knows.

    FreeSWITCH accepts it beside the one of the directory for ever (mod_voicemail.c:2583, v1.10.12).
    """
    pin = "".join(secrets.choice("0123456789") for _ in range(20))
    return Command(
        f"vm_fsdb_pref_password_set {VOICEMAIL_PROFILE} {argument(domain)} {argument(number)} {pin}", check_reset_pin
    )


def reload_xml() -> Command:
    return Command("reloadxml", check_reload, slow=True)


def rescan(profile: str) -> Command:
    return Command(f"sofia profile {argument(profile)} rescan", check_rescan, slow=True)


def drop_gateway(gateway_id: int) -> Command:
    """The gateway of that id, with its registration at the carrier; calls go on.

    It is only marked, and cleared away later, but a rescan that follows at once reads it anew. One that is still
    there, a rescan would leave as it is.

    Source:
        FreeSWITCH v1.10.12, mod_sofia.c:3548 and sofia.c:3793.
    """
    return Command(f"sofia profile {GATEWAY_PROFILE} killgw g{gateway_id}", check_drop_gateway)


LIST_GATEWAYS: Final = "sofia xmlstatus gateway"
"""The line that lists the gateways of all profiles, with their states."""


def ask_revision(gateway_id: int) -> str:
    """The line that asks as what the switch knows the gateway; nothing of one that it does not know."""
    return f"sofia_gateway_data g{gateway_id} var {GATEWAY_REVISION}"


ASK_CORE_UUID: Final = "global_getvar core_uuid"
"""The line that asks what the switch calls itself, as long as it runs, in every request."""


def core_uuid(reply: str) -> str | None:
    """None: it does not say."""
    return reply.strip() if _UUID.fullmatch(reply.strip()) else None


def reload_acl() -> Command:
    return Command("reloadacl", check_reload_acl, slow=True)


def reload_queue(queue: str) -> Command:
    """Read one queue with its agents from us; who waits in it stays. It drops nobody who left."""
    return Command(f"callcenter_config queue reload {argument(queue)}", check_queue, slow=True)


def unload_queue(queue: str) -> Command:
    return Command(f"callcenter_config queue unload {argument(queue)}", check_queue)


def drop_tier(queue: str, agent: str) -> Command:
    """The agent serves the queue no more; one who never did is well."""
    return Command(f"callcenter_config tier del {argument(queue)} {argument(agent)}", check_queue)


def drop_agent(number: str, domain: str) -> Command:
    """The agent, with all it serves and whether it is logged in; one who never was is well."""
    agent = f"{_part_of_address(number)}@{_part_of_address(domain)}"
    return Command(f"callcenter_config agent del {agent}", check_queue)


_STATUSES: Final = {"available": "Available", "on_break": "On Break", "logged_out": "Logged Out"}


def set_agent(number: str, domain: str, status: str) -> Command:
    """Whether the agent is called by its queues; one that the switch does not know is in none of them there."""
    agent = f"{_part_of_address(number)}@{_part_of_address(domain)}"
    return Command(f"callcenter_config agent set status {agent} '{_STATUSES[status]}'", check_agent)


def list_all(profile: str) -> str:
    """The line that lists a profile's registrations; `show registrations` has no realm, and lags."""
    return f"sofia xmlstatus profile {argument(profile)} reg"


def list_user(profile: str, number: str, domain: str) -> str:
    """As `list_all`, of one name. (`reg NAME` would look for a part of the contact.)"""
    address = f"{_part_of_address(number)}@{_part_of_address(domain)}"
    return f"sofia xmlstatus profile {argument(profile)} user {address}"


def commands_for(effects: Effects, profiles: Iterable[str]) -> list[Command]:
    """What one change needs, in order: a phone that signs in between two of them must meet the new state.

    So caches come before registrations.

    Raises:
        UnsafeArgument: a name would be read as something else; nothing of this change can be sent.
    """
    profiles = tuple(profiles)
    if effects.flush_all:
        commands = [flush_all()]
    else:
        commands = [command for user in sorted(effects.flush_users) for command in flush_user(*user)]
    commands += [drop_user(profile, *user) for user in sorted(effects.drop_registrations) for profile in profiles]
    commands += [drop_domain(profile, domain) for domain in sorted(effects.drop_domains) for profile in profiles]
    commands += [reset_pin(*user) for user in sorted(effects.reset_pins)]
    commands += [drop_tier(*tier) for tier in sorted(effects.drop_tiers)]
    commands += [drop_agent(*agent) for agent in sorted(effects.drop_agents)]
    commands += [unload_queue(queue) for queue in sorted(effects.unload_queues)]
    commands += [reload_queue(queue) for queue in sorted(effects.reload_queues)]
    if effects.reloadxml:
        commands.append(reload_xml())
    if effects.reloadacl:
        commands.append(reload_acl())
    if GATEWAY_PROFILE in profiles:
        commands += [drop_gateway(gateway_id) for gateway_id in sorted(effects.gateways)]
    if effects.rescan or effects.gateways:
        commands += [rescan(profile) for profile in profiles]
    return commands


Row = TypeVar("Row")


def together(plans: Mapping[Row, Iterable[Command]]) -> dict[Command, frozenset[Row]]:
    """Each command once, with the rows that it is for; flushes first, many of them as one bare flush.

    What several rows need comes where the last of them needs it: one rescan after all gateways were dropped.
    """
    wanted: dict[Command, set[Row]] = {}
    for row, commands in plans.items():
        for command in commands:
            wanted[command] = wanted.pop(command, set()) | {row}
    flushes = {command: rows for command, rows in wanted.items() if command.check is check_flush}
    others = {command: frozenset(rows) for command, rows in wanted.items() if command.check is not check_flush}
    everything = flush_all()
    if everything in flushes or len(flushes) > FLUSH_ALL_ABOVE:
        return {everything: frozenset[Row]().union(*flushes.values())} | others
    return {command: frozenset(rows) for command, rows in flushes.items()} | others


_NOT_LOADED = re.compile(r"^-ERR \S+ Command not found!")
_CLEARED = re.compile(r"^\+OK cleared (\d+) entr(?:y|ies)$")


def check_flush(reply: str) -> int:
    """The number of entries cleared. 0 is normal: nothing was cached, or the name is unknown to the switch."""
    _refuse_not_ready(reply)
    if cleared := _CLEARED.match(reply.strip()):
        return int(cleared[1])
    raise SwitchRefused(_first_line(reply))


def check_drop(reply: str) -> int:
    """Raise unless the registrations will be dropped; whether there were any is not told.

    "+OK" comes whether or not anything matched.
    """
    _refuse_not_ready(reply)
    if not reply.startswith("+OK flushing all registrations"):
        raise SwitchRefused(_first_line(reply))
    return 0


def check_reload(reply: str) -> int:
    """Raise unless `reloadxml` really parsed the new XML.

    The command answers "+OK [<text>]" whether or not it worked; only the text inside the brackets
    tells. The old XML stays in force when it did not.

    Source:
        FreeSWITCH v1.10.12, mod_commands.c (reload_xml_function) and switch_xml.c (switch_xml_reload).
    """
    _refuse_not_ready(reply)
    if reply.strip() != "+OK [Success]":
        raise SwitchRefused(_first_line(reply))
    return 0


def check_rescan(reply: str) -> int:
    """Raise unless the XML was parsed and the profile's gateways were read from it."""
    _refuse_not_ready(reply)
    if reply.split("\n")[:2] != ["Reload XML [Success]", "+OK scan complete"]:
        raise SwitchRefused(" ".join(reply.split()))
    return 0


def check_drop_gateway(reply: str) -> int:
    """Raise unless the switch has no such gateway any more, or never had."""
    _refuse_not_ready(reply)
    if reply.strip() not in {"+OK gateway marked for deletion.", "-ERR no such gateway."}:
        raise SwitchRefused(_first_line(reply))
    return 0


def check_reload_acl(reply: str) -> int:
    """Raise unless the lists were read again; a switch whose XML does not parse keeps the old ones."""
    _refuse_not_ready(reply)
    if reply.strip() != "+OK acl reloaded":
        raise SwitchRefused(_first_line(reply))
    return 0


def check_queue(reply: str) -> int:
    """Raise unless mod_callcenter did it; a switch without that module has no queues.

    A queue that it does not find was asked of us when we could not answer: time mends that.
    """
    if reply.startswith("-ERR Invalid Queue not found!"):
        raise SwitchNotReady(_first_line(reply))
    if reply.strip() != "+OK" and not _NOT_LOADED.match(reply):
        raise SwitchRefused(_first_line(reply))
    return 0


def check_agent(reply: str) -> int:
    """Raise unless the agent has the status, or is unknown, as on a switch without mod_callcenter."""
    if reply.strip() not in {"+OK", "-ERR Agent not found!"} and not _NOT_LOADED.match(reply):
        raise SwitchRefused(_first_line(reply))
    return 0


def check_reset_pin(reply: str) -> int:
    """Raise unless the PIN in the switch's own database was overwritten, or there is no such database.

    Success is spelled "-OK" (mod_voicemail.c:5378, v1.10.12). A switch without mod_voicemail has
    no mailbox to open.
    """
    if reply.strip() not in {"-OK", "+OK"} and not _NOT_LOADED.match(reply):
        raise SwitchRefused(_first_line(reply))
    return 0


def _refuse_not_ready(reply: str) -> None:
    # A switch that has just started answers so until mod_sofia is up; a profile that does not
    # exist answers the same for ever. Only time tells them apart.
    if _NOT_LOADED.match(reply) or reply.startswith(("Invalid Profile", "-ERR no reply")):
        raise SwitchNotReady(_first_line(reply))


def _first_line(reply: str) -> str:
    return reply.strip().partition("\n")[0][:200] or "an empty reply"
