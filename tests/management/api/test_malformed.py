"""Bodies that are no JSON, or doubtful JSON, or far too much: refused, never a fault."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from management.web.strict import LONGEST_BODY_BYTES, parse
from tests.management.office import Office

JSON = {"Content-Type": "application/json"}
DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="half of it"),
        pytest.param(b"nonsense", id="no JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"1001"', id="a text"),
        pytest.param(b"5", id="a number"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"extension_number": "1001"} {}', id="two of them"),
        pytest.param(b'{"extension_number": "1001", "extension_number": "1002"}', id="a key twice"),
        pytest.param(b'{"extension_number": "1001", "x": {"a": 1, "a": 1}}', id="a key twice, further in"),
        pytest.param(b'{"max_concurrent": NaN}', id="NaN"),
        pytest.param(b'{"max_concurrent": -Infinity}', id="Infinity"),
        pytest.param(b'{"max_concurrent": ' + b"9" * 5_000 + b"}", id="an integer without end"),
        pytest.param(b'{"display_name": "\\ud800"}', id="half a character"),
        pytest.param(b'{"display_name": "\\udc00\\ud800"}', id="two halves in the wrong order"),
        pytest.param(b'{"\\ud800": 1}', id="half a character in a name"),
        pytest.param(b'{"display_name": "\xff"}', id="no UTF-8"),
        pytest.param('{"extension_number": "1001"}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'\xef\xbb\xbf{"extension_number": "1001"}', id="a byte order mark"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, id="deep lists"),
        pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, id="deep objects"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/extensions"), ("PUT", "/extensions/1001")])
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_is_no_object_in_json_is_malformed(
    api: httpx.AsyncClient, method: str, path: str, body: bytes
) -> None:
    """400 in the document's words."""
    answer = await api.request(method, path, content=body, headers=JSON)

    assert (answer.status_code, answer.json()) == (400, {"message": "Malformed request body"})


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_another_type_of_body_is_refused(api: httpx.AsyncClient, content_type: str) -> None:
    """415: it is not read as if it were JSON."""
    headers = {"Content-Type": content_type}

    answer = await api.post("/extensions", content=b'{"extension_number": "1001"}', headers=headers)

    assert answer.status_code == 415
    assert list(answer.json()) == ["message"]


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_json_of_another_name_is_json(api: httpx.AsyncClient) -> None:
    """With a character set, or as a +json type."""
    for number, content_type in (("1001", "application/json; charset=utf-8"), ("1002", "application/vnd.api+json")):
        body = f'{{"extension_number": "{number}"}}'.encode()
        answer = await api.post("/extensions", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 201


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_body_without_end_is_not_read_to_its_end(api: httpx.AsyncClient) -> None:
    """413 once the bound is passed, whatever its length was said to be."""
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    answer = await api.post("/extensions", content=endless(), headers=JSON)

    assert answer.status_code == 413
    assert sent <= LONGEST_BODY_BYTES + 2 * 65_536


@pytest.mark.parametrize(
    ("path", "methods"), [("/extensions", "GET, POST"), ("/extensions/1001", "DELETE, GET, PUT"), ("/changes", "GET")]
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_another_method_is_refused(api: httpx.AsyncClient, path: str, methods: str) -> None:
    """405, and what is allowed."""
    answer = await api.patch(path, json={})

    assert answer.status_code == 405
    assert answer.headers["Allow"] == methods
    assert list(answer.json()) == ["message"]


@pytest.mark.parametrize(
    "ext",
    [
        "12",
        "12345678901",
        "100a",
        "%00",
        "1001%00",
        "1001%0a",
        "-1",
        "1001'--",
        "%F0%9F%98%80",
        "%FF",
        "*",
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_is_no_number_is_not_found(api: httpx.AsyncClient, ext: str) -> None:
    """In every method; the database is not asked."""
    for method in ("GET", "PUT", "DELETE"):
        answer = await api.request(method, f"/extensions/{ext}", json={} if method == "PUT" else None)
        assert answer.status_code in {404, 405}
        assert list(answer.json()) == ["message"]


@pytest.mark.parametrize("headers", [
    pytest.param({"Accept-Language": ";;;q=,vi;q=x,\xff"}, id="a language that is none"),
    pytest.param({"Prefer": "wait=" + "9" * 5_000}, id="a wait without end"),
    pytest.param({"Prefer": "wait=-1"}, id="a negative wait"),
    pytest.param({"Prefer": ",,;;=="}, id="a preference that is none"),
    pytest.param({"X-Forwarded-For": "\xff, ::1%eth0, 1.2.3.4:80"}, id="addresses that are none"),
])  # fmt: skip
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_nonsense_in_headers_is_ignored(api: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """A header that nobody understands changes nothing."""
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    answer = await api.delete("/extensions/1001", headers=encoded)

    assert answer.status_code == 404


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_parsing_ends_in_a_value_or_a_valueerror(body: bytes) -> None:
    """Whatever the bytes are."""
    try:
        parse(body)
    except ValueError:
        return


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([
    "display_name", "team_id", "voicemail_enabled", "voicemail_pin", "recording_mode", "max_concurrent", "status",
    "outbound_caller_id", "aliases", "sign_in_name", "expires_at", "email", "mobile", "extension_number",
    "sip_password",
])  # fmt: skip


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
async def test_any_value_in_any_field_gets_an_answer(office: Office, api: httpx.AsyncClient) -> None:
    """Created, or refused with a reason; never a fault, on the database that is stricter with text."""
    loop_statuses: set[int] = set()
    bodies: list[dict[str, Any]] = []

    @settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(FIELDS, JSON_VALUES, max_size=4))
    def collect(body: dict[str, Any]) -> None:
        bodies.append(body)

    collect()
    for number, body in enumerate(bodies):
        answer = await api.post("/extensions", json={"extension_number": str(1_000 + number), **body})
        loop_statuses.add(answer.status_code)
        assert answer.status_code in {201, 409, 422}, (body, answer.text)
    assert loop_statuses >= {201, 422}
