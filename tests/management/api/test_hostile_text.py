"""Hostile text in every text field that the API has, found in its own description."""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final, cast

import httpx
import pytest

from management.api.dialect import create_api
from management.hotlines.commands import LONGEST_DESCRIPTION
from management.metrics import ManagementMetrics
from management.web.services import Services
from tests.hostile import TRICKS, Trick
from tests.management.greetings.sounds import wav
from xmlcurl.store.text import is_safe_text

pytestmark = pytest.mark.unmeasured

Field = tuple[str, str]
"""An object's path and a name in its bodies: ("/teams", "name")."""

NAMES: Final = {
    ("/classes-of-service", "name"), ("/departments", "name"), ("/extensions", "display_name"),
    ("/extensions", "first_name"), ("/extensions", "last_name"), ("/gateways", "name"), ("/greetings", "name"),
    ("/group-mailboxes", "name"), ("/holidays", "name"), ("/hotlines", "name"), ("/hotlines", "description"),
    ("/ivr-menus", "name"), ("/partners", "name"), ("/partners/keys", "name"), ("/vendor-keys", "name"),
    ("/numbers", "display_name"), ("/outbound-routes", "name"), ("/queues", "name"), ("/ring-groups", "name"),
    ("/teams", "name"), ("/tenants", "name"), ("/tokens", "name"), ("/users", "name"),
}  # fmt: skip
"""What people write. It takes whatever is harmless, so a field that a document shows needs its place in
tests/freeswitch/test_hostile_text.py too."""

PASSWORDS: Final = {
    ("/call-settings", "country_code"), ("/call-settings", "emergency_caller_id"),
    ("/call-settings", "emergency_numbers"), ("/call-settings", "international_prefix"),
    ("/call-settings", "national_prefix"),
    ("/extensions", "sip_password"), ("/extensions/change-password", "new_password"), ("/gateways", "password"),
    ("/switches", "password"),
}  # fmt: skip
"""They take whatever can be typed: only their hashes are shown, and the event socket's is one line. A gateway's stands
in a document, so it takes only what is harmless there."""

WORDS: Final = {
    ("/extensions", "aliases"), ("/extensions", "dtmf_mode"), ("/extensions", "email"), ("/extensions", "expires_at"),
    ("/extensions", "extension_number"), ("/extensions", "internal_caller_id"), ("/extensions", "mobile"),
    ("/extensions", "mobile_prefix"),
    ("/extensions", "outbound_caller_id"), ("/extensions", "presence_status"), ("/extensions", "recording_mode"),
    ("/extensions", "sign_in_name"), ("/extensions", "status"), ("/extensions", "voicemail_language"),
    ("/extensions", "voicemail_pin"), ("/extensions/agent", "status"), ("/extensions/batch", "mode"),
    ("/extensions/presence", "status"),
    ("/gateways", "addresses"), ("/gateways", "codecs"), ("/gateways", "host"), ("/gateways", "realm"),
    ("/gateways", "status"), ("/gateways", "transport"), ("/gateways", "username"), ("/group-mailboxes", "email"),
    ("/group-mailboxes", "number"), ("/group-mailboxes", "pin"), ("/holidays", "first_day"), ("/holidays", "last_day"),
    ("/hotlines", "number"), ("/ivr-menus", "number"), ("/numbers", "carrier"), ("/numbers", "cli_type"),
    ("/numbers", "number"), ("/numbers", "status"), ("/outbound-routes", "patterns"), ("/outbound-routes", "prepend"),
    ("/outbound-routes", "status"), ("/queues", "number"), ("/queues", "strategy"), ("/ring-groups", "members"),
    ("/ring-groups", "number"), ("/ring-groups", "strategy"), ("/switches", "host"), ("/switches", "name"),
    ("/switches", "peer_host"), ("/switches", "sofia_profiles"),
    ("/tenants", "default_number"), ("/tenants", "domain"), ("/tenants", "language"), ("/tenants", "state"),
    ("/tenants", "time_zone"), ("/tokens", "scopes"), ("/users", "email"), ("/users", "mobile"), ("/users", "role"),
    ("/vendor-keys", "dialect"),
}  # fmt: skip
"""Each has a form of its own, which hostile text doesn't have."""

QUESTIONS: Final = {
    ("/explain-call", "at"), ("/explain-call", "choices"), ("/explain-call", "from"), ("/explain-call", "gateways"),
    ("/explain-call", "phones"), ("/explain-call", "to"), ("/explain-lookup", "action"),
    ("/explain-lookup", "domain"), ("/explain-lookup", "key"), ("/explain-lookup", "user"),
}  # fmt: skip
"""Asked, and not kept."""

SIGN_IN_NAMES: Final = {
    ("/extensions", "aliases"): r"[A-Za-z0-9._+-]{1,63}",
    ("/extensions", "sign_in_name"): r"[A-Za-z0-9._+-]{1,63}",
    ("/gateways", "username"): r"[A-Za-z0-9._+@-]{1,128}",
}
"""Of the words those whose form is wide."""
OF_THE_PLATFORM: Final = {"/partners", "/partners/keys", "/tenants", "/switches"}
BELOW_AN_OBJECT: Final = {"/partners/keys": "/partners/1/keys"}
DIALLED: Final = ("/group-mailboxes", "/ivr-menus", "/queues", "/ring-groups")
SOUND: Final = {"Content-Type": "audio/wav"}
SERIAL: Final = count(10_000_000)


def _texts() -> Iterator[tuple[Field, bool]]:
    """Every field of a body that takes text, and whether it takes a list of it."""
    description = create_api(cast(Services, None), ManagementMetrics()).openapi()
    for path, methods in description["paths"].items():
        owner = "/".join(part for part in path.split("/") if "{" not in part)
        for method in methods.values():
            if json := method.get("requestBody", {}).get("content", {}).get("application/json"):
                schema = str(json["schema"])
                for body in re.findall(r"#/components/schemas/(\w+)", schema):
                    for name, kinds in description["components"]["schemas"][body]["properties"].items():
                        if "'type': 'string'" in str(kinds):
                            yield (owner, name), "'type': 'array'" in str(kinds)


TEXTS: Final = dict(_texts())


def test_no_text_field_is_without_its_case() -> None:
    """Who adds a text field says above what it may hold."""
    assert TEXTS.keys() == NAMES | PASSWORDS | WORDS | QUESTIONS


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_hostile_question_is_answered_or_refused(admin: httpx.AsyncClient) -> None:
    """Whoever is asked about: there is an answer, and never a fault."""
    for trick in TRICKS:
        text = trick.aimed_at("/x")
        call = await admin.post("/explain-call", json={"from": text, "to": text})
        lookup = await admin.post("/explain-lookup", json={"user": text, "domain": text})

        assert {call.status_code, lookup.status_code} <= {200, 404, 422}, trick.name


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMES} | OF_THE_PLATFORM))
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_hostile_text_is_text_or_is_refused(
    admin: httpx.AsyncClient, platform: httpx.AsyncClient, path: str
) -> None:
    """422 names exactly the fields that refuse it; what the others took is answered to the letter."""
    assert (await admin.post("/numbers", json={"number": "02899990000"})).status_code == 201
    assert (await admin.post("/gateways", json={"name": "Trunk", "host": "trunk.test"})).json()["data"]["id"] == 1
    assert (await platform.post("/partners", json={"name": "Sales"})).json()["data"]["id"] == 1
    client = platform if path in OF_THE_PLATFORM else admin

    for trick in TRICKS:
        text = trick.aimed_at("/x")
        # Twice over in a list: an alias can't be the sign-in name as well.
        hostile = {name: [text * 2] if is_list else text for (each, name), is_list in TEXTS.items() if each == path}
        taken, shown = await _offered(client, path, hostile)
        assert taken.keys() == {name for name in hostile if _takes((path, name), trick)}, trick.name
        assert {name: taken[name] for name in taken.keys() & shown.keys()}.items() <= shown.items()


async def _offered(
    client: httpx.AsyncClient, path: str, hostile: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of it a new object took, and the object. Types are judged before rules, so there may be several answers."""
    taken = dict(hostile)
    while True:
        if path == "/greetings":
            # Its name is in the query, the body is a sound.
            answer = await client.post(path, params=_whole(path) | taken, content=wav(rate_hz=16_000), headers=SOUND)
        else:
            address = BELOW_AN_OBJECT.get(path, path)
            answer = await client.post(address, json=_whole(path) | taken, params={"fields": "all"})
        if answer.status_code != 422:
            assert answer.status_code == 201, answer.text
            break
        refused = {name.partition(".")[0] for name in answer.json()["errors"]} & taken.keys()
        assert refused, answer.text
        taken = {name: taken[name] for name in taken.keys() - refused}
    return taken, answer.json()["data"]


def _takes(field: Field, trick: Trick) -> bool:
    text = trick.aimed_at("/x")
    if field == ("/gateways", "password"):
        return text.isprintable() and len(text) <= 128 and is_safe_text(text)
    if field in PASSWORDS:
        return text.isprintable() and len(text) <= 100 and (len(text) >= 8 or field[0] == "/switches")
    if field in SIGN_IN_NAMES:
        return re.fullmatch(SIGN_IN_NAMES[field], text) is not None
    if field == ("/hotlines", "description") and trick.name == "over-long":
        # For a name, that is.
        return len(text) <= LONGEST_DESCRIPTION
    return field in NAMES and trick.is_taken


def _whole(path: str) -> dict[str, Any]:
    """A new object that nothing is wrong with."""
    serial = next(SERIAL)
    bodies: dict[str, dict[str, Any]] = {
        "/extensions": {"extension_number": str(serial)},
        "/gateways": {"name": f"a{serial}", "host": "a.test"},
        "/holidays": {"name": "a", "first_day": "2027-02-05"},
        "/hotlines": {"name": f"a{serial}", "number": "02899990000"},
        "/outbound-routes": {"name": f"a{serial}", "patterns": ["0."], "gateway_ids": [1]},
        **{path: {"name": f"a{serial}", "number": str(serial)} for path in DIALLED},
        "/numbers": {"number": str(serial)},
        "/switches": {"name": f"a{serial}", "host": "127.0.0.1", "password": "irrelevant", "enabled": False},
        "/tenants": {"domain": f"a{serial}.test", "name": "a"},
        "/vendor-keys": {"dialect": "sencloud", "name": f"a{serial}"},
        "/tokens": {"name": "a", "scopes": ["read"]},
    }
    return bodies.get(path, {"name": f"a{serial}"})
