"""Reads the secrets that management stored; this side never writes one."""

from xmlcurl.settings import Settings


class SecretUnreadable(Exception):
    """There is no key here, or none of them decrypts it."""


class Keyring:
    """The keys of SECRET_KEYS, else of the file in the data folder; they are read when they are needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def decrypt(self, encrypted: str) -> str:
        """Raises SecretUnreadable."""
        from cryptography.fernet import Fernet, InvalidToken, MultiFernet  # noqa: PLC0415 - few lookups need it

        try:
            keys = [Fernet(key) for key in self._text().replace(",", " ").split()]
            return MultiFernet(keys).decrypt(encrypted.encode()).decode()
        except (OSError, ValueError, InvalidToken):
            # Not `from exc`: no part of a key may end in a traceback.
            raise SecretUnreadable("no key here decrypts it") from None

    def _text(self) -> str:
        if self._settings.secret_keys is not None:
            return self._settings.secret_keys.get_secret_value()
        return (self._settings.data_dir / "secret.keys").read_text()
