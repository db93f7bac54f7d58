"""mod_sofia's registrations: who is where, what the tables and events say, and how they are dropped."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.fakes.events import Event, EventFactory, Pairs
from tests.fakes.xmlcurl import encode

LATE_MARGIN_SECONDS = 60
"""sip-expires-late-margin: the table keeps a registration that much longer than the phone was told."""

_RULE = "=" * 97


@dataclass(frozen=True)
class Registration:
    """One row of sip_registrations. `user` and `host` are of the To header, `auth_user` and `realm` of the digest."""

    user: str
    host: str
    call_id: str
    contact: str
    auth_user: str
    realm: str
    expires: int
    """Seconds since 1970, late margin included."""
    profile: str = "internal"
    ip: str = "127.0.0.1"
    port: str = "5060"
    agent: str = "labua/1.0"
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"sofia/{self.profile}/{self.contact.partition('<')[2].partition('>')[0]}"


class Registrar:
    """Source: FreeSWITCH v1.10.12, sofia_reg.c and mod_sofia.c (show_reg_callback, show_reg_callback_xml)."""

    def __init__(
        self,
        fire: Callable[[Event], None],
        events: EventFactory,
        *,
        profiles: tuple[str, ...] = ("internal", "external"),
        switchname: str = "fs-lab",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        expire_delay_seconds: float = 0.04,
    ) -> None:
        self.rows: list[Registration] = []
        self.core: list[Registration] = []
        """The core's own table behind `show registrations`, which lags; `core_lags` holds it back altogether."""
        self.core_lags = False
        self.profiles = {name: name for name in profiles}
        """Aliases too: name to the profile's own name."""
        self.presence_hosts = "pbx.test"
        self._fire = fire
        self._events = events
        self._switchname = switchname
        self._now = now
        self._expire_delay_seconds = expire_delay_seconds
        self._lock = threading.RLock()

    def add(self, row: Registration, *, expires_seconds: int = 300) -> None:
        """A REGISTER that was let in: the row, and the event with the user's variables."""
        with self._lock:
            same = [each for each in self.rows if _same_phone(each, row)]
            self.rows = [each for each in self.rows if each.call_id != row.call_id and not _same_phone(each, row)]
            self.rows.append(row)
            if not self.core_lags:
                self.core = [each for each in self.core if each.call_id != row.call_id]
                self.core.append(row)
        headers = _register_headers(row, self.presence_hosts, expires_seconds)
        headers += [("update-reg", "true")] if same else []
        self._sofia("register", ("sofia_reg_handle_register_token", 2059), headers + list(row.variables.items()))

    def remove(self, row: Registration) -> None:
        """A REGISTER with expires=0."""
        self._forget(row)
        headers = [("profile-name", row.profile), ("username", row.auth_user), *_identity(row), ("realm", row.realm)]
        headers += [("network-ip", row.ip), ("network-port", row.port), ("user-agent", row.agent), ("expires", "0")]
        self._sofia("unregister", ("sofia_reg_handle_register_token", 2213), headers + list(row.variables.items()))

    def attempt(self, row: Registration, *, expires_seconds: int, result: str) -> None:
        """What FreeSWITCH says of a REGISTER before it answers: a challenge, and how the digest did."""
        pairs: Pairs = [("profile-name", row.profile), *_identity(row), ("status", "Registered(UDP)")]
        pairs += [("expires", str(expires_seconds)), ("to-user", row.user), ("to-host", row.host)]
        pairs += [("network-ip", row.ip), ("network-port", row.port)]
        agent = [("user-agent", row.agent)]
        self._sofia("pre_register", ("sofia_reg_handle_register_token", 1810), pairs + agent)
        pairs += [("username", row.auth_user), ("realm", row.realm), *agent, ("auth-result", result)]
        self._sofia("register_attempt", ("sofia_reg_handle_register_token", 1606), pairs)
        if result == "FORBIDDEN":
            pairs = [("profile-name", row.profile), ("to-user", row.user), ("to-host", row.host)]
            pairs += [("network-ip", row.ip), *agent, ("profile-name", row.profile), ("network-port", row.port)]
            pairs += [("registration-type", "REGISTER")]
            self._sofia("register_failure", ("sofia_reg_handle_register_token", 1792), pairs)

    def command(self, words: list[str]) -> str | None:
        """`sofia ...` and `sofia_contact ...` and so on: the reply; None when it is another command."""
        match words:
            case ["sofia", "profile", name, *_] if name not in self.profiles:
                return f"Invalid Profile [{name}]"
            case ["sofia", "profile", name, "flush_inbound_reg", *arguments]:
                return self._flush(self.profiles[name], arguments)
            case ["sofia", "profile", _, "check_sync", *_]:
                return "+OK syncing all registrations matching specified call_id\n"
            case ["sofia", "status" | "xmlstatus", "profile", name, *_] if name not in self.profiles:
                return "Invalid Profile!\n"
            case ["sofia", "status", "profile", name, "reg" | "user" as kind, *what]:
                return self._text(self._select(self.profiles[name], kind, what))
            case ["sofia", "xmlstatus", "profile", name, "reg" | "user" as kind, *what]:
                return self._xml(self._select(self.profiles[name], kind, what))
            case ["sofia_contact", address]:
                found = self._at(address.rpartition("/")[2])
                return ",".join(row.url for row in found) or "error/user_not_registered"
            case ["sofia_count_reg", address]:
                return str(len(self._at(address)))
        return None

    def shown(self) -> list[dict[str, str]]:
        """Rows of `show registrations as json`."""
        return [
            {
                "reg_user": row.user,
                "realm": row.host,
                "token": row.call_id,
                "url": row.url,
                "expires": str(row.expires),
                "network_ip": row.ip,
                "network_port": row.port,
                "network_proto": "udp",
                "hostname": self._switchname,
                "metadata": row.variables.get("registration_metadata", ""),
            }
            for row in self.core
        ]

    def _select(self, profile: str, kind: str, what: list[str]) -> list[Registration]:
        rows = [row for row in self.rows if row.profile == profile]
        if not what:
            return rows
        if kind == "reg":
            return [row for row in rows if what[0] in row.contact]
        user, _, host = what[0].rpartition("@")
        return [row for row in rows if row.host == host and user in {"", row.user}]

    def _at(self, address: str) -> list[Registration]:
        user, _, host = address.partition("@")
        return [row for row in self.rows if (row.user, row.host) == (user, host)]

    def _flush(self, profile: str, arguments: list[str]) -> str:
        reboot = arguments[-1:] == ["reboot"]
        what = arguments[0] if arguments and arguments[0] != "reboot" else None
        with self._lock:
            doomed = [row for row in self.rows if row.profile == profile and (what is None or _matches(row, what))]
        # Asynchronous: the reply comes first.
        timer = threading.Timer(self._expire_delay_seconds, self._expire, doomed)
        timer.daemon = True
        timer.start()
        matching = "" if what is None else " matching specified call_id"
        return f"+OK {'rebooting' if reboot else 'flushing'} all registrations{matching}\n"

    def _expire(self, *rows: Registration) -> None:
        for row in rows:
            if self._forget(row):
                self._tell_expired(row)

    def _tell_expired(self, row: Registration) -> None:
        headers: Pairs = [
            ("profile-name", row.profile),
            ("call-id", row.call_id),
            ("user", row.user),
            ("username", row.user),
        ]
        headers += [("host", row.host), ("contact", row.contact), ("expires", str(row.expires))]
        headers += [("user-agent", row.agent), ("realm", row.realm), ("network-ip", row.ip), ("network-port", row.port)]
        self._sofia("expire", ("sofia_reg_del_callback", 726), headers)

    def _forget(self, row: Registration) -> bool:
        with self._lock:
            was_there = row in self.rows
            self.rows = [each for each in self.rows if each != row]
            self.core = [each for each in self.core if each.call_id != row.call_id]
        return was_there

    def _sofia(self, name: str, caller: tuple[str, int], headers: Pairs) -> None:
        self._fire(self._events.make("CUSTOM", f"sofia::{name}", ("sofia_reg.c", *caller), headers))

    def _left(self, row: Registration) -> tuple[str, int]:
        until = datetime.fromtimestamp(row.expires, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return until, row.expires - int(self._now().timestamp())

    def _text(self, rows: list[Registration]) -> str:
        blocks = []
        for row in rows:
            until, seconds = self._left(row)
            blocks.append(
                f"Call-ID:    \t{row.call_id}\nUser:       \t{row.user}@{row.host}\nContact:    \t{row.contact}\n"
                f"Agent:      \t{row.agent}\nStatus:     \tRegistered(UDP)(unknown) EXP({until}) EXPSECS({seconds})\n"
                f"Ping-Status:\tReachable\nPing-Time:\t0.00\nHost:       \t{self._switchname}\nIP:         \t{row.ip}\n"
                f"Port:       \t{row.port}\nAuth-User:  \t{row.auth_user}\nAuth-Realm: \t{row.realm}\n"
                f"MWI-Account:\t{row.user}@{row.host}\n\n"
            )
        total = f"Total items returned: {len(rows)}\n{_RULE}\n"
        return f"\nRegistrations:\n{_RULE}\n{''.join(blocks)}{total}"

    def _xml(self, rows: list[Registration]) -> str:
        blocks = []
        for row in rows:
            until, seconds = self._left(row)
            items = {
                "call-id": row.call_id,
                "user": f"{row.user}@{row.host}",
                "contact": _amp(row.contact),
                "agent": _amp(row.agent),
                "status": f"Registered(UDP)(unknown) exp({until}) expsecs({seconds})",
                "ping-status": "Reachable",
                "ping-time": "0.00",
                "host": self._switchname,
                "network-ip": row.ip,
                "network-port": row.port,
                "sip-auth-user": encode(row.auth_user),
                "sip-auth-realm": row.realm,
                "mwi-account": f"{row.user}@{row.host}",
            }
            lines = "".join(f"        <{tag}>{text}</{tag}>\n" for tag, text in items.items())
            blocks.append(f"    <registration>\n{lines}    </registration>\n")
        head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <registrations>\n'
        return f"{head}{''.join(blocks)}  </registrations>\n</profile>\n"


def _same_phone(one: Registration, other: Registration) -> bool:
    return (one.user, one.auth_user, one.host, one.contact) == (
        other.user,
        other.auth_user,
        other.host,
        other.contact,
    )


def _identity(row: Registration) -> Pairs:
    return [
        ("from-user", row.user),
        ("from-host", row.host),
        ("contact", row.contact),
        ("call-id", row.call_id),
        ("rpid", "unknown"),
    ]


def _register_headers(row: Registration, presence_hosts: str, expires_seconds: int) -> Pairs:
    return [
        ("profile-name", row.profile),
        ("from-user", row.user),
        ("from-host", row.host),
        ("presence-hosts", presence_hosts),
        ("contact", row.contact),
        ("call-id", row.call_id),
        ("rpid", "unknown"),
        ("status", "Registered(UDP)"),
        ("expires", str(expires_seconds)),
        ("to-user", row.user),
        ("to-host", row.host),
        ("network-ip", row.ip),
        ("network-port", row.port),
        ("username", row.auth_user),
        ("realm", row.realm),
        ("user-agent", row.agent),
    ]


def _matches(row: Registration, what: str) -> bool:
    """The WHERE of sofia_reg_expire_call_id: the Call-ID, or user@host, or a host alone."""
    user, at, host = what.partition("@")
    if not at:
        user, host = "", what
    return row.call_id == what or (row.host == host and user in {"", row.user})


def _amp(text: str) -> str:
    for character, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "apos")):
        text = text.replace(character, f"&{name};")
    return text
