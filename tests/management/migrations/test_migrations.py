"""The revisions lead to the schema that the code has, from nothing and back, also when several start at once."""

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, TextClause, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.type_api import TypeEngine

from management.migrations import downgrade, migrate
from tests.conftest import create_tables, fresh_metadata
from xmlcurl.store.engine import open_engine
from xmlcurl.store.tables import extensions, metadata, taken_names, teams, tenants

PROCESSES = 2
FIRST_ROWS = """
INSERT INTO tenants (id, domain, name, state, time_zone, language, cacheable_ms, created_at, updated_at)
VALUES (3, 'pbx.test', 'First', 'active', 'UTC', 'en', 0, '2026-01-01 00:00:00', '2026-01-01 00:00:00');

INSERT INTO extensions (
    id, tenant_id, number, sign_in_name, status, a1_hash, password_encrypted, credentials_revision, max_concurrent,
    concurrent_registrations, tls_enabled, recording_mode, voicemail_enabled, voicemail_mail, voicemail_attach,
    voicemail_delete_after_mail, outbound_calls_disabled, outside_hours_calls_disabled, international_calls_disabled,
    created_at, updated_at)
VALUES (
    7, 3, '1001', '1001', 'active', 'hash', 'secret', 1, 2,
    1, false, 'none', false, false, false,
    false, false, false, false,
    '2026-01-01 00:00:00', '2026-01-01 00:00:00');

INSERT INTO extension_names (tenant_id, extension_id, name, is_number, is_sign_in, is_alias)
VALUES (3, 7, '1001', true, true, false), (3, 7, 'desk', false, false, true)
"""
"""What a database of revision 0001 may hold."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """On the database that the test migrates."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def test_up_down_and_up_again(database_url: str, engine: Engine) -> None:
    """Every revision can be taken back, and nothing of it stays."""
    migrate(database_url)
    assert set(metadata.tables) < set(inspect(engine).get_table_names())

    downgrade(database_url)
    assert inspect(engine).get_table_names() == ["alembic_version"]

    migrate(database_url)
    assert set(metadata.tables) < set(inspect(engine).get_table_names())


def test_a_second_migration_changes_nothing(database_url: str, engine: Engine) -> None:
    """It keeps what is stored."""
    migrate(database_url)
    with engine.begin() as connection:
        connection.execute(insert(tenants).values(domain="pbx.test", name="Kept"))

    migrate(database_url)

    with engine.connect() as connection:
        assert connection.execute(select(tenants.c.name)).scalar_one() == "Kept"


def test_autogenerate_finds_no_difference(database_url: str, engine: Engine) -> None:
    """Tables and revisions say the same."""
    migrate(database_url)

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]},
        )
        assert compare_metadata(context, metadata) == []


def test_the_revisions_make_what_the_tables_make(database_url: str, engine: Engine) -> None:
    """Also where autogenerate does not look: conditions of checks and of partial indexes, AUTOINCREMENT."""
    create_tables(database_url.replace("+aiosqlite", ""))
    expected = _schema(engine)
    fresh_metadata().drop_all(engine)

    migrate(database_url)

    assert expected == _schema(engine)


def test_extensions_keep_their_names_when_other_things_get_names_too(database_url: str, engine: Engine) -> None:
    """Revision 0002 moves names to a table that ring groups and queues share, and back."""
    migrate(database_url, "0001")
    with engine.execution_options(writes=True).begin() as connection:
        for statement in FIRST_ROWS.split(";"):
            connection.execute(text(statement))

    migrate(database_url, "0002")
    with engine.connect() as connection:
        kept = select(taken_names.c.name, taken_names.c.is_alias, extensions.c.presence_status).join(extensions)
        assert list(connection.execute(kept)) == [("1001", False, "available"), ("desk", True, "available")]

    downgrade(database_url, "0001")
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name, extension_id FROM extension_names ORDER BY id"))
        assert list(names) == [("1001", 7), ("desk", 7)]


def test_processes_that_start_together_wait_for_one_another(database_url: str, engine: Engine) -> None:
    """One of them migrates, the others find it done; none fails."""
    program = f"""
from management.migrations import migrate
print("ready", flush=True)
input()
migrate({database_url!r})
"""
    command = [sys.executable, "-c", program]
    processes = [Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) for _ in range(PROCESSES)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    complaints = [process.communicate(timeout=50)[1] for process in processes]

    assert complaints == [""] * PROCESSES
    assert set(metadata.tables) < set(inspect(engine).get_table_names())


def test_a_failed_migration_leaves_nothing_behind(database_url: str, engine: Engine) -> None:
    """All of it or nothing: here the last table is in the way."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE audit (id INTEGER)"))

    with pytest.raises(Exception, match="already exists"):
        migrate(database_url)

    assert inspect(engine).get_table_names() == ["audit"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_foreign_keys_hold_after_a_migration(database_url: str, engine: Engine) -> None:
    """They are off only on the connection that migrates."""
    migrate(database_url)

    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(teams).values(tenant_id=404, name="Nobody's"))


def test_the_data_folder_is_made_private(tmp_path: Path) -> None:
    """The database holds hashes that are as good as passwords."""
    folder = tmp_path / "data"

    migrate(f"sqlite+aiosqlite:///{folder}/xmlcurl.sqlite")

    assert folder.stat().st_mode & 0o777 == 0o700


def _schema(engine: Engine) -> dict[str, Any]:
    """All that the database knows about its tables, as plain comparable values."""
    inspector = inspect(engine)
    schema: dict[str, Any] = {
        table: {
            "columns": [_plain(column) for column in inspector.get_columns(table)],
            "primary key": _plain(inspector.get_pk_constraint(table)),
            "links": sorted(_plain(link) for link in inspector.get_foreign_keys(table)),
            "indexes": sorted(_plain(index) for index in inspector.get_indexes(table)),
            "unique": sorted(_plain(unique) for unique in inspector.get_unique_constraints(table)),
            "checks": sorted(_plain(check) for check in inspector.get_check_constraints(table)),
        }
        for table in sorted(metadata.tables)
    }
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            statement = text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name")
            schema["autoincrement"] = list(connection.execute(statement).scalars())
    return schema


def _plain(reflected: Any) -> str:
    return repr({name: _text(value) for name, value in sorted(reflected.items())})


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _text(each) for name, each in value.items()}
    return str(value) if isinstance(value, TextClause | TypeEngine) else value
