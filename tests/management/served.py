"""The whole application over HTTP, for clients that know no other way."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

import schemathesis
import uvicorn

from management.app import create_app
from management.settings import ManagementSettings
from tests.management.office import Office

T = TypeVar("T")


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


@contextmanager
def furnished(settings: ManagementSettings, furnish: Callable[[Office], Awaitable[T]]) -> Iterator[tuple[str, T]]:
    """The same, after `furnish` has put something into the store; the address, and what that returned."""

    async def put() -> T:
        async with Office.opened(settings) as office:
            return await furnish(office)

    made = asyncio.run(put())
    with served(settings) as address:
        yield address, made


def schema_of(description: dict[str, Any]) -> Any:
    """What schemathesis asks by: what nobody knows in a query is ignored, and credentials are not to be left out."""
    generation = {"allow-extra-parameters": False, "with-security-parameters": False}
    config = schemathesis.Config.from_dict({"generation": generation})
    return schemathesis.openapi.from_dict(description, config=config)
