"""Secrets: made, hashed, and encrypted where one must be read again."""

import hashlib
import os
import secrets
import string
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from management.settings import ManagementSettings
from xmlcurl.settings import ENV_PREFIX, SettingsError

GENERATED_LENGTH: Final = 24
"""Characters of a generated password; the API documents say so."""

_ALPHANUMERIC: Final = string.ascii_letters + string.digits
_OTHERS: Final = 0o077


class SecretUnreadable(Exception):
    """None of the keys decrypts it: a key was taken out of SECRET_KEYS too early, or secret.keys was lost."""


class Vault:
    """Encrypts what must be read again: SIP passwords that an API returns, passwords of switches."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys; the first one encrypts, each of them decrypts."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def of(cls, settings: ManagementSettings) -> "Vault":
        """With the keys of SECRET_KEYS, else of the file in the data folder, which is made when there is none.

        Raises:
            SettingsError: a key is no Fernet key, or others may read the file.
        """
        if settings.secret_keys is not None:
            where, text = f"{ENV_PREFIX}SECRET_KEYS", settings.secret_keys.get_secret_value()
        else:
            path = settings.data_dir / "secret.keys"
            where, text = str(path), _read_or_make(path)
        try:
            keys = text.replace(",", " ").split()
            return cls(keys)
        except ValueError:
            # Not `from exc`: no part of a key may end in a traceback.
            raise SettingsError(f"{where}: each key must be 32 bytes in URL-safe base64 (a Fernet key)") from None

    def encrypt(self, clear: str) -> str:
        return self._fernet.encrypt(clear.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Raises SecretUnreadable."""
        try:
            return self._fernet.decrypt(encrypted.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable("no key decrypts it") from None

    def rotate(self, encrypted: str) -> str:
        """The same secret under the first key; raises SecretUnreadable."""
        try:
            return self._fernet.rotate(encrypted.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable("no key decrypts it") from None


def generate_password(length: int = GENERATED_LENGTH) -> str:
    """Letters and digits from the system's random source; 24 of them are 142 bits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


def a1_hash(sign_in_name: str, domain: str, password: str) -> str:
    """What digest authentication compares: as good as the password to whoever reads it.

    Source: RFC 2617 3.2.2.2; FreeSWITCH takes it as the param `a1-hash` (sofia_reg.c).
    """
    return _md5(sign_in_name, domain, password)


def vm_a1_hash(number: str, domain: str, pin: str) -> str:
    """What mod_voicemail compares a typed PIN with; the name in it is the `id` of <user>, always the number.

    Source: FreeSWITCH v1.10.12, mod_voicemail.c:2488 and 2593.
    """
    return _md5(number, domain, pin)


def token_hash(secret: str) -> str:
    """What is stored of an API token's secret. It has 238 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def password_hash(password: str) -> str:
    """What is stored of a password that somebody chose: `scrypt$<salt>$<hash>`, in hexadecimal. Takes 50 ms or so."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1).hex()}"


def _md5(name: str, domain: str, secret: str) -> str:
    return hashlib.md5(f"{name}:{domain}:{secret}".encode(), usedforsecurity=False).hexdigest()


def _read_or_make(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make_once(path)
    if path.stat().st_mode & _OTHERS:
        raise SettingsError(f"{path}: others may read it; chmod 600 it, and change the key if somebody did")
    return path.read_text()


def _make_once(path: Path) -> None:
    # The API and the worker may start together: the file appears whole, and the first one stays.
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
