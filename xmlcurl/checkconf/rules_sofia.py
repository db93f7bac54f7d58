"""SIP profiles: who is let in without a password, and what holds registrations up.

Source:
    FreeSWITCH v1.10.12, sofia.c:10545-10735 (calls), sofia_reg.c:2340-2410 (registrations).
"""

from collections.abc import Iterator
from typing import Final

from xmlcurl.checkconf.addresses import AddressLists
from xmlcurl.checkconf.configuration import Configuration, Param, Params, Profile, is_true, number
from xmlcurl.checkconf.findings import Finding, found


def blind_acceptance(configuration: Configuration) -> Iterator[Finding]:
    for profile in configuration.profiles():
        for name, kind in (("accept-blind-reg", "blind-registration"), ("accept-blind-auth", "blind-calls")):
            param = profile.params.get(name)
            if param and param.is_true:
                yield found(kind, param.place, f"profile {profile.name}: {name}")


def calls_from_anyone(configuration: Configuration) -> Iterator[Finding]:
    """A list lets nobody else in, unless it names a context for those it refuses."""
    for profile in configuration.profiles():
        auth = profile.params.get("auth-calls")
        if not profile.params.is_true_or_unknown("auth-calls") and not _refuses_strangers(profile):
            context = profile.params.get("context")
            reached = context.value if context else "default"
            place = auth.place if auth else profile.place
            yield found("calls-from-anyone", place, f"profile {profile.name}, context {reached}")


def _refuses_strangers(profile: Profile) -> bool:
    """Whom no list admits goes into the context that the last one names for them, where it does."""
    lists = _applied(profile.params, "apply-inbound-acl")
    return bool(lists) and lists[-1].value.count(":") < 2


def _applied(params: Params, name: str) -> list[Param]:
    """`none` takes back those before it."""
    lists: list[Param] = []
    for param in params.every(name):
        lists = [] if param.value.lower() == "none" else [*lists, param] if param.value else lists
    return lists


def lists_that_let_all_in(configuration: Configuration) -> Iterator[Finding]:
    lists = AddressLists(configuration)
    for profile in configuration.profiles():
        # Behind a colon stand the contexts of those that the list admits and refuses.
        for param in _applied(profile.params, "apply-inbound-acl"):
            if lists.admits_everybody(param.value.partition(":")[0]):
                yield _admits_everybody(profile, param)
        for param in _applied(profile.params, "apply-proxy-acl"):
            if lists.admits_everybody(param.value):
                yield _admits_everybody(profile, param)
        # Who calls must be in one list; who registers, in every one.
        to_register = _applied(profile.params, "apply-register-acl") if profile.takes_registrations else []
        if to_register and all(lists.admits_everybody(param.value) for param in to_register):
            yield _admits_everybody(profile, to_register[-1])


def _admits_everybody(profile: Profile, param: Param) -> Finding:
    return found("acl-lets-all-in", param.place, f"profile {profile.name}: {param.name}")


def registrations_in_one_thread(configuration: Configuration) -> Iterator[Finding]:
    profiles = [profile for profile in configuration.profiles() if profile.takes_registrations]
    for profile in profiles:
        if not profile.params.is_true_or_unknown("inbound-reg-in-new-thread"):
            param = profile.params.get("inbound-reg-in-new-thread")
            place = param.place if param else profile.place
            what = f"profile {profile.name} has no inbound-reg-in-new-thread"
            yield found("registrations-in-one-thread", place, what)
    threads = configuration.settings("sofia.conf", "global_settings").get("max-reg-threads")
    if profiles and not (threads and (number(threads.value) > 0 or not threads.is_known)):
        yield from _no_threads(configuration, profiles)


def _no_threads(configuration: Configuration, profiles: list[Profile]) -> Iterator[Finding]:
    misplaced = [param for profile in profiles for param in profile.params.every("max-reg-threads")]
    misplaced += configuration.settings("sofia.conf").every("max-reg-threads")
    for param in misplaced:
        yield found("registrations-in-one-thread", param.place, "max-reg-threads is not read here")
    if not misplaced:
        place = configuration.place_of("sofia.conf")
        yield found("registrations-in-one-thread", place, "no max-reg-threads in global_settings")


def forced_domain(configuration: Configuration) -> Iterator[Finding]:
    for profile in configuration.profiles():
        domain, realm = profile.params.get("force-register-domain"), profile.params.get("challenge-realm")
        if domain and domain.value and not (realm and realm.value == domain.value):
            yield found("forced-domain", domain.place, f"profile {profile.name}: force-register-domain")


def shared_presence(configuration: Configuration) -> Iterator[Finding]:
    for profile in configuration.profiles():
        if (hosts := profile.params.get("presence-hosts")) and hosts.value:
            yield found("presence-hosts", hosts.place, f"profile {profile.name}: presence-hosts")


def refused_sign_in_names(configuration: Configuration) -> Iterator[Finding]:
    for profile in configuration.profiles():
        if (matching := profile.params.get("inbound-reg-force-matching-username")) and matching.is_true:
            yield found("sign-in-name-refused", matching.place, f"profile {profile.name}: {matching.name}")


def domains_without_profile(configuration: Configuration) -> Iterator[Finding]:
    profiles = list(configuration.profiles())
    aliases = {
        domain.get("name").lower() for profile in profiles for domain in profile.domains if is_true(domain.get("alias"))
    }
    if profiles and "all" not in aliases:
        phones = next((profile for profile in profiles if profile.params.is_true("auth-calls")), profiles[0])
        yield found("domains-no-alias", phones.place, f"profile {phones.name} does not have every domain as an alias")


def registrations_by_contact(configuration: Configuration) -> Iterator[Finding]:
    for profile in configuration.profiles():
        several = profile.params.get("multiple-registrations")
        if several and (several.is_true or several.value.lower() == "contact"):
            yield found("registrations-by-contact", several.place, f"profile {profile.name}: {several.name}")


def dial_strings_of_phones(configuration: Configuration) -> Iterator[Finding]:
    """Seen on 1.10.12: whoever may register, or has a call, runs programs on the switch.

    Source:
        FreeSWITCH v1.10.12, mod_sofia.c:3829 (Contact), sofia.c:9505 (REFER).
    """
    for profile in configuration.profiles():
        guards = profile.params.every("db-inner-pre-trans-execute")
        is_guarded = any("sip_registrations" in guard.value or not guard.is_known for guard in guards)
        if profile.takes_registrations and not is_guarded:
            yield found("contact-runs-programs", profile.place, f"profile {profile.name}")
        if not profile.params.is_true_or_unknown("disable-transfer"):
            yield found("refer-runs-programs", profile.place, f"profile {profile.name}")


RULES: Final = (
    blind_acceptance,
    calls_from_anyone,
    lists_that_let_all_in,
    registrations_in_one_thread,
    forced_domain,
    shared_presence,
    refused_sign_in_names,
    domains_without_profile,
    registrations_by_contact,
    dial_strings_of_phones,
)
