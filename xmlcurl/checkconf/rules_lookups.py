"""xml_curl.conf: whom FreeSWITCH asks, for what, how long, and how safely."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from xmlcurl.checkconf.addresses import Url, is_loopback, url_of
from xmlcurl.checkconf.configuration import Configuration, Param, Params, number
from xmlcurl.checkconf.findings import Finding, found
from xmlcurl.checkconf.place import Place
from xmlcurl.checkconf.tree import Element
from xmlcurl.checkconf.variables import is_known

PARAMETERS: Final = (
    "gateway-url", "gateway-credentials", "auth-scheme", "timeout", "disable-100-continue", "method",
    "enable-cacert-check", "enable-ssl-verifyhost", "ssl-cacert-file", "ssl-cert-path", "ssl-key-path",
    "ssl-key-password", "ssl-version", "cookie-file", "use-dynamic-url", "enable-post-var", "bind-local",
    "response-max-bytes",
)  # fmt: skip
"""All that mod_xml_curl knows (v1.10.12, mod_xml_curl.c:393-470)."""

LONGEST_TIMEOUT_SECONDS: Final = 3
# A name that contains one of these is taken for it; nothing that is: every section.
_SECTIONS: Final = ("config", "directory", "dialplan", "languages", "chatplan", "channels")


@dataclass(frozen=True, slots=True)
class Binding:
    name: str
    place: Place
    params: Params
    url: Param
    sections: frozenset[str]
    """Those it is asked for, or may be where only the running switch knows; none means all of them."""

    @property
    def where(self) -> Url:
        return url_of(self.url.value)

    @property
    def is_file(self) -> bool:
        return "file:" in self.url.value

    @property
    def answers_directory(self) -> bool:
        return not self.sections or "directory" in self.sections


def _elements(configuration: Configuration) -> list[Element]:
    file = configuration.file("xml_curl.conf") if configuration.is_loaded("mod_xml_curl") else None
    bindings = file.child("bindings") if file else None
    return list(bindings.children("binding")) if bindings else []


def bindings(configuration: Configuration) -> Iterator[Binding]:
    """Those that are in force: mod_xml_curl is loaded, and they have a URL."""
    for element in _elements(configuration):
        params = Params(element)
        masks = [one.get("bindings") for one in element.children("param") if one.get("name").lower() == "gateway-url"]
        if url := params.get("gateway-url"):
            asked = [one for one in _SECTIONS if one in masks[-1].lower() or not is_known(masks[-1])]
            yield Binding(element.get("name"), element.place, params, url, frozenset(asked))


def nobody_is_asked(configuration: Configuration) -> Iterator[Finding]:
    if not configuration.is_loaded("mod_xml_curl"):
        yield found("not-asked", configuration.place_of("modules.conf"), "mod_xml_curl is not loaded")
    elif not any(binding.answers_directory for binding in bindings(configuration)):
        yield found("not-asked", configuration.place_of("xml_curl.conf"), "no binding with a URL has the directory")


def asked_too_late(configuration: Configuration) -> Iterator[Finding]:
    order = [name for name, _ in configuration.modules]
    if "mod_xml_curl" in order and "mod_sofia" in order[: order.index("mod_xml_curl")]:
        place = configuration.modules[order.index("mod_xml_curl")][1]
        yield found("asked-late", place, "mod_xml_curl is loaded after mod_sofia")


def unknown_parameters(configuration: Configuration) -> Iterator[Finding]:
    for element in _elements(configuration):
        for param in Params(element).all:
            if param.name.lower() not in PARAMETERS:
                likely = get_close_matches(param.name.lower()[:64], PARAMETERS, n=1)
                hint = f"; did you mean {likely[0]}?" if likely else ""
                yield found("unknown-parameter", param.place, f"{param.name or 'a parameter without a name'}{hint}")


def timeouts(configuration: Configuration) -> Iterator[Finding]:
    for binding in bindings(configuration):
        timeout = binding.params.get("timeout")
        if binding.is_file or (timeout and not timeout.is_known):
            continue
        seconds = number(timeout.value) if timeout else 0
        place = timeout.place if timeout else binding.place
        if seconds <= 0:
            yield found("no-timeout", place, f"binding {binding.name} waits for ever")
        elif seconds > LONGEST_TIMEOUT_SECONDS:
            yield found("long-timeout", place, f"binding {binding.name} waits up to {seconds} s")


def unchecked_tls(configuration: Configuration) -> Iterator[Finding]:
    for binding in bindings(configuration):
        for check in ("enable-cacert-check", "enable-ssl-verifyhost"):
            if binding.where.scheme == "https" and not binding.params.is_true_or_unknown(check):
                param = binding.params.get(check)
                place = param.place if param else binding.url.place
                yield found("tls-unchecked", place, f"binding {binding.name} has no {check}")


def lookups_that_others_read(configuration: Configuration) -> Iterator[Finding]:
    for binding in bindings(configuration):
        url = binding.where
        if not binding.url.is_known or url.scheme not in {"http", "https"} or is_loopback(url.host):
            continue
        if url.scheme == "http" and not url.is_private:
            yield found("lookups-in-clear", binding.url.place, f"binding {binding.name}: http to {url.host}")
        if not url.has_credentials and not _has_credentials(binding.params):
            yield found("no-credentials", binding.url.place, f"binding {binding.name} has none")


def _has_credentials(params: Params) -> bool:
    return any(param and param.value for param in map(params.get, ("gateway-credentials", "ssl-cert-path")))


def more_than_one_url(configuration: Configuration) -> Iterator[Finding]:
    for binding in bindings(configuration):
        for lost in binding.params.every("gateway-url")[:-1]:
            yield found("two-gateway-urls", lost.place, f"this URL of binding {binding.name} is never asked")


def single_node(configuration: Configuration) -> Iterator[Finding]:
    asked = [binding for binding in bindings(configuration) if binding.answers_directory]
    if len(asked) == 1:
        yield found("no-second-binding", asked[0].place, f"{asked[0].name} is the only binding for the directory")


def every_section(configuration: Configuration) -> Iterator[Finding]:
    for binding in bindings(configuration):
        if not binding.sections:
            yield found("asked-for-everything", binding.url.place, f"binding {binding.name} names no section")


def fields_in_urls(configuration: Configuration) -> Iterator[Finding]:
    for binding in bindings(configuration):
        method = binding.params.get("method")
        if method and method.is_known and method.value.lower() != "post":
            yield found("fields-in-url", method.place, f"binding {binding.name} asks with another method than POST")
        if (dynamic := binding.params.get("use-dynamic-url")) and dynamic.is_true:
            yield found("fields-in-url", dynamic.place, f"binding {binding.name} expands its URL")


def answers_from_files(configuration: Configuration) -> Iterator[Finding]:
    for binding in bindings(configuration):
        if binding.is_file and not _says_not_found(configuration.other_file(binding.url.value.partition("file:")[2])):
            yield found("answers-from-file", binding.url.place, f"binding {binding.name} reads a file")


def _says_not_found(document: Element | None) -> bool:
    section = document.named("section", "result") if document else None
    result = section.child("result") if section else None
    return result is not None and result.get("status").lower() == "not found"


RULES: Final = (
    nobody_is_asked,
    asked_too_late,
    unknown_parameters,
    timeouts,
    unchecked_tls,
    lookups_that_others_read,
    more_than_one_url,
    single_node,
    every_section,
    fields_in_urls,
    answers_from_files,
)
