"""Signatures of requests by TC3-HMAC-SHA256: what the headers claim, and whether the key's secret proves it. Pure.

Source:
    https://www.tencentcloud.com/document/api/1131/45290 (2022-02-23) and tencentcloud-sdk-python-common 3.1.195,
    abstract_client.py. The page writes the values of headers in lower case, the SDK as they are sent.
"""

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from management.errors import Invalid
from management.vendors.tencent.errors import AuthorizationMalformed, SignatureExpired

ALGORITHM: Final = "TC3-HMAC-SHA256"
BELIEVED_SECONDS: Final = 300
"""How far a request's time may be from ours, on either side."""

_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} +Credential=([A-Za-z0-9]{{1,64}})/([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})/ccc/tc3_request, *"
    r"SignedHeaders=([a-z0-9;-]{1,500}), *Signature=([0-9a-f]{64})"
)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,11}")
_ALWAYS_SIGNED: Final = frozenset({"content-type", "host"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers of one request say."""

    secret_id: str
    signature: str = field(repr=False)
    timestamp: str
    date: str
    signed: tuple[tuple[str, str], ...]
    """Headers and their values, in order."""

    @classmethod
    def of(cls, values: Callable[[str], Sequence[str]], now: float) -> "Claim":
        """The claim of the request whose header of each name has these `values`, at `now` in seconds since 1970.

        Raises:
            Invalid: there is no X-TC-Timestamp.
            AuthorizationMalformed: it is not understood, or does not say what is signed.
            SignatureExpired: it is too old, or from the future.
        """
        match values("x-tc-timestamp"), values("authorization"):
            case [], _:
                raise Invalid.of("X-TC-Timestamp", "required")
            case [timestamp], [authorization]:
                found = _AUTHORIZATION.fullmatch(authorization)
            case _:
                raise AuthorizationMalformed
        if found is None or not _TIMESTAMP.fullmatch(timestamp):
            raise AuthorizationMalformed
        secret_id, date, names, signature = found.groups()
        if abs(now - int(timestamp)) > BELIEVED_SECONDS:
            raise SignatureExpired
        if date != f"{datetime.fromtimestamp(int(timestamp), UTC):%Y-%m-%d}":
            raise AuthorizationMalformed
        return cls(secret_id, signature, timestamp, date, _signed(names.split(";"), values))

    def is_proven(self, secret: str, body: bytes) -> bool:
        """Whether who claims it has the secret, and sent this body. In constant time."""
        in_lower_case = tuple((name, value.lower()) for name, value in self.signed)
        # Most often they are the same.
        proofs = [signature(secret, self.timestamp, self.date, each, body) for each in {self.signed, in_lower_case}]
        return any(hmac.compare_digest(self.signature, proof) for proof in proofs)


def signature(
    secret: str,
    timestamp: str,
    date: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    *,
    service: str = "ccc",
) -> str:
    """What proves a POST to "/" of `body`, in hexadecimal; `headers` are those that are signed, by name."""
    canonical = "\n".join([
        "POST",
        "/",
        "",
        *(f"{name}:{value}" for name, value in headers),
        "",
        ";".join(name for name, _ in headers),
        sha256(body).hexdigest(),
    ])  # fmt: skip
    text = "\n".join([ALGORITHM, timestamp, f"{date}/{service}/tc3_request", sha256(canonical.encode()).hexdigest()])
    key = f"TC3{secret}".encode()
    for part in (date, service, "tc3_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def _signed(names: Sequence[str], values: Callable[[str], Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """The values of the headers that are signed; raises AuthorizationMalformed unless each was sent, and just once."""
    found = [(name, [each.strip() for each in values(name)]) for name in names]
    if names != sorted(set(names)) or not _ALWAYS_SIGNED.issubset(names) or any(len(each) != 1 for _, each in found):
        raise AuthorizationMalformed
    return tuple((name, value) for name, (value,) in found)
