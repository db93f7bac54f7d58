"""Other ways in: the event socket, XML-RPC, Erlang, Verto; and what mailboxes and call limits need."""

from collections.abc import Iterator
from typing import Final

from xmlcurl.checkconf.addresses import AddressLists, is_loopback
from xmlcurl.checkconf.configuration import Configuration, Params
from xmlcurl.checkconf.findings import Finding, found
from xmlcurl.checkconf.passwords import is_well_known
from xmlcurl.checkconf.tree import Element


def event_socket(configuration: Configuration) -> Iterator[Finding]:
    name = "event_socket.conf"
    params, place = configuration.settings(name), configuration.place_of(name)
    if not configuration.is_loaded("mod_event_socket"):
        yield found("event-socket-away", configuration.place_of("modules.conf"), "mod_event_socket is not loaded")
        return
    password = params.spelt("password")
    if password is None or is_well_known(password.value) or not password.value:
        what = "the password is well known" if password and password.value else "no password: it is FreeSWITCH's own"
        yield found("event-socket-password", password.place if password else place, what)
    address = params.spelt("listen-ip")
    if address and address.value and address.is_known and not is_loopback(address.value):
        acls = [param.value for param in params.every("apply-inbound-acl") if param.value]
        lists = AddressLists(configuration)
        if not acls:
            yield found("event-socket-acl", address.place, "no apply-inbound-acl")
        elif all(map(lists.admits_everybody, acls)):
            yield found("event-socket-acl", address.place, "apply-inbound-acl admits everybody")


def erlang_node(configuration: Configuration) -> Iterator[Finding]:
    params = configuration.settings("erlang_event.conf")
    cookie = params.get("cookie")
    if not configuration.is_loaded("mod_erlang_event") or configuration.file("erlang_event.conf") is None:
        return
    if cookie is None and params.get("cookie-file"):
        return
    if cookie is None or not cookie.value or is_well_known(cookie.value):
        place = cookie.place if cookie else configuration.place_of("erlang_event.conf")
        yield found("erlang-cookie", place, "the cookie is well known" if cookie else "no cookie: FreeSWITCH's own")


def xml_rpc(configuration: Configuration) -> Iterator[Finding]:
    if not configuration.is_loaded("mod_xml_rpc") or configuration.file("xml_rpc.conf") is None:
        return
    params, place = configuration.settings("xml_rpc.conf"), configuration.place_of("xml_rpc.conf")
    realm, password = params.get("auth-realm"), params.get("auth-pass")
    if realm is None or not realm.value:
        yield found("xml-rpc-open", place, "no auth-realm: no password is asked for")
    elif password and is_well_known(password.value):
        yield found("xml-rpc-open", password.place, "the password is well known")
    else:
        yield found("xml-rpc", place, "mod_xml_rpc is loaded")


def verto(configuration: Configuration) -> Iterator[Finding]:
    for profile in _profiles(configuration, "mod_verto", "verto.conf"):
        params = Params(profile)
        if (blind := params.get("blind-reg")) and blind.is_true:
            yield found("verto-open", blind.place, f"profile {profile.get('name')}: blind-reg")
        if not any(param.value for name in ("userauth", "root-password") for param in params.every(name)):
            yield found("verto-open", profile.place, f"profile {profile.get('name')} has no userauth")


def call_limits(configuration: Configuration) -> Iterator[Finding]:
    if not configuration.is_loaded("mod_hash"):
        yield found("no-call-limit", configuration.place_of("modules.conf"), "mod_hash is not loaded")


def mailboxes(configuration: Configuration) -> Iterator[Finding]:
    for profile in _profiles(configuration, "mod_voicemail", "voicemail.conf"):
        params = Params(profile)
        empty, override = params.get("allow-empty-password-auth"), params.get("db-password-override")
        if empty is None or empty.is_true:
            place = empty.place if empty else profile.place
            yield found("mailbox-without-pin", place, f"profile {profile.get('name')}")
        if override and override.is_true:
            yield found("pin-override", override.place, f"profile {profile.get('name')}")


def _profiles(configuration: Configuration, module: str, name: str) -> Iterator[Element]:
    file = configuration.file(name) if configuration.is_loaded(module) else None
    profiles = file.child("profiles") if file else None
    yield from profiles.children("profile") if profiles else ()


RULES: Final = (event_socket, erlang_node, xml_rpc, verto, call_limits, mailboxes)
