"""The whole application over HTTP, for clients that know no other way."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import uvicorn

from management.app import create_app
from management.settings import ManagementSettings


@contextmanager
def served(settings: ManagementSettings) -> Iterator[str]:
    """The whole application on a port of loopback, with an event loop of its own; its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        config = uvicorn.Config(create_app(settings), log_config=None, proxy_headers=False, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
