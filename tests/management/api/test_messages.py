"""Sentences in two languages, the document's to the letter."""

import re

import pytest

from management.errors import Broken
from management.web import messages
from management.web.messages import MESSAGES, language_of, sentence
from tests.management.office import Office

VIETNAMESE = "Giá trị đã chọn cho outbound caller id không hợp lệ."


@pytest.mark.parametrize(
    ("tenant_language", "accept", "expected"),
    [
        pytest.param("en", "vi", VIETNAMESE, id="the client wants Vietnamese"),
        pytest.param("vi", None, VIETNAMESE, id="the tenant is Vietnamese"),
        pytest.param("vi", "en", "The selected outbound caller id is invalid.", id="the client knows better"),
        pytest.param("en", None, "The selected outbound caller id is invalid.", id="English else"),
        pytest.param("vi", "fr, *;q=0.5", VIETNAMESE, id="the client wants what there is not"),
    ],
)
async def test_the_sentence_of_the_document(
    office: Office, tenant_language: str, accept: str | None, expected: str
) -> None:
    """POST and PUT with a number that is not in /caller-ids."""
    client = await office.tenant_client(language=tenant_language)
    headers = {"Accept-Language": accept} if accept else {}
    await client.post("/extensions", json={"extension_number": "1001"})

    created = await client.post(
        "/extensions", json={"extension_number": "1002", "outbound_caller_id": "0900000020"}, headers=headers
    )
    changed = await client.put("/extensions/1001", json={"outbound_caller_id": "0900000020"}, headers=headers)

    for answer in (created, changed):
        assert (answer.status_code, answer.json()["errors"]) == (422, {"outbound_caller_id": [expected]})


async def test_the_platform_is_answered_in_the_language_of_the_tenant_it_names(office: Office) -> None:
    """The object is the tenant's, so is the language."""
    await office.add_tenant(language="vi")
    client = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "pbx.test"})

    answer = await client.post("/extensions", json={"extension_number": "1002", "outbound_caller_id": "0900000020"})

    assert answer.json()["errors"] == {"outbound_caller_id": [VIETNAMESE]}


async def test_a_long_text_is_counted_in_characters(office: Office) -> None:
    """In the query as in a body: a client shows the sentence."""
    client = await office.tenant_client()

    answer = await client.get("/extensions", params={"search": "x" * 101})

    assert answer.json()["errors"] == {"search": ["The search field must not be greater than 100 characters."]}


async def test_documented_words_are_not_translated(office: Office) -> None:
    """Clients compare them."""
    client = await office.tenant_client(language="vi")

    answers = [
        await client.get("/extensions/1001"),
        await client.post("/extensions", content=b"{", headers={"Content-Type": "application/json"}),
        await office.client(None, **{"Accept-Language": "vi"}).get("/extensions"),
    ]

    assert [answer.json()["message"] for answer in answers] == [
        "Resource not found",
        "Malformed request body",
        "Unauthenticated.",
    ]


@pytest.mark.parametrize(
    ("accepted", "tenant", "language"),
    [
        pytest.param([], None, "en", id="nothing"),
        pytest.param(["vi"], None, "vi", id="Vietnamese"),
        pytest.param(["vi-VN,vi;q=0.9,en-US;q=0.8"], None, "vi", id="as a browser says it"),
        pytest.param(["en;q=0.1, vi;q=0.2"], None, "vi", id="by weight, not by place"),
        pytest.param(["vi;q=0, en;q=0.1"], "vi", "en", id="a weight of zero is a no"),
        pytest.param(["fr"], "vi", "vi", id="the tenant's, else"),
        pytest.param(["en", "vi;q=0.9"], None, "en", id="over several headers"),
        pytest.param(["VI"], None, "vi", id="in any case"),
    ],
)
def test_the_language_that_is_wanted(accepted: list[str], tenant: str | None, language: str) -> None:
    """Accept-Language before the tenant's."""
    assert language_of(accepted, tenant) == language


@pytest.mark.parametrize("rule", sorted(MESSAGES))
def test_both_languages_say_the_same_things(rule: str) -> None:
    """Each parameter of one sentence is in the other, and no placeholder is left."""
    english, vietnamese = (set(re.findall(r":\w+", text)) for text in MESSAGES[rule])
    parameters = {name.removeprefix(":"): 5 for name in english - {":attribute"}}

    assert english == vietnamese
    assert not re.search(r":\w", sentence("a_field", Broken(rule, parameters), "vi"))


def test_every_rule_that_pydantic_s_errors_become_has_a_sentence() -> None:
    """A refusal must not end in a fault."""
    from management.web.errors import _RULES  # noqa: PLC0415 - what is checked is that table

    assert set(_RULES.values()) <= MESSAGES.keys()
    assert {messages.INVALID.keys() == {"en", "vi"}, messages.UNAVAILABLE.keys() == {"en", "vi"}} == {True}
