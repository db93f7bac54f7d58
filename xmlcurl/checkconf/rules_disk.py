"""What is on disk, or in a script, and answers when the backend says "not found"."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from xmlcurl.checkconf.addresses import is_everybody
from xmlcurl.checkconf.configuration import Configuration, Param, Params
from xmlcurl.checkconf.findings import Finding, found
from xmlcurl.checkconf.passwords import is_well_known, is_well_known_hash
from xmlcurl.checkconf.tree import Element
from xmlcurl.checkconf.variables import is_known

_SCRIPTS: Final = ("lua", "python", "python3", "perl", "v8")
_ANSWERED_BY_US: Final = ("directory", "dialplan")


@dataclass(frozen=True, slots=True)
class User:
    element: Element
    domain: Element
    params: tuple[Params, ...]
    """Its own, its group's, its domain's: the first that has a parameter counts."""

    def get(self, name: str) -> Param | None:
        return next(filter(None, (params.get(name) for params in self.params)), None)

    def __str__(self) -> str:
        return f"user {self.element.get('id')} of domain {self.domain.get('name')}"


def users(configuration: Configuration) -> Iterator[User]:
    """Those that can sign in: a pointer only puts a user into one more group."""
    directory = configuration.section("directory")
    for domain in directory.children("domain") if directory else ():
        of_domain = Params(domain.child("params"))
        for group in (domain, *_grandchildren(domain, "groups", "group")):
            of_group = Params(group.child("params"))
            for element in (*group.children("user"), *_grandchildren(group, "users", "user")):
                if element.get("type").lower() != "pointer":
                    yield User(element, domain, (Params(element.child("params")), of_group, of_domain))


def _grandchildren(element: Element, plural: str, singular: str) -> Iterator[Element]:
    for container in element.children(plural):
        yield from container.children(singular)


def users_on_disk(configuration: Configuration) -> Iterator[Finding]:
    for user in users(configuration):
        yield found(_kind(user), user.element.place, str(user))
        if is_everybody(user.element.get("cidr")):
            yield found("user-by-address", user.element.place, str(user))


def _kind(user: User) -> str:
    password, a1_hash = user.get("password"), user.get("a1-hash")
    if not (password and password.value) and not (a1_hash and a1_hash.value):
        return "user-on-disk" if _is_refused_or_limited(user) else "user-without-password"
    name, realm = user.element.get("id"), user.domain.get("name")
    if a1_hash:
        return "user-known-password" if is_well_known_hash(a1_hash.value, name, realm) else "user-on-disk"
    if password and is_known(password.value) and is_well_known(password.value, name):
        return "user-known-password"
    return "user-on-disk"


def _is_refused_or_limited(user: User) -> bool:
    empty, acl = user.get("allow-empty-password"), user.get("auth-acl")
    return bool((empty and not empty.is_true) or (acl and acl.value))


def dialplan_on_disk(configuration: Configuration) -> Iterator[Finding]:
    dialplan = configuration.section("dialplan")
    for context in dialplan.children("context") if dialplan else ():
        if routes := sum(1 for _ in context.children("extension")):
            yield found("dialplan-on-disk", context.place, f"context {context.get('name')}, {routes} extension(s)")


def scripts_that_answer(configuration: Configuration) -> Iterator[Finding]:
    for language in _SCRIPTS:
        params = configuration.settings(f"{language}.conf")
        script = params.get("xml-handler-script")
        if not configuration.is_loaded(f"mod_{language}") or script is None or not script.value:
            continue
        for param in params.every("xml-handler-bindings"):
            for section in _ANSWERED_BY_US:
                if section in param.value.lower():
                    yield found("other-answers", param.place, f"mod_{language} answers for the {section}")


RULES: Final = (users_on_disk, dialplan_on_disk, scripts_that_answer)
