"""Passwords that everybody knows: FreeSWITCH's own, those of its documentation, those that are guessed first."""

import hashlib
from typing import Final

_WELL_KNOWN: Final = frozenset({
    "0000", "1111", "1234", "12345", "123456", "1234567", "12345678", "123456789", "admin", "changeme", "cluecon",
    "default", "freeswitch", "fusionpbx", "letmein", "passw0rd", "password", "qwerty", "secret", "test", "works",
})  # fmt: skip


def is_well_known(password: str, *names: str) -> bool:
    """Whether it is one of them, or one of the names that it belongs to."""
    return password.lower() in _WELL_KNOWN or password in names


def is_well_known_hash(a1_hash: str, user: str, realm: str) -> bool:
    """The same of `md5(user:realm:password)`."""
    guesses = (f"{user}:{realm}:{password}" for password in (*_WELL_KNOWN, user, "ClueCon"))
    return a1_hash.lower() in {_md5(guess) for guess in guesses}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
