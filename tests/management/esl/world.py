"""A store with a tenant, extensions and switches, and changes as the API commits them. For tests of the worker."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, insert, select, update

from management import outbox
from management.effects import Effects
from management.esl.repository import Store
from tests.fakes.freeswitch import FreeSwitch
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import audit, changes, extensions, switches, taken_names, tenants

DOMAIN = "pbx.test"


class World:
    """Writes rows directly, as somebody else's transaction would."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = Store(engine)
        self._writing = engine.execution_options(writes=True)

    def add_tenant(self, domain: str = DOMAIN, **values: Any) -> int:
        return self._insert(insert(tenants).values(domain=domain, name=domain, **values))

    def add_extension(self, tenant_id: int, number: str, *also: str, **values: Any) -> int:
        row = {"sign_in_name": number, "a1_hash": "0" * 32, "password_encrypted": "x", **values}
        extension_id = self._insert(insert(extensions).values(tenant_id=tenant_id, number=number, **row))
        for name in (number, *also):
            self._insert(
                insert(taken_names).values(
                    tenant_id=tenant_id, extension_id=extension_id, name=name, is_number=name == number
                )
            )
        return extension_id

    def change_extension(self, extension_id: int, **values: Any) -> None:
        self.write(update(extensions).where(extensions.c.id == extension_id).values(**values))

    def add_switch(self, switch: FreeSwitch, name: str = "fs1", **values: Any) -> int:
        row = {"host": "127.0.0.1", "port": switch.port, "sofia_profiles": ["internal", "external"]}
        return self._insert(insert(switches).values(**{"name": name, "password_encrypted": "x", **row, **values}))

    def commit(self, effects: Effects, *, tenant_id: int | None = None) -> str:
        """A change: the rows that the API's transaction leaves; gives their group."""
        group_id = uuid4().hex
        self.write(outbox.append(group_id, effects, tenant_id=tenant_id))
        return group_id

    def commit_for_switch(self, effects: Effects, switch_id: int) -> str:
        """As `commit`, without the row for the caches: nobody but the switch's thread purges."""
        group_id = uuid4().hex
        self.write(insert(changes).values(group_id=group_id, switch_id=switch_id, effects=effects.to_json()))
        return group_id

    def commit_expiry(self, extension_id: int, tenant_id: int, *, in_seconds: float) -> None:
        due_at = datetime.now(UTC) + timedelta(seconds=in_seconds)
        self.write(outbox.append_expiry(uuid4().hex, extension_id, tenant_id=tenant_id, due_at=due_at))

    def write(self, *statements: Any) -> None:
        with self._writing.begin() as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, group_id: str | None = None) -> list[Any]:
        """Rows of the outbox, oldest first."""
        wanted = select(changes).order_by(changes.c.id)
        if group_id is not None:
            wanted = wanted.where(changes.c.group_id == group_id)
        with self.engine.begin() as connection:
            return list(connection.execute(wanted).all())

    def states(self, group_id: str) -> list[str]:
        """Of the rows for switches."""
        return [row.state for row in self.rows(group_id) if row.switch_id is not None]

    def audited(self) -> list[Any]:
        with self.engine.begin() as connection:
            return list(connection.execute(select(audit).order_by(audit.c.id)).all())

    def _insert(self, statement: Any) -> int:
        with self._writing.begin() as connection:
            key = connection.execute(statement).inserted_primary_key
        assert key is not None
        return int(key[0])


class Hold:
    """Keeps a switch from answering one command until `release` is set."""

    def __init__(self, switch: FreeSwitch) -> None:
        self.asked = threading.Event()
        self.release = threading.Event()
        self._flush = switch.cache.flush
        switch.cache.flush = self.flush  # type: ignore[method-assign]

    def flush(self, arguments: str) -> str:
        if arguments == "id 1001 pbx.test":
            self.asked.set()
            self.release.wait(20)
        return self._flush(arguments)


def change_of(number: str, *, tenant_id: int = 1, extension_id: int = 1, drop: bool = False) -> Effects:
    """An extension was changed; `drop`: its password too."""
    user = frozenset({(number, DOMAIN)})
    return Effects(
        tags=frozenset({Tag.extension(tenant_id, extension_id)}),
        guards=frozenset({Tag.tenant(tenant_id)}),
        flush_users=user,
        drop_registrations=user if drop else frozenset(),
    )


def eventually(claim: Callable[[], object], *, seconds: float = 15.0) -> bool:
    """Whether `claim` became true in time; for what happens in another thread or process."""
    until = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
