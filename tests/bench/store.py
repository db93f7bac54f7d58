"""A store with as many extensions as wanted, and what FreeSWITCH asks about them."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from sqlalchemy import insert

from tests.samples import captures
from tests.seed import Seed, a1_hash
from xmlcurl.store.tables import extensions, taken_names

DOMAIN: Final = "pbx.test"
PASSWORD: Final = "a password of the bench"
FIRST_NUMBER: Final = 1_000_000
CALLED: Final = str(FIRST_NUMBER + 1)
_ROWS_AT_ONCE: Final = 5_000


def number(n: int) -> str:
    """The number of the extension `n`, counted from 0; all have the same length."""
    return str(FIRST_NUMBER + n)


def fill(url: str, count: int) -> None:
    """A tenant with `count` extensions, in an empty database."""
    seed = Seed(url)
    try:
        seed.create_tables()
        tenant_id = seed.tenant(DOMAIN, cacheable_ms=300_000)
        rows = _extensions(tenant_id, count)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            with seed.begin() as connection:
                connection.execute(insert(extensions), some)
                connection.execute(insert(taken_names), [_name(row) for row in some])
        with seed.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # As autovacuum has done by the time a store is that large.
            connection.exec_driver_sql("ANALYZE")
    finally:
        seed.close()


def _extensions(tenant_id: int, count: int) -> Iterator[dict[str, object]]:
    for n in range(count):
        yield {
            "id": n + 1,
            "tenant_id": tenant_id,
            "number": number(n),
            "sign_in_name": number(n),
            "display_name": f"Ext {number(n)}",
            "a1_hash": a1_hash(number(n), DOMAIN, PASSWORD),
            "password_encrypted": "not used by lookups",
        }


def _name(row: dict[str, object]) -> dict[str, object]:
    return {
        "tenant_id": row["tenant_id"],
        "extension_id": row["id"],
        "name": row["number"],
        "is_number": True,
        "is_sign_in": True,
        "is_alias": False,
    }


def sign_in(name: str) -> bytes:
    """A REGISTER of that extension, as one was captured: 1.1 kB."""
    return _capture("b1_register_basic", b"&user=1030&").replace(b"1030", name.encode())


def call(caller: str, called: str = CALLED) -> bytes:
    """A call between two extensions, as one was captured: 7 kB."""
    body = _capture("c1_call_1001_to_1002", b"Hunt-Destination-Number=1099&")
    return body.replace(b"1001", caller.encode()).replace(b"1099", called.encode())


def _capture(scenario: str, part: bytes) -> bytes:
    return next(each.body for each in captures() if each.scenario == scenario and part in each.body)
