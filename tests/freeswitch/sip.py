"""SIP messages (RFC 3261) as far as a phone in a test needs them, and digest authentication (RFC 7616)."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5

COMPACT_NAMES = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response, as it is on the wire. Header names are compared in lower case."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """Of a request, or of the request that a response answers."""
        return self.header("CSeq").split()[1]

    @property
    def branch(self) -> str:
        """Names the transaction."""
        found = re.search(r"branch=([^;,\s]+)", self.header("Via"))
        return found[1] if found else ""

    @property
    def target(self) -> str:
        """Request-URI of a request."""
        return self.start.split()[1]

    def header(self, name: str) -> str:
        """The first one of that name, or nothing."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name.lower()]

    def encode(self) -> bytes:
        body = self.body.encode()
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers), f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(slots=True)
class Dialog:
    """Addresses of a request: From and To as this side writes them, and where it goes."""

    local: str
    remote: str
    target: str
    id: str
    """Call-ID."""


def decode(datagram: bytes) -> Message:
    """What came in a datagram."""
    head, _, body = datagram.decode().partition("\r\n\r\n")
    start, *lines = head.replace("\r\n ", " ").split("\r\n")
    pairs = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Message(start, tuple((COMPACT_NAMES.get(name.lower(), name), value) for name, value in pairs), body)


def response(request: Message, status: int, reason: str, *more: tuple[str, str], body: str = "") -> Message:
    """An answer to a request; give it a To with a tag where there is a dialog."""
    kept = [(name, value) for name, value in request.headers if name.lower() in {"via", "from", "call-id", "cseq"}]
    has_to = any(name == "To" for name, _ in more)
    to = () if has_to else (("To", request.header("To")),)
    return Message(f"SIP/2.0 {status} {reason}", (*kept, *to, *more), body)


def acknowledgement_of_refusal(invite: Message, answer: Message) -> Message:
    """The ACK that ends a refused INVITE; it belongs to the same transaction."""
    kept = [(name, value) for name, value in invite.headers if name in {"Via", "From", "Call-ID", "Max-Forwards"}]
    sequence = invite.header("CSeq").split()[0]
    return Message(f"ACK {invite.target} SIP/2.0", (*kept, ("To", answer.header("To")), ("CSeq", f"{sequence} ACK")))


def cancellation(invite: Message) -> Message:
    """The CANCEL of an INVITE that nobody has answered yet."""
    kept = [(name, value) for name, value in invite.headers if name in {"Via", "From", "To", "Call-ID", "Max-Forwards"}]
    sequence = invite.header("CSeq").split()[0]
    return Message(f"CANCEL {invite.target} SIP/2.0", (*kept, ("CSeq", f"{sequence} CANCEL")))


def uri(header: str) -> str:
    """The address inside a From, To or Contact, without its parameters."""
    found = re.search(r"<([^>]+)>", header)
    return (found[1] if found else header).partition(";")[0]


def user(header: str) -> str:
    return uri(header).partition(":")[2].partition("@")[0]


def display_name(header: str) -> str:
    return header.partition("<")[0].strip().strip('"')


def tag() -> str:
    """A random word for tags, branches and Call-IDs."""
    return secrets.token_hex(8)


def credentials(
    challenge: str, *, method: str, target: str, name: str, password: str, realm: str | None = None, count: int = 1
) -> str:
    """What a phone answers to a challenge.

    Args:
        realm: another than the challenge's, as an attacker may type.
    """
    asked = _parameters(challenge.partition(" ")[2])
    realm = asked["realm"] if realm is None else realm
    cnonce, nc = secrets.token_hex(8), f"{count:08x}"
    parts = (_hash(f"{name}:{realm}:{password}"), asked["nonce"], nc, cnonce, "auth", _hash(f"{method}:{target}"))
    fields = {
        "username": name,
        "realm": realm,
        "nonce": asked["nonce"],
        "uri": target,
        "response": _hash(":".join(parts)),
        "cnonce": cnonce,
    }
    quoted = ", ".join(f'{key}="{value}"' for key, value in fields.items())
    return f"Digest {quoted}, algorithm=MD5, qop=auth, nc={nc}"


def _parameters(text: str) -> dict[str, str]:
    found: Iterable[tuple[str, str, str]] = re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', text)
    return {key: quoted or plain for key, quoted, plain in found}


def _hash(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
