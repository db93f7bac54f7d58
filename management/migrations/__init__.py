"""The schema's history: `migrate` brings a database to the newest revision, whoever else tries at the same moment.

A new revision: change `xmlcurl/store/tables.py`, run `alembic revision --autogenerate -m "why"`, read and
correct what it wrote. The tests fail while the tables and the revisions differ.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import OperationalError

from management.errors import Unavailable
from xmlcurl.store.engine import open_engine

_LOCK_ID: Final = 0x786D6C6375726C
"""The advisory lock on PostgreSQL that one migration holds: "xmlcurl" in ASCII, so that nobody else takes it."""


class SchemaOutdated(Exception):
    """The database is not at the newest revision."""


def require_current(url: str) -> None:
    """Raises SchemaOutdated unless `migrate` would find nothing to do; then no statement meets a missing column."""
    _make_folder(url)
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            config = configuration(connection)
            found = MigrationContext.configure(connection).get_current_revision()
        if found != ScriptDirectory.from_config(config).get_current_head():
            raise SchemaOutdated(f"the schema of the database is {found or 'not there'}: run `management migrate`")
    except OperationalError as exc:
        raise Unavailable("the database does not answer") from exc
    finally:
        engine.dispose()


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`: all the way or, on any failure, not at all.

    Processes that start together wait for one another; the second finds nothing to do.
    """
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str = "base") -> None:
    """Take the database back to `revision`. What newer revisions hold is lost."""
    _run(url, lambda config: command.downgrade(config, revision))


def configuration(connection: Connection) -> Config:
    """Alembic's, for the scripts beside this file and a connection in a transaction of the caller's."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _run(url: str, step: Callable[[Config], None]) -> None:
    _make_folder(url)
    engine = open_engine(url)
    try:
        with engine.connect().execution_options(writes=True) as connection:
            _release_links(connection)
            with connection.begin():
                _wait_for_others(connection)
                step(configuration(connection))
                _check_links(connection)
    finally:
        engine.dispose()


def _make_folder(url: str) -> None:
    # For its owner alone: the file holds hashes that are as good as passwords.
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _release_links(connection: Connection) -> None:
    # SQLite can change a table only by making it anew. With foreign keys on, dropping the old one
    # would delete or refuse rows; and inside a transaction the pragma is ignored without a word.
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert driver is not None, "a connection that is open has its driver's"  # noqa: S101 - a fact for mypy
        driver.execute("PRAGMA foreign_keys = OFF")


def _wait_for_others(connection: Connection) -> None:
    # On SQLite, BEGIN IMMEDIATE has done it.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})


def _check_links(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError("the migration left rows that point to nothing; nothing was changed")
