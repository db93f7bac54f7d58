"""What the environment says to the lookup service: prefix `XMLCURL_`, units in names, bounds checked at start."""

import hashlib
import os
import tempfile
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

ENV_PREFIX = "XMLCURL_"
Networks = tuple[IPv4Network | IPv6Network, ...]


def _with_a_port(bind: str) -> str:
    if not 1 <= split_bind(bind)[1] <= 65_535:
        raise ValueError("the port must be from 1 to 65535")
    return bind


Bind = Annotated[str, Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^:\s]+):\d{1,5}$"), AfterValidator(_with_a_port)]
# A Unix socket's address has room for 108 bytes on Linux and 104 on macOS, with the final NUL.
_MAX_SOCKET_PATH_BYTES = 100
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class SettingsError(Exception):
    """A setting is missing or out of bounds; the message names the variable, the value and the bound."""


class Settings(BaseModel):
    """Every setting of the lookup service: what is given, else the environment, else the default. Secrets are masked in
    `repr`.
    """

    model_config = ConfigDict(frozen=True)

    data_dir: Path = Path("data")
    """Folder of the embedded defaults: SQLite, the private Redis's socket, keys. Made with mode 0700."""

    database_url: str = Field("", repr=False)
    """`postgresql+psycopg://...` or `sqlite+aiosqlite:///FILE`; empty: SQLite in the data folder."""

    redis_url: str = Field("", repr=False)
    """`redis://`, `rediss://` or `unix://`; empty: the private server's socket in the data folder."""

    lookup_bind: Bind = "127.0.0.1:8080"
    """Address and port of the lookup endpoint. Beyond loopback, credentials are required."""

    lookup_credentials: SecretStr | None = None
    """`user:password` for HTTP Basic, as in `gateway-credentials` of xml_curl.conf."""

    lookup_allow: Networks = LOOPBACK
    """Addresses that may ask, as CIDRs separated by commas. Everyone else gets 403."""

    lookup_deadline_ms: int = Field(500, ge=50, le=900)
    """Longest a lookup may take, in milliseconds (50 to 900).

    FreeSWITCH's own limit is `timeout` of the binding, in whole seconds; stay below it so that we
    answer 503 before the switch gives up.
    """

    cache_ttl_seconds: int = Field(300, ge=1, le=86_400)
    """Longest a document stays in Redis, in seconds (1 to 86400). Not a staleness: changes drop it at once."""

    absence_ttl_seconds: int = Field(30, ge=1, le=3_600)
    """Longest "nobody has that name" stays in Redis, in seconds (1 to 3600)."""

    absence_slots: int = Field(4_096, ge=16, le=1_048_576)
    """How many absent names are remembered at most (16 to 1048576); a scanner can take no more memory."""

    local_copies_mb: int = Field(64, ge=0, le=16_384)
    """How much memory each lookup process takes at most for documents of its own, in MiB (0 to 16384; 0: none).
    They are served without asking Redis, and dropped by every change as those in Redis are."""

    loads_at_once: int = Field(32, ge=4, le=4_096)
    """How many documents each lookup process loads from the database at once, or waits to (4 to 4096).
    One more is refused with 503 at once, as is a lookup when four times as many wait for Redis."""

    secret_keys: SecretStr | None = None
    """Fernet keys that stored passwords are encrypted with, separated by commas; the first one encrypts,
    all decrypt. Unset: the file `secret.keys` in the data folder; management makes it (mode 0600) when there is none,
    lookups never do. Lookups need a key only for passwords of gateways."""

    by_phone_url: str | None = Field(None, pattern=r"^https?://[^\s/@?#]+(/[^\s?#]*)?$")
    """Where lookups reach the management side, such as http://127.0.0.1:8081, to have changed what somebody dials on a
    phone: feature codes, a mailbox's PIN. Unset: the phone hears that it can't be."""

    by_phone_secret: SecretStr | None = Field(None, min_length=32)
    """What lookups prove themselves with there, 32 characters at least; the same on both sides. Without it the
    management side takes nothing from phones."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe line that is logged."""

    @model_validator(mode="before")
    @classmethod
    def _and_the_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        # Not pydantic-settings: it is a tenth of the time from the start to the first answer. Empty is unset.
        found = {name: os.environ.get(f"{ENV_PREFIX}{name.upper()}") for name in cls.model_fields}
        return {name: value for name, value in found.items() if value} | given

    @field_validator("lookup_allow", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("lookup_credentials")
    @classmethod
    def _both_parts(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        user, _, password = value.get_secret_value().partition(":")
        if not user or len(password) < 8:
            raise ValueError("must be user:password with a password of at least 8 characters")
        return value

    @model_validator(mode="after")
    def _credentials_beyond_loopback(self) -> Self:
        if self.lookup_credentials is None and not is_loopback(self.lookup_bind):
            wrong = f"{ENV_PREFIX}LOOKUP_BIND={self.lookup_bind!r}"
            raise ValueError(f"{wrong}: beyond loopback, {ENV_PREFIX}LOOKUP_CREDENTIALS is required")
        return self

    @model_validator(mode="after")
    def _secret_for_the_other_side(self) -> Self:
        if self.by_phone_url and self.by_phone_secret is None:
            raise ValueError(f"{ENV_PREFIX}BY_PHONE_SECRET is required beside {ENV_PREFIX}BY_PHONE_URL")
        return self

    @cached_property
    def database(self) -> str:
        """The database's URL, the embedded default filled in."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'xmlcurl.sqlite'}"

    @cached_property
    def redis(self) -> str:
        """Redis's URL, the embedded default filled in."""
        return self.redis_url or f"unix://{quote(str(private_redis_socket(self.data_dir)))}"


def private_redis_socket(data_dir: Path) -> Path:
    """Where the private redis-server of a data folder listens: in it or, when that path is too long for a
    socket, in a short folder of the same owner that is always the same for this data folder.
    """
    path = data_dir.absolute() / "redis.sock"
    if len(os.fsencode(path)) <= _MAX_SOCKET_PATH_BYTES:
        return path
    name = hashlib.blake2b(os.fsencode(data_dir.absolute()), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"xmlcurl-{os.geteuid()}-{name}" / "redis.sock"


def is_loopback(bind: str) -> bool:
    """Whether HOST:PORT can only be reached from this machine; a host name other than localhost is not sure to be."""
    host = split_bind(bind)[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def split_bind(bind: str) -> tuple[str, int]:
    """HOST:PORT or [HOST]:PORT as (host, port)."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


S = TypeVar("S", bound=Settings)


def load(kind: type[S]) -> S:
    """Settings from the environment.

    Raises:
        SettingsError: names each variable that is wrong, its value unless secret, and the bound.
    """
    try:
        return kind()
    except ValidationError as exc:
        raise SettingsError("; ".join(_told(kind, error) for error in exc.errors())) from None


def _told(kind: type[Settings], error: ErrorDetails) -> str:
    if not error["loc"]:
        return str(error["msg"]).removeprefix("Value error, ")
    name = str(error["loc"][0])
    is_secret = "Secret" in str(kind.model_fields[name].annotation) or name.endswith("_url")
    value = "(hidden)" if is_secret else repr(error["input"])
    return f"{ENV_PREFIX}{name.upper()}={value}: {str(error['msg']).removeprefix('Value error, ')}"
