"""What Alembic runs: on the caller's connection, else (the `alembic` command) on the database of the settings."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from xmlcurl.settings import Settings, load
from xmlcurl.store.engine import open_engine
from xmlcurl.store.tables import UtcDateTime, metadata


def in_plain_types(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """A revision says what the database holds; it must not change when our own types do."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite alters a table by making a new one and copying.
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=in_plain_types,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = open_engine(load(Settings).database)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        run(connection)
    engine.dispose()
