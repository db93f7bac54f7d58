"""HTTP in and out: a form body -> Query -> document -> bytes. Plain ASGI, nothing in between.

Not found is 200 with the not-found document. Whatever keeps us from answering is 503 with a short
text, never "not found": FreeSWITCH would take that for the truth.
"""

import json
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from xmlcurl.answer import Answer
from xmlcurl.at_once import at_once
from xmlcurl.deadline import within
from xmlcurl.documents import Overloaded
from xmlcurl.door import Client
from xmlcurl.gate import Gate
from xmlcurl.logs import get_log, lookup_lines, members_of
from xmlcurl.lookup import Lookup
from xmlcurl.metrics import LookupMetrics
from xmlcurl.query import MAX_BODY_BYTES
from xmlcurl.questions import Understood, understand
from xmlcurl.render.document import RenderRefused
from xmlcurl.store.reader import StoreUnavailable

Header = tuple[bytes, bytes]

SLOWEST_BODY_SECONDS: Final = 5.0
"""FreeSWITCH writes a request at once, and gives up after `timeout` of its binding."""

_XML: Final[Header] = (b"content-type", b"text/xml; charset=utf-8")
_AS_XML: Final = b"content-length: %%d\r\n%b: %b\r\n\r\n%%b" % _XML
_TEXT: Final[Header] = (b"content-type", b"text/plain; charset=utf-8")
_CLOSE: Final[Header] = (b"connection", b"close")  # the body was not read to its end
_EXPECTED_FAILURES: Final = (StoreUnavailable, RenderRefused, TimeoutError)

# The first three are words of ours, which JSON takes as they are.
_MEMBERS: Final = '"kind": "%s", "result": "%s", "source": "%s", "ms": %.2f%s'

_log = get_log()


class Refusal(Exception):
    """An HTTP status other than 200 or 503, with a short text for whoever reads it."""

    def __init__(self, status: int, text: str, *headers: Header) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Endpoint:
    """The ASGI application behind one path. With a `section`, a request for another one is not found."""

    def __init__(
        self,
        lookup: Lookup,
        gate: Gate,
        metrics: LookupMetrics,
        *,
        deadline_ms: int,
        section: str | None = None,
        body_seconds: float = SLOWEST_BODY_SECONDS,
    ) -> None:
        self._lookup = lookup
        self._gate = gate
        self._metrics = metrics
        self._deadline_seconds = deadline_ms / 1_000
        self._section = section
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._admit(scope)
            body = await within(self._body_seconds, _read(scope, receive))
        except (Refusal, TimeoutError) as exc:
            refusal = exc if isinstance(exc, Refusal) else Refusal(408, "the body did not come")
            self._metrics.refused.labels(status=str(refusal.status)).inc()
            await _respond(send, refusal.status, f"{refusal}\n".encode(), _TEXT, _CLOSE, *refusal.headers)
        except ClientGone:
            pass
        else:
            started = time.perf_counter()
            understood = understand(body)
            outcome = await self._outcome(understood)
            seconds = time.perf_counter() - started
            if isinstance(outcome, Answer):
                await _respond(send, 200, outcome.body, _XML)
            else:
                await _respond(send, 503, b"no answer now\n", _TEXT)
            # Afterwards: FreeSWITCH does not wait for our disk.
            self._tell(understood, seconds, outcome)

    def would_take(self, scope: Mapping[str, Any], length: int) -> bool:
        """Whether a request with this head, and so long a body, is let in."""
        try:
            self._admit(scope)
        except Refusal:
            return False
        return length <= MAX_BODY_BYTES

    def answer_at_once(self, body: bytes, client: Client) -> bytes | None:
        """What a 200 of `__call__` has after its status; None: only `__call__` can tell.

        For requests whose head `would_take`.
        """
        if not self._gate.admits_address(client):
            return None
        started = time.perf_counter()
        try:
            understood = understand(body)
            answer = at_once(self._answer(understood))
        except Exception:  # noqa: BLE001 - then it is told, once, where it is asked in the usual way
            return None
        self._tell(understood, time.perf_counter() - started, answer)
        return _AS_XML % (len(answer.body), answer.body)

    def _admit(self, scope: Mapping[str, Any]) -> None:
        if not self._gate.admits_address(scope.get("client")):
            raise Refusal(403, "this address may not ask")
        if not self._gate.admits_credentials(scope["headers"]):
            raise Refusal(401, "credentials are required", (b"www-authenticate", b'Basic realm="xmlcurl"'))
        if scope["method"] != "POST":
            raise Refusal(405, "only POST", (b"allow", b"POST"))

    async def _outcome(self, understood: Understood) -> Answer | Exception:
        try:
            return await within(self._deadline_seconds, self._answer(understood))
        except Exception as exc:  # noqa: BLE001 - the outermost loop: every lookup ends in an answer
            return exc

    def _answer(self, understood: Understood) -> Coroutine[Any, Any, Answer]:
        query, question, _ = understood
        is_asked_here = self._section in {None, query.section}
        return question.answer(self._lookup, query) if is_asked_here else self._lookup.not_found(query)

    def _tell(self, understood: Understood, seconds: float, outcome: Answer | Exception) -> None:
        _, question, asked = understood
        result, source = "failed", "none"
        if isinstance(outcome, Answer):
            result, source = "found" if outcome.is_found else "not_found", outcome.source
        self._metrics.answered(question.kind, result, source, seconds)
        values = (question.kind, result, source, seconds * 1_000, asked)
        if isinstance(outcome, Answer):
            lookup_lines.info("lookup", _MEMBERS, *values)
        elif isinstance(outcome, Overloaded):
            # Many at once, when there is no time to lose: as cheap a line as that of an answer.
            self._metrics.overloaded.inc()
            reason = members_of({"reason": f"Overloaded {outcome}"})
            lookup_lines.info("lookup", f"{_MEMBERS}, %s", *values, reason)
        elif isinstance(outcome, _EXPECTED_FAILURES):
            _log.error("lookup", **_line(values), reason=f"{type(outcome).__name__} {outcome}".strip())
        else:
            _log.error("lookup", **_line(values), exc_info=outcome)


def _line(values: tuple[object, ...]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(f"{{{_MEMBERS % values}}}")
    return line


async def _read(scope: Scope, receive: Receive) -> bytes:
    """The body, never more of it in memory than is allowed and one chunk."""
    announced = _header(scope, b"content-length")
    body: bytes = b""
    size = int(announced) if announced.isdigit() else 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        size = len(body)
        if size <= MAX_BODY_BYTES and not message.get("more_body", False):
            return body
    raise Refusal(413, f"the body is longer than {MAX_BODY_BYTES} bytes")


def _header(scope: Scope, name: bytes) -> bytes:
    for each, value in scope["headers"]:
        if each == name:
            found: bytes = value
            return found
    return b""


async def _respond(send: Send, status: int, body: bytes, *headers: Header) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
