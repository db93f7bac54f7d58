"""A double of FreeSWITCH on real sockets: event socket, registrations, user cache and mod_xml_curl.

Kept honest by test_contract.py, which plays the recorded transcripts of a real one against it.
"""

import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import md5
from typing import Self

from lxml import etree

from tests.fakes.events import EventFactory
from tests.fakes.eventsocket import SHUTDOWN, EventSocket, notice
from tests.fakes.registrar import LATE_MARGIN_SECONDS, Registrar, Registration
from tests.fakes.usercache import UserCache
from tests.fakes.xmlcurl import XmlCurl, find_user, form, values

RENEWED, FORBIDDEN = "RENEWED", "FORBIDDEN"


@dataclass(frozen=True)
class Phone:
    """A SIP phone: what it was configured with."""

    name: str
    password: str
    domain: str
    number: str | None = None
    """The user of its To header, where that is not the sign-in name."""
    to_host: str | None = None
    port: int = 35874
    call_id: str = "3amprdfc5nj6h39b@lab"

    @property
    def contact(self) -> str:
        return f'"" <sip:{self.number or self.name}@127.0.0.1:{self.port}>'


class FreeSwitch:
    """Starts listening at `start`; a restart forgets its cache and keeps its port, its mailboxes and registrations."""

    def __init__(
        self,
        *,
        backend: XmlCurl | None = None,
        password: str = "ClueCon",
        profiles: tuple[str, ...] = ("internal", "external"),
        core_uuid: str = "1af3c7e9-9629-44fe-845e-6104b836b445",
        global_domain: str | None = "pbx.test",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.backend = backend
        self.cache = UserCache(global_domain=global_domain)
        self.canned: dict[str, str] = {}
        """Replies of commands that only report, such as `status`."""
        self.pins: dict[tuple[str, str], str] = {}
        """voicemail_prefs: PINs that were set by phone, by number and domain."""
        self.gateways: dict[str, tuple[str, str]] = {}
        """Of the profile external, by name: state and revision; nothing reads them anew."""
        self.agents: dict[str, str] = {}
        """Of mod_callcenter, once that is among the modules: status by name."""
        self.reload_error = ""
        self.modules = {"mod_sofia", "mod_voicemail"}
        self.hold_registers = threading.Event()
        """Clear it to keep REGISTERs between their digest check and their entry in the table."""
        self.hold_registers.set()
        self.checked = threading.Event()
        """A REGISTER has passed its digest check, and may be held."""
        self._now = now
        self._events = EventFactory(core_uuid=core_uuid, now=now)
        self.esl = EventSocket(self.api, self._events.make, password=password)
        self.registrar = Registrar(self.esl.fire, self._events, profiles=profiles, now=now)
        self._ids = itertools.count(1)

    @property
    def port(self) -> int:
        return self.esl.port

    def start(self) -> None:
        self.esl.start()

    def stop(self) -> None:
        self.esl.stop(notice(SHUTDOWN))

    def crash(self) -> None:
        """As kill -9: connections break without a word."""
        self.esl.stop()

    def restart(self) -> None:
        self.stop()
        self.cache = UserCache(global_domain="pbx.test")
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.esl.stop()

    def api(self, line: str) -> str:
        """The reply to one api command; empty is "-ERR no reply" on the wire."""
        if line in self.canned:
            return self.canned[line]
        words = line.split()
        name, arguments = words[0].lower(), " ".join(words[1:])
        if name.startswith("sofia") and "mod_sofia" not in self.modules:
            return f"-ERR {name} Command not found!\n"
        if words[:2] == ["sofia", "profile"] and words[3:] == ["rescan"] and words[2] in self.registrar.profiles:
            return f"Reload XML [{self.reload_error or 'Success'}]\n+OK scan complete\n"
        if words[:2] == ["sofia", "xmlstatus"] and len(words) == 3:
            return self._list_gateways()
        reply = self.registrar.command(words)
        if reply is None and words[:2] == ["sofia", "profile"] and words[3:4] == ["killgw"]:
            reply = self._kill_gateway(*words[4:])
        if reply is None and name in self._COMMANDS:
            reply = self._COMMANDS[name](self, arguments)
        return f"-ERR {name} Command not found!\n" if reply is None else reply

    def _reload(self, _arguments: str) -> str:
        return f"+OK [{self.reload_error or 'Success'}]\n"

    def _kill_gateway(self, name: str = "") -> str:
        if not name:
            return "-ERR missing gw name\n"
        if name not in self.gateways:
            return "-ERR no such gateway.\n"
        del self.gateways[name]
        return "+OK gateway marked for deletion.\n"

    def _list_gateways(self) -> str:
        """The fields that matter to us, as xml_gateway_status writes them."""
        said = [
            "  <gateway>\n"
            f"    <name>{name}</name>\n    <profile>external</profile>\n    <username>line1</username>\n"
            f"    <state>{state}</state>\n    <status>UP</status>\n    <uptime-usec>5000000</uptime-usec>\n"
            "  </gateway>\n"
            for name, (state, _) in self.gateways.items()
        ]
        head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<gateways>\n'
        return head + "".join(said) + "</gateways>\n"

    def _gateway_data(self, arguments: str) -> str:
        name, _, variable = arguments.partition(" ")
        return self.gateways.get(name, ("", ""))[1] if variable == "var xmlcurl_gateway_revision" else ""

    def _callcenter(self, arguments: str) -> str | None:
        words = arguments.split(" ", 4)
        if "mod_callcenter" not in self.modules:
            return None
        if words[:3] != ["agent", "set", "status"]:
            return "+OK\n"
        if words[3] not in self.agents:
            return "-ERR Agent not found!\n"
        self.agents[words[3]] = words[4].strip("'")
        return "+OK\n"

    def _reload_acl(self, _arguments: str) -> str:
        return f"-ERR [{self.reload_error}]\n" if self.reload_error else "+OK acl reloaded\n"

    def _sleep(self, arguments: str) -> str:
        time.sleep(int(arguments) / 1000)
        return "+OK"

    def _show(self, arguments: str) -> str | None:
        what, _, style = arguments.partition(" ")
        rows = self.registrar.shown() if what == "registrations" else []
        if style == "as json":
            if not rows:
                return '{"row_count": 0}\n'
            return json.dumps({"row_count": len(rows), "rows": rows}, separators=(",", ":"))
        if what != "registrations" or not rows:
            return None
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        return "\n".join(lines) + f"\n\n{len(rows)} total.\n"

    def _set_pin(self, arguments: str) -> str | None:
        words = arguments.split()
        if "mod_voicemail" not in self.modules:
            return None
        if len(words) < 4:
            return "-ERR Missing Arguments\n"
        profile, domain, user, pin = words
        if profile != "default":
            return "-ERR Profile not found\n"
        self.pins[user, domain] = pin
        return "-OK\n"

    def _hang_up_all(self, arguments: str) -> str:
        return f"+OK hangup all channels with cause {arguments or 'MANAGER_REQUEST'}\n"

    def _global(self, arguments: str) -> str:
        return {"domain": "pbx.test"}.get(arguments, "")

    def _flush(self, arguments: str) -> str:
        return self.cache.flush(arguments)

    def _control(self, arguments: str) -> str:
        if arguments == "shutdown":
            self.esl.fire(
                self._events.make(
                    "SHUTDOWN",
                    "",
                    ("switch_core.c", "switch_core_destroy", 3023),
                    [("Event-Info", "System Shutting Down")],
                )
            )
            threading.Timer(0.05, self.stop).start()
        return "+OK\n"

    def _user_name(self, arguments: str) -> str:
        return arguments.partition("@")[0]

    def _reload_module(self, arguments: str) -> str:
        return "+OK Reloading XML\n+OK module unloaded\n+OK module loaded\n"

    _COMMANDS: Mapping[str, Callable[["FreeSwitch", str], str | None]] = {
        "xml_flush_cache": _flush,
        "reloadxml": _reload,
        "reload": _reload_module,
        "reloadacl": _reload_acl,
        "callcenter_config": _callcenter,
        "sofia_gateway_data": _gateway_data,
        "msleep": _sleep,
        "show": _show,
        "hupall": _hang_up_all,
        "global_getvar": _global,
        "vm_fsdb_pref_password_set": _set_pin,
        "fsctl": _control,
        "sofia_username_of": _user_name,
    }

    # What phones do.

    def register(self, phone: Phone, *, expires_seconds: int = 300, profile: str = "internal") -> int:
        """One REGISTER with credentials: the SIP status that the phone gets, 200 or 403."""
        row = Registration(
            user=phone.number or phone.name,
            host=phone.to_host or phone.domain,
            call_id=phone.call_id,
            contact=phone.contact,
            auth_user=phone.name,
            realm=phone.domain,
            expires=int(self._now().timestamp()) + expires_seconds + LATE_MARGIN_SECONDS,
            profile=profile,
            port=str(phone.port),
        )
        user = self.locate("id", phone.name, phone.domain, self._sip_auth(phone))
        result = RENEWED if user is not None and _lets_in(user, phone) else FORBIDDEN
        self.registrar.attempt(row, expires_seconds=expires_seconds, result=result)
        if user is None or result is FORBIDDEN:
            return 403
        row = replace(row, variables=_copied_to_events(user, phone))
        self.checked.set()
        self.hold_registers.wait(30)
        if expires_seconds:
            self.registrar.add(row, expires_seconds=expires_seconds)
        else:
            held = [each for each in self.registrar.rows if each.call_id == row.call_id]
            self.registrar.remove(held[0] if held else row)
        return 200

    def locate(self, key: str, user: str, domain: str, body: bytes) -> etree._Element | None:
        """The merged user, from the cache or from the backend; kept as its `cacheable` says."""
        found = self.cache.find(key, user, domain)
        if found is not None or self.backend is None:
            return found
        section = self.backend.document(body)
        found = None if section is None else find_user(section, key, user, domain)
        if found is not None:
            self.cache.store(key, user, domain, found)
        return found

    def _sip_auth(self, phone: Phone) -> bytes:
        number, to_host = phone.number or phone.name, phone.to_host or phone.domain
        nonce = f"3167c056-41fe-4b0e-a92f-{next(self._ids):012d}"
        return sip_auth_body(
            realm=phone.domain,
            fields={
                "sip_auth_username": phone.name,
                "sip_auth_nonce": nonce,
                "sip_contact_user": number,
                "sip_to_user": number,
                "sip_to_host": to_host,
                "sip_from_user": number,
                "sip_from_host": to_host,
                "sip_call_id": phone.call_id,
                "sip_request_host": to_host,
                "sip_auth_response": digest_response(phone.name, phone.domain, phone.password, nonce),
                "client_port": str(phone.port),
            },
        )


def _copied_to_events(user: etree._Element, phone: Phone) -> dict[str, str]:
    """What sofia::register says of the user besides the REGISTER itself."""
    alias = user.get("number-alias", phone.name)
    own = {"sip_number_alias": alias, "sip_auth_username": phone.name, "sip_auth_realm": phone.domain}
    own |= {"number_alias": alias, "user_name": phone.name, "domain_name": phone.domain}
    params = {name: value for name, value in values(user, "param").items() if name.startswith("sip-")}
    return {**own, **params, **values(user, "variable")}


def sip_auth_body(*, realm: str, fields: Mapping[str, str]) -> bytes:
    """A directory request of sofia_reg_parse_auth for a REGISTER, in FreeSWITCH's order, with `fields` filled in."""
    name = fields["sip_auth_username"]
    template = {
        "Event-Name": "REQUEST_PARAMS",
        "Core-UUID": "1af3c7e9-9629-44fe-845e-6104b836b445",
        "FreeSWITCH-Hostname": "vm",
        "FreeSWITCH-Switchname": "fs-lab",
        "FreeSWITCH-IPv4": "192.0.2.2",
        "FreeSWITCH-IPv6": "fd00::2",
        "Event-Date-Local": "2026-11-22 05:37:14",
        "Event-Date-GMT": "Sun, 22 Nov 2026 05:37:14 GMT",
        "Event-Date-Timestamp": "1795325834895977",
        "Event-Calling-File": "sofia_reg.c",
        "Event-Calling-Function": "sofia_reg_parse_auth",
        "Event-Calling-Line-Number": "3124",
        "Event-Sequence": "642",
        "action": "sip_auth",
        "sip_profile": "internal",
        "sip_user_agent": "labua/1.0",
        "sip_auth_username": name,
        "sip_auth_realm": realm,
        "sip_auth_nonce": "",
        "sip_auth_uri": f"sip:{realm}",
        "sip_contact_user": name,
        "sip_contact_host": "127.0.0.1",
        "sip_to_user": name,
        "sip_to_host": realm,
        "sip_via_protocol": "udp",
        "sip_from_user": name,
        "sip_from_host": realm,
        "sip_call_id": "",
        "sip_request_host": realm,
        "sip_auth_qop": "auth",
        "sip_auth_cnonce": "7px8wh4b",
        "sip_auth_nc": "00000001",
        "sip_auth_response": "",
        "sip_auth_method": "REGISTER",
        "client_port": "",
        "key": "id",
        "user": name,
        "domain": realm,
        "ip": "127.0.0.1",
    }
    unknown = fields.keys() - template.keys()
    assert not unknown, unknown
    first = {"hostname": "fs-lab", "section": "directory", "tag_name": "domain", "key_name": "name", "key_value": realm}
    return form(first, {**template, **fields})


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def digest_response(name: str, realm: str, password: str, nonce: str) -> str:
    """What a phone with that password answers to the challenge."""
    return _response(_md5(f"{name}:{realm}:{password}"), realm, nonce)


def _response(ha1: str, realm: str, nonce: str) -> str:
    return _md5(f"{ha1}:{nonce}:00000001:7px8wh4b:auth:{_md5(f'REGISTER:sip:{realm}')}")


def _lets_in(user: etree._Element, phone: Phone) -> bool:
    """FreeSWITCH's digest check. A user without any credential is let in with whatever password."""
    params = values(user, "param")
    if "a1-hash" in params:
        nonce = "check"
        given = digest_response(phone.name, phone.domain, phone.password, nonce)
        return given == _response(params["a1-hash"], phone.domain, nonce)
    return params.get("password", phone.password) == phone.password
