"""How lookups come in: as uvicorn reads HTTP, but for two things that it does for nobody else.

A crowd is turned away unread. And what this process holds itself is answered without a task, a scope and messages of
ASGI, which cost more than the lookup. The heads of FreeSWITCH's requests differ in the length of the body only. So a
head that uvicorn has read, and that was let in, is known again by its bytes: what follows is the body. Whatever else
comes, or comes in parts, is uvicorn's to read.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MOST_AT_WORK: Final = 512
"""Lookups of one process that may be at work; their first steps take a third of the shortest usual deadline."""

MOST_HEADS: Final = 8_192
"""So many heads are known, one for each length of a body; the first ones go first."""

LONGEST_HEAD: Final = 1_024
"""What is longer, in bytes, FreeSWITCH has not written."""

PLAIN_HEADERS: Final = frozenset(
    {b"host", b"authorization", b"user-agent", b"accept", b"content-length", b"content-type"}
)
"""None of them changes how the body is read, or how it is answered; a head with any other one is not remembered."""

_TURNED_AWAY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 14\r\nconnection: close\r\n\r\nno answer now\n"
)

Client = tuple[str, int] | None
AnswerAtOnce = Callable[[bytes, Client], bytes | None]
"""Given a body and who sent it: headers and body of a 200, or None if only the usual way gives the answer."""


class Head(NamedTuple):
    """How long the body behind it is, and who answers."""

    length: int
    answer: AnswerAtOnce


class Lookups(Protocol):
    """The application behind the door."""

    heads: dict[bytes, Head]
    """Those that are known."""

    def turned_away(self) -> None:
        """Somebody did not get in."""

    def answers_at_once(self, scope: Mapping[str, Any], length: int) -> AnswerAtOnce | None:
        """Who might, if this head comes again with a body of that length; None: nobody would let it in."""


class Door(HttpToolsProtocol):
    """One connection.

    Of uvicorn it takes for granted, beside what every protocol of asyncio has: that a request is in `cycle` with what
    came of its body when the bytes were read, that an answer begins with `default_headers`, and that
    `on_response_complete` prepares for the next request.
    """

    _is_unread = True
    """Whether uvicorn has read none of it: then the next byte begins a request."""

    def data_received(self, data: bytes) -> None:
        # Health and metrics are still told: whoever asks for them would take a crowd for a failure. No part of a
        # body begins so: a form has no blanks.
        if len(self.tasks) >= MOST_AT_WORK and data.startswith(b"POST "):
            self.transport.write(_TURNED_AWAY)
            self.transport.close()
            self._lookups.turned_away()
        elif not (self._is_unread and self._is_answered(data)):
            super().data_received(data)
            if self._is_unread:
                self._is_unread = False
                self._remember(data)

    @property
    def _lookups(self) -> Lookups:
        return cast(Lookups, self.app)

    def _is_answered(self, data: bytes) -> bool:
        head, body = _parted(data)
        known = self._lookups.heads.get(head)
        if known is None or known.length != len(body) or self.flow.write_paused:
            return False
        answer = known.answer(body, self.client)
        if answer is None:
            return False
        lines = [b"%s: %s\r\n" % header for header in self.server_state.default_headers]
        self.transport.write(b"".join([b"HTTP/1.1 200 OK\r\n", *lines, answer]))
        self.on_response_complete()
        return True

    def _remember(self, data: bytes) -> None:
        head, body = _parted(data)
        cycle = cast(RequestResponseCycle | None, self.cycle)
        # Where uvicorn found the body to be just what follows the head, it will be so for every body of that length.
        if cycle and cycle.body == body and not cycle.more_body and cycle.keep_alive and len(head) <= LONGEST_HEAD:
            is_plain = PLAIN_HEADERS.issuperset(name for name, _ in cycle.scope["headers"])
            answer = is_plain and self._lookups.answers_at_once(cast(Mapping[str, Any], cycle.scope), len(body))
            if answer:
                heads = self._lookups.heads
                if len(heads) >= MOST_HEADS:
                    del heads[next(iter(heads))]
                heads[head] = Head(len(body), answer)


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """The head with the empty line after it, and what follows."""
    head, end, body = data.partition(b"\r\n\r\n")
    return head + end, body
