"""The worker's objects, built once."""

import os
from contextlib import AbstractContextManager

from management import outbox
from management.esl.crew import Crew, Pulse
from management.esl.errors import SwitchDenied
from management.esl.repository import Store, StoreUnavailable, Switch
from management.esl.switch import Connection, end_thread
from management.esl.timing import Timing
from management.esl.watch import Link
from management.secrets import SecretUnreadable, Vault
from management.settings import ManagementSettings
from management.switch_login import UnsafeLogin, refuse_unsafe_login
from xmlcurl.store.connect import open_blocking_redis
from xmlcurl.store.engine import open_engine

REDIS_TIMEOUT_SECONDS = 2.0
CONNECTIONS_TO_DATABASE = 20


def build_crew(settings: ManagementSettings, *, owner: str) -> tuple[Crew, Pulse]:
    """Everything from the settings; connects to nothing that may be down.

    Raises:
        SettingsError: no usable key for the switches' passwords.
    """
    store = Store(open_engine(settings.database, pool_size=CONNECTIONS_TO_DATABASE))
    redis = open_blocking_redis(settings.redis, timeout_seconds=REDIS_TIMEOUT_SECONDS)
    vault = Vault.of(settings)
    _take_over(store, owner)
    pulse = Pulse()
    crew = Crew(
        store,
        redis,
        lambda switch: connect(vault, switch),
        owner=f"{owner}:{os.getpid()}",
        timing=Timing(flush_again=settings.flush_again_after_ms / 1_000),
        pulse=pulse,
        thread_ends=end_thread,
    )
    return crew, pulse


def connect(vault: Vault, switch: Switch) -> AbstractContextManager[Link]:
    """A connection that is not open yet.

    Raises:
        SwitchDenied: its password can't be read, or may not be used.
    """
    try:
        password = vault.decrypt(switch.password_encrypted)
        refuse_unsafe_login(switch.host, password)
    except (SecretUnreadable, UnsafeLogin) as exc:
        raise SwitchDenied(f"{switch.name}: {exc}") from None
    return Connection(switch.host, switch.port, password)


def _take_over(store: Store, owner: str) -> None:
    try:
        store.write([outbox.release(f"{owner}:")])
    except StoreUnavailable:
        # The leases end by themselves.
        return
