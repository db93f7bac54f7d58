"""Partners and vendors' keys by the command line."""

import pytest

from tests.management.terminal import Terminal
from xmlcurl.store.tables import audit, partners, vendor_keys

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_keys_of_a_tenant_and_of_a_partner(terminal: Terminal) -> None:
    """Shown once, listed without their secrets, revoked."""
    partner = terminal.done("partner", "add", "Sales")
    of_tenant = ("--tenant", "PBX.test")
    of_partner = ("--partner", str(partner["id"]))

    made = terminal.done("vendor-key", "add", "sencloud", *of_tenant, "--name", "CRM")
    theirs = terminal.done("vendor-key", "add", "sencloud", *of_partner)
    signing = terminal.done("vendor-key", "add", "tencent", *of_tenant, "--sdk-app-id", "1400000000")

    assert (made["dialect"], made["name"], made["public_id"][:3]) == ("sencloud", "CRM", "sck")
    assert [each["id"] for each in terminal.done("vendor-key", "list", *of_tenant)] == [signing["id"], made["id"]]
    assert [each["id"] for each in terminal.done("vendor-key", "list", *of_partner)] == [theirs["id"]]
    for key in (made, theirs, signing):
        assert key["secret"] not in str(terminal.done("vendor-key", "list", *of_tenant))
        assert key["secret"] not in str(terminal.rows(audit))
    terminal.refused("vendor-key", "revoke", str(theirs["id"]), *of_tenant)
    assert terminal.done("vendor-key", "revoke", str(theirs["id"]), *of_partner) == {"revoked": True}
    revoked = {row["id"]: row["revoked_at"] is not None for row in terminal.rows(vendor_keys)}
    assert revoked == {made["id"]: False, theirs["id"]: True, signing["id"]: False}


def test_a_key_is_somebodys(terminal: Terminal) -> None:
    """Of a tenant or of a partner, which has keys of one dialect alone."""
    terminal.done("partner", "add", "Sales")

    for owner in ((), ("--tenant", "pbx.test", "--partner", "1")):
        terminal.refused("vendor-key", "add", "sencloud", *owner, status=2)
    assert "dialect" in terminal.refused("vendor-key", "add", "yeastar", "--partner", "1")
    terminal.refused("vendor-key", "add", "sencloud", "--partner", "7")
    assert terminal.rows(vendor_keys) == []


def test_the_life_of_a_partner(terminal: Terminal) -> None:
    """Made, named anew, listed, deleted."""
    made = terminal.done("partner", "add", "Sales")
    terminal.done("partner", "update", str(made["id"]), "--name", "Sells")

    assert [each["name"] for each in terminal.done("partner", "list", "--search", "sel")] == ["Sells"]
    terminal.done("partner", "delete", str(made["id"]))
    assert terminal.done("partner", "list") == []
    assert [row["deleted_at"] is not None for row in terminal.rows(partners)] == [True]
