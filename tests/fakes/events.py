"""Events as FreeSWITCH's event socket sends them, byte for byte."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.fakes.xmlcurl import encode

_EPOCH = datetime.fromtimestamp(0, UTC)

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Event:
    """`subclass` is empty for what is not CUSTOM."""

    name: str
    subclass: str
    headers: Pairs
    body: str = ""

    def on_wire(self, kind: str) -> bytes:
        """With its envelope: unlike a reply's, Content-Length comes first."""
        inner = self._json() if kind == "json" else self._plain()
        return f"Content-Length: {len(inner.encode())}\nContent-Type: text/event-{kind}\n\n{inner}".encode()

    def _plain(self) -> str:
        lines = "".join(f"{name}: {encode(value)}\n" for name, value in self.headers)
        if self.body:
            return f"{lines}Content-Length: {len(self.body.encode())}\n\n{self.body}"
        return f"{lines}\n"

    def _json(self) -> str:
        # Not a dict: FreeSWITCH sends a header twice that an event has twice.
        pairs = list(self.headers)
        if self.body:
            pairs += [("Content-Length", str(len(self.body.encode()))), ("_body", self.body)]
        quoted = ((json.dumps(name), json.dumps(value, ensure_ascii=False)) for name, value in pairs)
        return "{" + ",".join(f"{name}:{value}" for name, value in quoted) + "}"


class EventFactory:
    """Numbers events and puts FreeSWITCH's own headers before the caller's."""

    def __init__(
        self, *, core_uuid: str, switchname: str = "fs-lab", now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._core_uuid = core_uuid
        self._switchname = switchname
        self._now = now
        self._sequence = 1000

    def make(self, name: str, subclass: str, caller: tuple[str, str, int], headers: Pairs, body: str = "") -> Event:
        """`caller` is the file, function and line in FreeSWITCH's source that fires it."""
        self._sequence += 1
        now = self._now()
        own: Pairs = [("Event-Subclass", subclass)] if subclass else []
        own += [
            ("Event-Name", name),
            ("Core-UUID", self._core_uuid),
            ("FreeSWITCH-Hostname", "vm"),
            ("FreeSWITCH-Switchname", self._switchname),
            ("FreeSWITCH-IPv4", "192.0.2.2"),
            ("FreeSWITCH-IPv6", "fd00::2"),
            ("Event-Date-Local", now.strftime("%Y-%m-%d %H:%M:%S")),
            ("Event-Date-GMT", now.strftime("%a, %d %b %Y %H:%M:%S GMT")),
            ("Event-Date-Timestamp", str((now - _EPOCH) // timedelta(microseconds=1))),
            ("Event-Calling-File", caller[0]),
            ("Event-Calling-Function", caller[1]),
            ("Event-Calling-Line-Number", str(caller[2])),
            ("Event-Sequence", str(self._sequence)),
        ]
        return Event(name, subclass, own + headers, body)
