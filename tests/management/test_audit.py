"""The audit log: who changed what, without a secret, by an allow list of columns."""

import pytest

from management.audit import AUDITED, Actor, row
from xmlcurl.store.tables import metadata

ACTOR = Actor("token:7", "192.0.2.1")
TABLES = {"token": "api_tokens", "switch": "switches", "queue_agent": "agent_statuses"}


@pytest.mark.parametrize("object_type", sorted(AUDITED))
def test_no_secret_column_is_on_the_list(object_type: str) -> None:
    """Hashes and encrypted columns stay out, whatever they are called."""
    assert not [name for name in AUDITED[object_type] if "hash" in name or "encrypted" in name or "password" in name]


OF_OTHER_TABLES = {
    "aliases", "members", "no_answer", "agents", "timeout", "options", "no_choice", "gateway_ids", "route_ids",
}  # fmt: skip


def test_the_list_names_columns_that_there_are() -> None:
    """A renamed column must not vanish from the log silently."""
    for object_type, names in AUDITED.items():
        table = metadata.tables.get(TABLES.get(object_type, f"{object_type}s"))
        if table is not None:
            assert names - OF_OTHER_TABLES <= set(table.c.keys()), object_type


def test_only_what_differs_is_kept() -> None:
    """Of a change: before and after of the columns that moved."""
    before = {"number": "1001", "display_name": "Mac", "status": "active", "a1_hash": "0" * 32}
    after = {"number": "1001", "display_name": "Bob", "status": "active", "a1_hash": "1" * 32}

    kept = row(ACTOR, "extension.update", "extension", 5, tenant_id=1, before=before, after=after)

    assert (kept["before"], kept["after"]) == ({"display_name": "Mac"}, {"display_name": "Bob"})
    assert (kept["actor"], kept["address"], kept["object_id"], kept["tenant_id"]) == ("token:7", "192.0.2.1", "5", 1)


def test_a_secret_is_named_and_not_told() -> None:
    """That a PIN changed is worth knowing; to what is nobody's business."""
    kept = row(ACTOR, "extension.update", "extension", 5, tenant_id=1, before={}, after={}, secrets_changed=("pin",))

    assert kept["after"] == {"pin": "(changed)"}


def test_an_unknown_type_of_object_is_a_mistake() -> None:
    """Somebody has to think about what may be shown first."""
    with pytest.raises(KeyError):
        row(ACTOR, "gateway.create", "nobody", 1, tenant_id=1, after={"password": "x"})
