"""What a phone wants changed, passed on to management: lookups write nothing themselves.

POST {by_phone_url}/by-phone, `Authorization: Bearer {by_phone_secret}`, {"domain", "kind", "number", "digits"}. Only
the status of the answer counts: 204 it is done, 422 it can't be, anything else: nobody knows.
"""

import asyncio
import json
import ssl
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import h11
from pydantic import SecretStr

from xmlcurl.at_once import about_to_ask
from xmlcurl.logs import get_log
from xmlcurl.store.model import Wish

SHARE_OF_DEADLINE: Final = 0.7
"""Of a lookup's time; the rest is for finding out what the phone wants, and for telling it what became of it."""

PATH: Final = "/by-phone"

_CHUNK_BYTES: Final = 4_096

log = get_log()


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    """Or perhaps done: to ask again does no harm, since a wish says what shall be, not what shall be turned round."""


class Management:
    """The management process, over HTTP. A connection for each wish: they are rare."""

    def __init__(self, url: str, secret: SecretStr, *, lookup_deadline_ms: int) -> None:
        """`url`: http or https, whose certificate is checked."""
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._path = parts.path.rstrip("/") + PATH
        self._secret = secret
        self._seconds = lookup_deadline_ms / 1_000 * SHARE_OF_DEADLINE

    async def carry_out(self, domain: str, wish: Wish) -> Outcome:
        """Never raises: whoever dialled must hear something."""
        about_to_ask()
        said = {"domain": domain, "kind": wish.kind, "number": wish.number, "digits": wish.digits}
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._status(json.dumps(said).encode())
        except (OSError, TimeoutError, h11.RemoteProtocolError) as exc:
            # By its class alone: the message is not ours.
            log.warning("by_phone_failed", kind=wish.kind, reason=type(exc).__name__)
            return Outcome.FAILED
        if status in {204, 422}:
            return Outcome.DONE if status == 204 else Outcome.REFUSED
        log.warning("by_phone_failed", kind=wish.kind, reason=f"status {status}")
        return Outcome.FAILED

    async def _status(self, body: bytes) -> int:
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        try:
            connection = h11.Connection(h11.CLIENT)
            writer.write(b"".join(connection.send(event) or b"" for event in self._request(body)))
            while True:
                event = connection.next_event()
                if isinstance(event, h11.Response):
                    return event.status_code
                if isinstance(event, h11.ConnectionClosed):
                    raise ConnectionResetError
                if event is h11.NEED_DATA:
                    connection.receive_data(await reader.read(_CHUNK_BYTES))
        finally:
            writer.close()

    def _request(self, body: bytes) -> tuple[h11.Event, ...]:
        headers = {
            "Host": f"{self._host}:{self._port}",
            "Authorization": f"Bearer {self._secret.get_secret_value()}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        head = h11.Request(method="POST", target=self._path, headers=[*headers.items()])
        return head, h11.Data(data=body), h11.EndOfMessage()
