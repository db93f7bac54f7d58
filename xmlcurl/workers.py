"""`xmlcurl serve`: one process, or `--workers N` at one address, each with its own application, lease and copies.

A process more than those N starts them, replaces one that died or stood still for five seconds, and ends them all.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from xmlcurl import logs
from xmlcurl.app import Front, create_app, require_usable_redis
from xmlcurl.door import Door
from xmlcurl.garbage import left_alone
from xmlcurl.serving import serve_by_many, serve_until_stopped
from xmlcurl.settings import Settings, load

_APPLICATION: Final = f"{__name__}:one_of_many"


def ready(workers: int) -> Callable[[], None]:
    """What serves by so many processes until SIGINT or SIGTERM, once nothing was found that would keep it from that.

    Raises:
        SettingsError: from here, something is wrong with them; from what is returned, the address is taken.
    """
    settings = load(Settings)
    # Of many, each makes its own. But one that fails while it starts would only be started again, so it is tried here.
    app = create_app(settings)
    require_usable_redis(settings)
    logs.set_up(settings.log_level)
    serve = partial(serve_until_stopped, app) if workers == 1 else partial(serve_by_many, _APPLICATION, workers)
    return partial(serve, setting="LOOKUP_BIND", bind=settings.lookup_bind, protocol=Door)


def one_of_many() -> Front:
    """The application of one process, from the environment that it inherited."""
    with left_alone():
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
