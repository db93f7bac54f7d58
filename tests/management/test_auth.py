"""Who is asking: tokens at rest, in use, revoked; addresses behind proxies; guessing."""

import asyncio
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest

from management.auth import client_address
from management.settings import ManagementSettings
from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import api_tokens, tenants, utc_now

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        pytest.param("192.0.2.1", [], "192.0.2.1", id="nobody in between"),
        pytest.param("192.0.2.1", ["198.51.100.1"], "192.0.2.1", id="a stranger's header is not believed"),
        pytest.param("10.0.0.1", ["198.51.100.1"], "198.51.100.1", id="a proxy's header is"),
        pytest.param("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1", id="what the client wrote itself is not"),
        pytest.param("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1", id="nor in a header of its own"),
        pytest.param("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1", id="two proxies"),
        pytest.param("10.0.0.1", ["nonsense"], "10.0.0.1", id="no address"),
        pytest.param("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1", id="no address behind the proxy"),
        pytest.param("10.0.0.1", [""], "10.0.0.1", id="an empty header"),
        pytest.param("10.0.0.1", [], "10.0.0.1", id="a proxy that says nothing"),
        pytest.param("2001:db8::1", ["2001:db9::5"], "2001:db9::5", id="IPv6"),
        pytest.param("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1", id="a proxy in IPv6's clothes"),
        pytest.param(None, ["198.51.100.1"], None, id="no peer"),
    ],
)
def test_the_client_is_whom_the_last_proxy_saw(peer: str | None, forwarded: list[str], expected: str | None) -> None:
    """X-Forwarded-For counts only as far as listed proxies wrote it."""
    assert client_address(peer, forwarded, PROXIES) == expected


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Basic dXNlcjpwYXNz", id="another scheme"),
        pytest.param("Bearer 1", id="no secret"),
        pytest.param("Bearer 1|" + "x" * 40, id="a wrong secret"),
        pytest.param("Bearer 2|" + "x" * 40, id="no such token"),
        pytest.param("Bearer 99999999999999999999999|" + "x" * 40, id="an id beyond every integer"),
        pytest.param("Bearer -1|" + "x" * 40, id="a negative id"),
        pytest.param("Bearer \u0661|" + "x" * 40, id="digits of another script"),
        pytest.param("Bearer 1|" + "x" * 4_000, id="a long secret"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_who_has_no_token_learns_nothing(
    office: Office, api: httpx.AsyncClient, authorization: str | None
) -> None:
    """401 in the document's words, also for paths that there are not."""
    headers = [] if authorization is None else [(b"Authorization", authorization.encode())]
    client = office.client(None)

    answers = [await client.get(path, headers=headers) for path in ("/extensions", "/extensions/1001", "/nowhere")]

    for answer in answers:
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_body_is_not_read_before_the_token_is_proven(office: Office, api: httpx.AsyncClient) -> None:
    """A stranger's megabytes stay in the socket."""
    was_read = False

    async def body() -> Any:
        nonlocal was_read
        was_read = True
        yield b"{"

    answer = await office.client("1|" + "x" * 40).post("/extensions", content=body())

    assert answer.status_code == 401
    assert not was_read


async def test_tokens_at_rest_are_hashes(office: Office) -> None:
    """A thief of the database has nothing to send."""
    token = await office.add_token(await office.add_tenant(), "read")

    (row,) = await office.rows(api_tokens)

    secret = token.split("|")[1]
    assert secret not in str(row)
    assert (await office.client(f"1|{row['secret_hash'][:40]}").get("/extensions")).status_code == 401
    assert (await office.client(token).get("/extensions")).status_code == 200


async def test_a_revoked_token_is_refused_at_once(office: Office, api: httpx.AsyncClient) -> None:
    """Nothing is remembered of a token between two requests."""
    assert (await api.get("/extensions")).status_code == 200

    await office.change(api_tokens, 1, revoked_at=utc_now())

    assert (await api.get("/extensions")).status_code == 401


async def test_a_deleted_tenant_s_token_is_none(office: Office, api: httpx.AsyncClient) -> None:
    """It went with its owner."""
    await office.change(tenants, 1, deleted_at=utc_now())

    assert (await api.get("/extensions")).status_code == 401


async def test_a_suspended_tenant_may_do_nothing(office: Office, api: httpx.AsyncClient) -> None:
    """Known, and not allowed."""
    await office.change(tenants, 1, state="suspended")

    answer = await api.get("/extensions")

    assert (answer.status_code, answer.json()) == (403, {"message": "This action is unauthorized."})


@pytest.mark.parametrize(
    ("scope", "may_read", "may_write"),
    [("read", True, False), ("write", True, True), ("admin", True, True), ("unheard-of", False, False)],
)
async def test_scopes_say_what_a_token_may(office: Office, scope: str, may_read: bool, may_write: bool) -> None:
    """`admin` includes `write`, `write` includes `read`."""
    client = await office.tenant_client(DOMAIN, scope)

    read = (await client.get("/extensions")).status_code
    written = (await client.post("/extensions", json={"extension_number": "1001"})).status_code

    assert (read, written) == (200 if may_read else 403, 201 if may_write else 403)


async def test_when_a_token_was_used_is_noted_once_a_minute(office: Office, api: httpx.AsyncClient) -> None:
    """One write for many requests; a minute later the next. It is no change of the token."""
    await api.get("/extensions")
    (first,) = await office.rows(api_tokens)
    await api.get("/extensions")
    (second,) = await office.rows(api_tokens)
    await office.change(api_tokens, 1, last_used_at=utc_now() - timedelta(seconds=61), updated_at=first["updated_at"])
    await api.get("/extensions")
    (third,) = await office.rows(api_tokens)

    assert first["last_used_at"] == second["last_used_at"] <= third["last_used_at"]
    assert third["last_used_at"] > utc_now() - timedelta(seconds=30)
    assert third["updated_at"] == first["updated_at"]


async def test_a_token_of_the_platform_names_the_tenant(office: Office) -> None:
    """In X-Tenant, by its domain in any case; an unknown one is not found."""
    await office.add_tenant()
    client = office.client(await office.add_token(None, "admin"))

    answers = {
        domain: await client.get("/extensions", headers={"X-Tenant": domain})
        for domain in ("pbx.test", "PBX.Test", "other.test", "a b", "%00", "x" * 300)
    }
    unnamed = await client.get("/extensions")

    assert [answer.status_code for answer in answers.values()] == [200, 200, 404, 404, 404, 404]
    assert (unnamed.status_code, list(unnamed.json()["errors"])) == (422, ["X-Tenant"])


async def test_a_token_of_a_tenant_can_t_name_another(office: Office, api: httpx.AsyncClient) -> None:
    """Its own it may."""
    await office.add_tenant("other.test")

    assert (await api.get("/extensions", headers={"X-Tenant": "other.test"})).status_code == 404
    assert (await api.get("/extensions", headers={"X-Tenant": DOMAIN})).status_code == 200


class TestGuessing:
    """Wrong tokens are counted by address; at the limit nothing from there is looked at."""

    @pytest.fixture
    def management_settings(self, management_settings: ManagementSettings) -> ManagementSettings:
        update = {"login_failures_per_minute": 3, "trusted_proxies": (ip_network("127.0.0.0/8"),)}
        return management_settings.model_copy(update=update)

    async def test_an_address_that_guesses_is_refused_unheard(self, office: Office, api: httpx.AsyncClient) -> None:
        """429 with Retry-After, even for a right token; another address is heard."""
        guess = office.client("1|" + "x" * 40)

        guesses = [(await guess.get("/extensions")).status_code for _ in range(5)]
        blocked = await api.get("/extensions")
        elsewhere = await api.get("/extensions", headers={"X-Forwarded-For": "192.0.2.7"})

        assert guesses == [401, 401, 401, 429, 429]
        assert blocked.status_code == 429
        assert 1 <= int(blocked.headers["Retry-After"]) <= 60
        assert elsewhere.status_code == 200

    async def test_guesses_that_come_all_at_once_are_counted(self, office: Office, api: httpx.AsyncClient) -> None:
        guess = office.client("1|" + "x" * 40)

        answers = await asyncio.gather(*(guess.get("/extensions") for _ in range(12)))

        assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * 9

    async def test_a_header_does_not_hide_the_guesser(self, office: Office, api: httpx.AsyncClient) -> None:
        """Only the address that the proxy itself saw counts, not what was already in the header."""
        guess = office.client("1|" + "x" * 40)

        statuses = [
            (await guess.get("/extensions", headers={"X-Forwarded-For": f"198.51.100.{n}, 192.0.2.7"})).status_code
            for n in range(5)
        ]

        assert statuses == [401, 401, 401, 429, 429]

    async def test_a_network_of_ipv6_is_one_guesser(self, office: Office, api: httpx.AsyncClient) -> None:
        """One customer has 2^64 addresses."""
        guess = office.client("1|" + "x" * 40)

        statuses = [
            (await guess.get("/extensions", headers={"X-Forwarded-For": f"2001:db8:0:1::{n}"})).status_code
            for n in range(5)
        ]

        assert statuses == [401, 401, 401, 429, 429]

    async def test_no_token_at_all_is_no_guess(self, office: Office, api: httpx.AsyncClient) -> None:
        """A browser that looks in costs nobody anything."""
        statuses = [(await office.client(None).get("/extensions")).status_code for _ in range(5)]

        assert statuses == [401] * 5
