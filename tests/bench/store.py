"""A store with as many extensions as wanted, and what FreeSWITCH asks about them."""

from hashlib import md5
from typing import Any, Final

from sqlalchemy import Connection, Select, String, Table, cast, func, insert, literal, select, true

from tests.samples import captures
from tests.seed import Seed
from xmlcurl.store.tables import extensions, taken_names, tenants

DOMAIN: Final = "pbx.test"
PASSWORD: Final = "a password of the bench"
FIRST_NUMBER: Final = 1_000_000
CALLED: Final = str(FIRST_NUMBER + 1)
EXTENSIONS_OF_A_TENANT: Final = 1_000


def number(n: int) -> str:
    """The number of the extension `n`, counted from 0; all have the same length."""
    return str(FIRST_NUMBER + n)


def domain(tenant: int) -> str:
    """Of the tenant with that id."""
    return DOMAIN if tenant == 1 else f"pbx{tenant}.test"


def phone(n: int, count: int) -> tuple[str, str]:
    """The number and the domain of the extension `n` of a store with `count`."""
    tenants = tenants_of(count)
    return number(n // tenants), domain(n % tenants + 1)


def tenants_of(count: int) -> int:
    """How many share so many extensions."""
    return max(1, count // EXTENSIONS_OF_A_TENANT)


def fill(url: str, count: int) -> None:
    """`count` extensions in an empty database, each tenant with `EXTENSIONS_OF_A_TENANT` of them."""
    seed = Seed(url)
    try:
        seed.create_tables()
        with seed.begin() as connection:
            ids = range(1, tenants_of(count) + 1)
            rows = [{"domain": domain(each), "name": domain(each), "cacheable_ms": 300_000} for each in ids]
            connection.execute(insert(tenants), rows)
            _insert(connection, extensions, _extensions(count))
            _insert(connection, taken_names, _names())
        with seed.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # As autovacuum has done by the time a store is that large.
            connection.exec_driver_sql("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE")
    finally:
        seed.close()


def _extensions(count: int) -> Select[Any]:
    """Made by the database itself: a million rows from here would take minutes."""
    first = select(literal(0).label("n")).cte("series", recursive=True)
    series = first.union_all(select(first.c.n + 1).where(first.c.n < count - 1))
    digits = cast(FIRST_NUMBER + series.c.n // tenants_of(count), String)
    hashed = digits.concat(":").concat(tenants.c.domain).concat(f":{PASSWORD}")
    return select(
        tenants.c.id.label("tenant_id"),
        digits.label("number"),
        digits.label("sign_in_name"),
        literal("Ext ").concat(digits).label("display_name"),
        func.md5(hashed).label("a1_hash"),
        literal("not used by lookups").label("password_encrypted"),
    ).join_from(series, tenants, tenants.c.id == series.c.n % tenants_of(count) + 1)


def _names() -> Select[Any]:
    return select(
        extensions.c.tenant_id,
        extensions.c.id.label("extension_id"),
        extensions.c.number.label("name"),
        true().label("is_number"),
        true().label("is_sign_in"),
    )


def _insert(connection: Connection, table: Table, rows: Select[Any]) -> None:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("md5", 1, lambda text: md5(text.encode(), usedforsecurity=False).hexdigest())
    connection.execute(insert(table).from_select(list(rows.selected_columns.keys()), rows))


def sign_in(name: str, domain: str = DOMAIN) -> bytes:
    """A REGISTER of that extension, as one was captured: 1.1 kB."""
    body = _capture("b1_register_basic", b"&user=1030&").replace(b"1030", name.encode())
    return body.replace(DOMAIN.encode(), domain.encode())


def call(caller: str, called: str = CALLED) -> bytes:
    """A call between two extensions, as one was captured: 7 kB."""
    body = _capture("c1_call_1001_to_1002", b"Hunt-Destination-Number=1099&")
    return body.replace(b"1001", caller.encode()).replace(b"1099", called.encode())


def _capture(scenario: str, part: bytes) -> bytes:
    return next(each.body for each in captures() if each.scenario == scenario and part in each.body)
