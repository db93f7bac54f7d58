"""The gate of vendors' keys, which every dialect asks."""

from datetime import timedelta

import pytest

from management.app import services_of
from management.auth import TenantScope
from management.errors import Forbidden, TooManyRequests, Unauthenticated
from management.vendor_keys.commands import KeyCaller, KeyOwner
from tests.management.office import DOMAIN, Office
from tests.management.vendors.sencloud.program import ACTOR, Program
from xmlcurl.store.tables import partners, tenants, utc_now, vendor_keys

HERE = "192.0.2.1"


async def test_a_right_key_says_whose_it_is(office: Office) -> None:
    """When it was used is noted, once a minute, and is no change of the key."""
    tenant_id = await office.add_tenant()
    gate = services_of(office.backend).key_gate
    key = await office.add_key("sencloud", tenant_id)
    (before,) = await office.rows(vendor_keys)

    caller = await gate.prove("sencloud", *key, HERE)

    assert caller == KeyCaller(
        key_id=1, tenant=TenantScope(1, DOMAIN, "en"), partner_id=None, sdk_app_id=None, address=HERE
    )
    assert caller.actor.name == "key:1"
    (used,) = await office.rows(vendor_keys)
    assert (used["last_used_at"] is not None, used["updated_at"]) == (True, before["updated_at"])
    await gate.prove("sencloud", *key, HERE)
    assert await office.rows(vendor_keys) == [used]
    await office.change(vendor_keys, 1, last_used_at=utc_now() - timedelta(minutes=2))
    await gate.prove("sencloud", *key, HERE)
    assert (await office.rows(vendor_keys))[0]["last_used_at"] >= used["last_used_at"]


async def test_a_key_that_is_not_right_is_nobodys(office: Office) -> None:
    """Wrong, half, of another dialect, revoked, or of a tenant that was deleted: each the same."""
    services = services_of(office.backend)
    tenant_id = await office.add_tenant()
    public_id, secret = await office.add_key("sencloud", tenant_id)
    gone, gone_secret = await office.add_key("sencloud", tenant_id)
    await services.vendor_keys.revoke(KeyOwner(tenant_id), 2, actor=ACTOR)
    other_id = await office.add_tenant("other.test")
    orphan = await office.add_key("sencloud", other_id)
    await office.change(tenants, other_id, deleted_at=utc_now())

    for dialect, named, sent in (
        ("sencloud", public_id, secret[:-1]),
        ("sencloud", public_id, ""),
        ("sencloud", public_id, gone_secret),
        ("sencloud", "", secret),
        ("yeastar", public_id, secret),
        ("sencloud", gone, gone_secret),
        ("sencloud", *orphan),
    ):
        with pytest.raises(Unauthenticated):
            await services.key_gate.prove(dialect, named, sent, HERE)
    assert (await services.key_gate.prove("sencloud", public_id, secret, HERE)).key_id == 1
    for key_id in (2, 3, 4):
        with pytest.raises(Unauthenticated):
            await services.key_gate.of_id("sencloud", key_id, HERE)
    assert (await services.key_gate.of_id("sencloud", 1, HERE)).key_id == 1


async def test_a_key_that_signs_is_told_in_clear(office: Office) -> None:
    """To the dialect, which checks signatures itself; a key that is sent has nothing to tell."""
    gate = services_of(office.backend).key_gate
    tenant_id = await office.add_tenant()
    public_id, secret = await office.add_key("tencent", tenant_id, sdk_app_id=1_400_000_000)
    sent, _ = await office.add_key("sencloud", tenant_id)

    known = await gate.known("tencent", public_id, HERE)

    assert known is not None
    assert (known.secret, known.caller.sdk_app_id, secret in repr(known)) == (secret, 1_400_000_000, False)
    kept = await gate.known("sencloud", sent, HERE)
    assert kept is not None
    assert kept.secret is None
    assert await gate.known("tencent", "AKIDnobody", HERE) is None
    assert await gate.known("sencloud", public_id, HERE) is None


async def test_a_suspended_tenant_has_no_use_for_its_keys(office: Office) -> None:
    """Who it is is known, and refused."""
    gate = services_of(office.backend).key_gate
    public_id, _ = await office.add_key("tencent", await office.add_tenant(state="suspended"), sdk_app_id=1)

    for asked in (gate.known("tencent", public_id, HERE), gate.of_id("tencent", 1, HERE)):
        with pytest.raises(Forbidden):
            await asked
    sent = await office.add_key("sencloud", 1)
    with pytest.raises(Forbidden):
        await gate.prove("sencloud", *sent, HERE)


async def test_a_partner_lives_as_long_as_its_keys(office: Office) -> None:
    """A key of a deleted partner is nobody's."""
    gate = services_of(office.backend).key_gate
    public_id, secret = (await Program.of_partner(office, "Sales")).key.split(".")

    caller = await gate.prove("sencloud", public_id, secret, HERE)
    await office.change(partners, 1, deleted_at=utc_now())

    assert (caller.tenant, caller.partner_id) == (None, 1)
    with pytest.raises(Unauthenticated):
        await gate.prove("sencloud", public_id, secret, HERE)


async def test_wrong_keys_are_limited_with_wrong_tokens(office: Office) -> None:
    """By address: after ten of either a right key is refused unheard, from there alone."""
    gate = services_of(office.backend).key_gate
    key = await office.add_key("sencloud", await office.add_tenant())
    for _ in range(5):
        assert (await office.client("1|" + "x" * 40).get("/extensions")).status_code == 401
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await gate.prove("sencloud", key[0], "wrong", "127.0.0.1")

    with pytest.raises(TooManyRequests):
        await gate.prove("sencloud", *key, "127.0.0.1")
    with pytest.raises(TooManyRequests):
        await gate.known("sencloud", key[0], "127.0.0.1")
    with pytest.raises(TooManyRequests):
        await gate.failed("127.0.0.1")
    assert (await gate.prove("sencloud", *key, HERE)).key_id == 1
