"""Ring groups, queues, menus and group mailboxes: their bounds, what they may name, who is in their way."""

from typing import Any, Final

import httpx
import pytest

from management.secrets import vm_a1_hash
from tests.management.office import DOMAIN, Office
from xmlcurl.store.model import QUEUE_STRATEGIES, RING_STRATEGIES, Tag
from xmlcurl.store.tables import audit, greetings, group_mailboxes, taken_names

BODIES: Final[dict[str, dict[str, Any]]] = {
    "ring-groups": {"name": "Sales", "number": "600"},
    "queues": {"name": "Support", "number": "700"},
    "ivr-menus": {"name": "Main", "number": "800"},
    "group-mailboxes": {"name": "Messages", "number": "900"},
}
TYPES: Final = {"ring-groups": "ring_group", "queues": "queue", "ivr-menus": "ivr", "group-mailboxes": "group_vm"}
CALLED: Final = {"ring-groups": "ring group", "queues": "queue", "ivr-menus": "ivr menu"}

FORMAT = "The {} field format is invalid."
SELECTED = "The selected {} is invalid."
BETWEEN = "The {} field must be between {} and {}."
ADDRESS = "The {} field must be a valid email address."
TWICE = "The {} field has a duplicate value."
REQUIRED = "The {} field is required."
PROHIBITED = "The {} field is prohibited."
INTEGER = "The {} field must be an integer."
STRING = "The {} field must be a string."

NUMBERS: list[tuple[Any, str]] = [
    ("60", FORMAT),
    ("6" * 11, FORMAT),
    ("60a", FORMAT),
    ("600\n", FORMAT),
    ("112", "The {} is reserved for emergency calls."),
    (600, STRING),
    (None, STRING),
]
NAMES: list[tuple[Any, str]] = [
    ("", "The {} field must be at least 1 characters."),
    ("x" * 101, "The {} field must not be greater than 100 characters."),
    ("${x}", "The {} field contains text that is not allowed."),
    (" x", FORMAT),
    (None, STRING),
]
# Path -> field -> (a value, what is said about which field: of `{}` the field itself).
REFUSED: Final[dict[str, dict[str, list[tuple[Any, Any]]]]] = {
    "ring-groups": {
        "name": [*NAMES],
        "number": [*NUMBERS],
        "strategy": [("ring-all", SELECTED), (None, SELECTED)],
        "ring_seconds": [(4, BETWEEN.format("{}", 5, 300)), (301, BETWEEN.format("{}", 5, 300)), ("30", INTEGER)],
        "members": [
            ("1001", "The {} field must be an array."),
            (["1001"] * 51, "The {} field must not have more than 50 items."),
            (["1001", "1002", "1001"], {"members.2": TWICE}),
            (["1001", "4040", "12", "10\x0001", "3001"], {f"members.{index}": SELECTED for index in (2, 3)}),
            (["1001", "4040", "3001", "30011"], {f"members.{index}": SELECTED for index in (1, 2, 3)}),
            ([1001], {"members.0": STRING}),
        ],
        "no_answer": [
            ("1001", "The {} field must be an object."),
            ({}, {"no_answer.type": REQUIRED}),
            ({"type": "moon"}, {"no_answer.type": SELECTED}),
            ({"type": "mobile_number"}, {"no_answer.type": SELECTED}),
            ({"type": "extension"}, {"no_answer.extension": REQUIRED}),
            ({"type": "extension", "extension": None}, {"no_answer.extension": STRING}),
            ({"type": "extension", "extension": "3001"}, {"no_answer.extension": SELECTED}),
            ({"type": "extension", "extension": "1001", "id": 1}, {"no_answer.id": PROHIBITED}),
            ({"type": "end_call", "surprise": 1}, {"no_answer.surprise": PROHIBITED}),
            ({"type": "queue", "id": 404}, {"no_answer.id": SELECTED}),
            ({"type": "queue", "id": 2**63}, {"no_answer.id": SELECTED}),
            (
                {"type": "external_num", "number": "+1 2", "prefix": "x"},
                {"no_answer.number": FORMAT, "no_answer.prefix": FORMAT},
            ),
        ],
    },
    "queues": {
        "name": [*NAMES],
        "number": [*NUMBERS],
        "strategy": [("simultaneous", SELECTED)],
        "max_wait_seconds": [(-1, BETWEEN.format("{}", 0, 86400)), (86401, BETWEEN.format("{}", 0, 86400))],
        "ring_seconds": [(4, BETWEEN.format("{}", 5, 300)), (301, BETWEEN.format("{}", 5, 300))],
        "wrap_up_seconds": [(-1, BETWEEN.format("{}", 0, 3600)), (3601, BETWEEN.format("{}", 0, 3600))],
        "greeting_id": [(404, SELECTED), (0, SELECTED), (2, SELECTED), (2**63, SELECTED), ("1", INTEGER)],
        "agents": [
            ([{"extension": "1001"}] * 101, "The {} field must not have more than 100 items."),
            (["1001"], {"agents.0": "The {} field must be an object."}),
            ([{}], {"agents.0.extension": REQUIRED}),
            ([{"extension": "1001"}, {"extension": "1001", "level": 2}], {"agents.1.extension": TWICE}),
            ([{"extension": "1001", "level": 0}], {"agents.0.level": BETWEEN.format("{}", 1, 9)}),
            ([{"extension": "1001", "level": 10}], {"agents.0.level": BETWEEN.format("{}", 1, 9)}),
            ([{"extension": "1001"}, {"extension": "3001"}], {"agents.1.extension": SELECTED}),
            ([{"extension": "x"}], {"agents.0.extension": SELECTED}),
        ],
        "timeout": [({"type": "ext_vm", "extension": "4040"}, {"timeout.extension": SELECTED})],
    },
    "ivr-menus": {
        "name": [*NAMES],
        "number": [*NUMBERS],
        "greeting_id": [(404, SELECTED), (2, SELECTED)],
        "timeout_seconds": [(0, BETWEEN.format("{}", 1, 60)), (61, BETWEEN.format("{}", 1, 60))],
        "tries": [(0, BETWEEN.format("{}", 1, 10)), (11, BETWEEN.format("{}", 1, 10))],
        "direct_dial": [(1, "The {} field must be true or false."), (None, "The {} field must be true or false.")],
        "options": [
            ([], "The {} field must be an object."),
            ({"10": {"type": "end_call"}}, {"options.10": SELECTED}),
            ({"": {"type": "end_call"}}, {"options.": SELECTED}),
            ({"a": {"type": "end_call"}}, {"options.a": SELECTED}),
            ({"1": None}, {"options.1": "The {} field must be an object."}),
            ({"1": {"type": "extension", "extension": "4040"}}, {"options.1.extension": SELECTED}),
            ({"*": {"type": "play_greeting", "id": 2}}, {"options.*.id": SELECTED}),
            ({"#": {"type": "play_greeting", "id": 1, "times": 6}}, {"options.#.times": BETWEEN.format("{}", 1, 5)}),
        ],
        "no_choice": [({"type": "ring_group", "id": 404}, {"no_choice.id": SELECTED})],
    },
    "group-mailboxes": {
        "name": [*NAMES],
        "number": [*NUMBERS],
        "pin": [
            ("123", "The {} field must be between 4 and 20 digits."),
            ("1" * 21, "The {} field must be between 4 and 20 digits."),
            ("12a4", "The {} field must be between 4 and 20 digits."),
            (1234, STRING),
        ],
        "email": [
            ("x", "The {} field must be a valid email address."),
            ("$(id)@pbx.test", "The {} field must be a valid email address."),
        ],
        "voicemail_mail": [(1, "The {} field must be true or false.")],
    },
}


@pytest.fixture(autouse=True)
async def company(office: Office, platform: httpx.AsyncClient) -> None:
    """pbx.test with the extensions 1001 and 1002 (called bob) and a greeting; other.test with 3001 and a greeting."""
    await office.add_tenant("other.test")
    for domain, numbers in ((DOMAIN, ("1001", "1002")), ("other.test", ("3001",))):
        client = office.client(await office.add_token(None, "admin"), **{"X-Tenant": domain})
        for number in numbers:
            body = {"extension_number": number, "aliases": ["bob"] if number == "1002" else []}
            assert (await client.post("/extensions", json=body)).status_code == 201
    for tenant_id in (1, 2):
        await office.add(greetings, tenant_id=tenant_id, name="Hello", format="wav", size_bytes=1, sha256="0")


async def created(client: httpx.AsyncClient, path: str, **values: Any) -> dict[str, Any]:
    answer = await client.post(f"/{path}", json={**BODIES[path], **values})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def words(field: str) -> str:
    return field.replace("_", " ")


@pytest.mark.parametrize("path", REFUSED)
async def test_values_out_of_bounds_are_refused(office: Office, admin: httpx.AsyncClient, path: str) -> None:
    """By the name of the field, with a sentence that says why; nothing is written, at creation and by a change."""
    made = await created(admin, path)
    fixed = {"number"} if path == "group-mailboxes" else set()
    before = await office.count_all()

    for field, values in REFUSED[path].items():
        for value, said in values:
            wrong = {field: said} if isinstance(said, str) else said
            errors = {name: [sentence.format(words(name))] for name, sentence in wrong.items()}
            answers = [await admin.post(f"/{path}", json={"name": "New", "number": "555", field: value})]
            if field not in fixed:
                answers.append(await admin.put(f"/{path}/{made['id']}", json={field: value}))
            for answer in answers:
                assert (answer.status_code, answer.json()["errors"]) == (422, errors), (field, value)

    assert before == await office.count_all()
    assert (await admin.get(f"/{path}/{made['id']}")).json()["data"] == made


async def test_bounds_themselves_are_taken(admin: httpx.AsyncClient) -> None:
    """The least and the most of everything, and every word that is one."""
    group = await created(admin, "ring-groups", number="6" * 10)
    queue = await created(admin, "queues", number="777")
    menu = await created(admin, "ivr-menus", number="888")
    end = {"type": "end_call"}
    wishes: list[tuple[str, list[dict[str, Any]]]] = [
        (f"ring-groups/{group['id']}", [{"strategy": each} for each in RING_STRATEGIES]),
        (f"ring-groups/{group['id']}", [{"ring_seconds": 5}, {"ring_seconds": 300}, {"members": []}]),
        (f"queues/{queue['id']}", [{"strategy": each} for each in QUEUE_STRATEGIES]),
        (f"queues/{queue['id']}", [{"max_wait_seconds": 0}, {"max_wait_seconds": 86400}, {"wrap_up_seconds": 3600}]),
        (f"queues/{queue['id']}", [{"greeting_id": 1}]),
        (f"queues/{queue['id']}", [{"greeting_id": None}]),
        (f"ivr-menus/{menu['id']}", [{"timeout_seconds": 1}, {"timeout_seconds": 60}, {"tries": 1}, {"tries": 10}]),
        (f"ivr-menus/{menu['id']}", [{"options": dict.fromkeys("0123456789*#", end)}, {"options": {}}]),
    ]
    for place, values in wishes:
        for value in values:
            answer = await admin.put(f"/{place}", json=value)
            assert answer.status_code == 200, answer.text
            assert value.items() <= answer.json()["data"].items()
    last = await admin.put(f"/queues/{queue['id']}", json={"agents": [{"extension": "1001", "level": 9}]})
    assert [each["level"] for each in last.json()["data"]["agents"]] == [9]


async def test_an_agents_level_is_the_first_unless_it_is_said(admin: httpx.AsyncClient) -> None:
    """And the order of agents is the order of the list."""
    made = await created(admin, "queues", agents=[{"extension": "1002"}, {"extension": "1001", "level": 3}])

    assert [(each["extension"], each["level"]) for each in made["agents"]] == [("1002", 1), ("1001", 3)]


async def test_options_and_no_choice_change_apart(admin: httpx.AsyncClient) -> None:
    """New options leave the last resort as it is, and the other way round."""
    end = {"type": "end_call"}
    made = await created(admin, "ivr-menus", options={"1": end, "2": end}, no_choice=end)
    place = f"/ivr-menus/{made['id']}"

    fewer = (await admin.put(place, json={"options": {"#": end}})).json()["data"]
    none = (await admin.put(place, json={"no_choice": None})).json()["data"]

    assert (fewer["options"], fewer["no_choice"]) == ({"#": end}, end)
    assert (none["options"], none["no_choice"]) == ({"#": end}, None)


@pytest.mark.parametrize("path", BODIES)
async def test_a_number_is_one_name_among_all(office: Office, admin: httpx.AsyncClient, path: str) -> None:
    """Of extensions, by number and alias, and of everything else that is dialled; in both directions."""
    others = [await created(admin, other) for other in BODIES if other != path]
    other_tenant = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "other.test"})
    taken = {"errors": {"number": ["The number has already been taken."]}}

    for number in ("1001", *(each["number"] for each in others)):
        refused = await admin.post(f"/{path}", json={"name": "Mine", "number": number})
        assert (refused.status_code, refused.json()["errors"]) == (409, taken["errors"])
    made = await created(admin, path)
    assert (await admin.post(f"/{path}", json={**BODIES[path], "name": "Again"})).status_code == 409
    if path != "group-mailboxes":
        refused = await admin.put(f"/{path}/{made['id']}", json={"number": "1001"})
        assert (refused.status_code, refused.json()["errors"]) == (409, taken["errors"])
    for wish in ({"extension_number": made["number"]}, {"extension_number": "1009", "aliases": [made["number"]]}):
        assert (await admin.post("/extensions", json=wish)).status_code == 409
    assert (await admin.put("/extensions/1001", json={"sign_in_name": made["number"]})).status_code == 409
    assert (await other_tenant.post("/extensions", json={"extension_number": made["number"]})).status_code == 201

    await admin.delete(f"/{path}/{made['id']}")
    assert (await admin.post("/extensions", json={"extension_number": made["number"]})).status_code == 201


@pytest.mark.parametrize("path", BODIES)
async def test_a_name_is_taken_once(admin: httpx.AsyncClient, path: str) -> None:
    """In a list, people tell them apart by it."""
    await created(admin, path)
    second = await created(admin, path, name="B", number="555")

    answers = [
        await admin.post(f"/{path}", json={**BODIES[path], "number": "556"}),
        await admin.put(f"/{path}/{second['id']}", json={"name": BODIES[path]["name"]}),
    ]

    assert [(each.status_code, [*each.json()["errors"]]) for each in answers] == [(409, ["name"])] * 2


@pytest.mark.parametrize("path", BODIES)
async def test_what_calls_go_on_to_is_not_deleted(office: Office, admin: httpx.AsyncClient, path: str) -> None:
    """From each place that can send them there; they move to another one when it is named."""
    target, other = await created(admin, path), await created(admin, path, name="Other", number="555")
    there = {"type": TYPES[path], "id": target["id"]}
    await admin.post("/numbers", json={"number": "0900000020"})
    await admin.put("/numbers/0900000020/destinations", json={"open": there, "closed": there})
    await admin.put("/extensions/1001/presence", json={"rules": {"away": {"in_busy": there, "ex_busy": there}}})
    slots = {"ring-groups": "no_answer", "queues": "timeout", "ivr-menus": "no_choice"}
    owners = {each: (await created(admin, each, name="X", number=f"55{n}")) for n, each in enumerate(slots)}
    for each, slot in slots.items():
        assert (await admin.put(f"/{each}/{owners[each]['id']}", json={slot: there})).status_code == 200
    users = ["number 0900000020", "ring group X", "queue X", "ivr menu X", "presence of extension 1001"]

    refused = await admin.delete(f"/{path}/{target['id']}")

    assert (refused.status_code, refused.json()["used_by"]) == (409, users)
    kind = refused.json()["errors"].popitem()[0]
    assert refused.json()["message"] == f"The {words(kind)} is in use by {', '.join(users)}."

    moved = await admin.delete(f"/{path}/{target['id']}", params={"replace_with": other["id"]})

    assert moved.status_code == 200
    there["id"] = other["id"]
    assert (await admin.get("/numbers/0900000020/destinations")).json()["data"]["open"] == there
    assert (await admin.get("/extensions/1001/presence")).json()["data"]["rules"]["away"]["in_busy"] == there
    for each, slot in slots.items():
        assert (await admin.get(f"/{each}/{owners[each]['id']}")).json()["data"][slot] == there
    assert (await office.pending())[-1]["tags"] == sorted(
        {Tag.calls(1)} | ({Tag.name(1, "900")} if path == "group-mailboxes" else set())
    )


@pytest.mark.parametrize("path", CALLED)
async def test_what_points_to_itself_goes(office: Office, admin: httpx.AsyncClient, path: str) -> None:
    """A menu that can be heard again; nothing of it stays."""
    before = await office.count_all()
    made = await created(admin, path)
    slot = {"ring-groups": "no_answer", "queues": "timeout", "ivr-menus": "no_choice"}[path]
    again = {"type": TYPES[path], "id": made["id"]}
    members: dict[str, dict[str, Any]] = {
        "ring-groups": {"members": ["1001"]},
        "queues": {"agents": [{"extension": "1001"}]},
    }
    assert (await admin.put(f"/{path}/{made['id']}", json={slot: again, **members.get(path, {})})).status_code == 200

    assert (await admin.delete(f"/{path}/{made['id']}")).status_code == 200

    after = await office.count_all()
    gone = {"destinations", "ring_group_members", "queue_agents", "taken_names"}
    assert {name: after[name] for name in gone} == {name: before[name] for name in gone}


@pytest.mark.parametrize("path", [path for path in CALLED if path != "queues"])
async def test_every_route_is_stale_and_no_switch_is_told(office: Office, admin: httpx.AsyncClient, path: str) -> None:
    """A switch keeps users, never routes."""
    await office.add_switch("fs1")
    seen = len(await office.pending())
    made = await created(admin, path)
    await admin.put(f"/{path}/{made['id']}", json={"name": "Another"})
    answer = await admin.delete(f"/{path}/{made['id']}")

    rows = (await office.pending())[seen:]

    assert [each["tags"] for each in rows] == [[Tag.calls(1)]] * 3
    assert not any(each["flush_users"] or each["flush_all"] or each["reset_pins"] for each in rows)
    assert answer.headers["X-Switch-Sync"] == "acked=0 pending=0 failed=0"


async def test_switches_are_told_of_a_queue_and_who_left_it(office: Office, admin: httpx.AsyncClient) -> None:
    """They read it anew, and drop by name who is gone; a new name is nothing to them."""
    seen = len(await office.pending())
    made = await created(admin, "queues", agents=[{"extension": "1001"}, {"extension": "1002", "level": 2}])
    place, queue = f"/queues/{made['id']}", f"{made['id']}@{DOMAIN}"
    await admin.put(place, json={"name": "Another"})
    await admin.put(place, json={"agents": [{"extension": "1002", "level": 1}]})
    await admin.put(place, json={"ring_seconds": 33})
    await admin.delete(place)

    rows = [each for each in (await office.pending())[seen:] if each["tags"]]

    assert [each["reload_queues"] for each in rows] == [[queue], [], [queue], [queue], []]
    assert [each["unload_queues"] for each in rows] == [[], [], [], [], [queue]]
    left = [[queue, f"1001@{DOMAIN}"]]
    assert [each["drop_tiers"] for each in rows] == [[], [], left, [], [[queue, f"1002@{DOMAIN}"]]]
    assert all(each["tags"] == [Tag.calls(1)] for each in rows)


async def test_a_mailbox_is_told_as_a_user(office: Office, admin: httpx.AsyncClient) -> None:
    """FreeSWITCH asks for it as for one. A PIN is reset where it is new, and where the number may be another's next."""
    me = [["900", DOMAIN]]
    seen = len(await office.pending())
    made = await created(admin, "group-mailboxes", pin="1234")
    place = f"/group-mailboxes/{made['id']}"
    await admin.put(place, json={"email": "a@pbx.test"})
    await admin.put(place, json={"pin": "1234"})
    await admin.put(place, json={"pin": None})
    await admin.delete(place)

    rows = (await office.pending())[seen:]

    assert [each["reset_pins"] for each in rows] == [me, [], me, me, me]
    assert [each["flush_users"] for each in rows] == [me] * 5
    assert {tuple(each["tags"]) for each in rows} == {(Tag.calls(1), Tag.name(1, "900"))}


async def test_a_pin_is_kept_as_a_hash_and_never_shown(office: Office, admin: httpx.AsyncClient) -> None:
    """Of the number, the domain and the PIN; null takes it away. The number can't be another one for that."""
    made = await created(admin, "group-mailboxes", pin="73914682")
    place = f"/group-mailboxes/{made['id']}"
    first = (await office.rows(group_mailboxes))[0]["vm_a1_hash"]
    changed = await admin.put(place, json={"pin": "8251"})
    second = (await office.rows(group_mailboxes))[0]["vm_a1_hash"]
    await admin.put(place, json={"pin": ""})
    renumbered = await admin.put(place, json={"number": "901"})

    assert (first, second) == (vm_a1_hash("900", DOMAIN, "73914682"), vm_a1_hash("900", DOMAIN, "8251"))
    assert (await office.rows(group_mailboxes))[0]["vm_a1_hash"] is None
    assert (renumbered.status_code, renumbered.json()["errors"]) == (
        422,
        {"number": ["The number field is prohibited."]},
    )
    rows = [row for row in await office.rows(audit) if row["object_type"] == "group_mailbox"]
    assert [row["after"]["pin"] for row in rows] == ["(changed)"] * 3
    seen = f"{rows}{made}{changed.text}{await office.pending()}"
    assert not any(secret in seen for secret in ("73914682", "8251", first, second))


async def test_members_of_another_tenant_stay_strangers(office: Office, admin: httpx.AsyncClient) -> None:
    """A tenant that has the same number gets its own extension, never the other's."""
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "other.test"})
    await other.post("/extensions", json={"extension_number": "1001"})
    await created(admin, "ring-groups", members=["1001"])
    await created(other, "ring-groups", members=["1001", "3001"])

    mine = await admin.delete("/extensions/1001")
    theirs = await other.delete("/extensions/1001")

    assert mine.json()["used_by"] == theirs.json()["used_by"] == ["ring group Sales"]
    owners = {(row["tenant_id"], row["name"]) for row in await office.rows(taken_names) if row["ring_group_id"]}
    assert owners == {(1, "600"), (2, "600")}
