"""`xmlcurl serve --workers N`: N processes at one address, each with its own application, lease and copies.

A process more than those N starts them, replaces one that died or stood still for five seconds, and ends them all.
"""

import multiprocessing
import os
import signal
import threading
from typing import Final

from xmlcurl import logs
from xmlcurl.app import Front, create_app, require_usable_redis
from xmlcurl.door import Door
from xmlcurl.serving import serve_by_many
from xmlcurl.settings import Settings, load

_APPLICATION: Final = f"{__name__}:one_of_many"


def serve(settings: Settings, workers: int) -> None:
    """Serve by so many processes until SIGINT or SIGTERM.

    Raises:
        SettingsError: a URL can't be understood, or the address is taken.
    """
    # Said once, here: a process that fails while it starts would only be started again.
    create_app(settings)
    require_usable_redis(settings)
    logs.set_up(settings.log_level)
    serve_by_many(_APPLICATION, workers, setting="LOOKUP_BIND", bind=settings.lookup_bind, protocol=Door)


def one_of_many() -> Front:
    """The application of one process, from the environment that it inherited."""
    settings = load(Settings)
    logs.set_up(settings.log_level)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    return create_app(settings)


def _end_with_parent() -> None:
    # A parent that was killed has told nobody; another one could not listen where its children still do.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
