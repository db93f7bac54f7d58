"""What the environment says to management: everything of the lookup service's settings, and what follows."""

from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from xmlcurl.settings import LOOPBACK, Bind, Networks, Settings
from xmlcurl.store.text import is_domain


class ManagementSettings(Settings):
    """Every setting of the API, the worker and the command line. Secrets are masked in `repr`."""

    management_bind: Bind = "127.0.0.1:8081"
    """Address and port of the management API. Beyond loopback, put TLS in front of it."""

    rate_limit_per_minute: int = Field(60, ge=1, le=10_000)
    """Requests of one token in any 60 seconds (1 to 10000)."""

    sencloud_requests_per_minute: int = Field(300, ge=1, le=10_000)
    """Requests of one SenCloud or eTelecom key in any 60 seconds (1 to 10000)."""

    yeastar_requests_per_minute: int = Field(300, ge=1, le=10_000)
    """Requests of one Yeastar client ID in any 60 seconds (1 to 10000)."""

    tencent_requests_per_second: int = Field(20, ge=1, le=1_000)
    """Requests of one Tencent account and action in any second (1 to 1000); Tencent's own limit is 20."""

    tenant_domain_suffix: str | None = None
    """Below which domain the tenants that partners make get one of their own. Unset: partners can't make any."""

    login_failures_per_minute: int = Field(10, ge=1, le=1_000)
    """Requests with a wrong token from one address in any 60 seconds (1 to 1000), before it is refused unheard."""

    switch_wait_ms: int = Field(500, ge=0, le=30_000)
    """Longest a write waits for the switches, in milliseconds (0 to 30000); `Prefer: wait=N` asks for another time."""

    flush_again_after_ms: int = Field(3_000, ge=1_000, le=30_000)
    """When a switch is flushed for the second time, in milliseconds after the first (1000 to 30000).

    Not less than the longest `timeout` of an xml_curl binding: a lookup in flight during the first
    flush stores the old document afterwards.
    """

    trusted_proxies: Networks = ()
    """Proxies whose X-Forwarded-For is believed, as CIDRs separated by commas. Default: none."""

    metrics_allow: Networks = LOOPBACK
    """Addresses that may read /metrics of the management API, as CIDRs separated by commas."""

    cdr_credentials: SecretStr | None = None
    """`user:password` with which FreeSWITCH posts call records (HTTP Basic). Unset: nobody may, /cdr is not there."""

    cdr_allow: Networks = LOOPBACK
    """Addresses that may post call records, as CIDRs separated by commas. Everyone else gets 403."""

    recordings_dir: Path | None = None
    """Folder where this process sees what switches record (`recordings_dir` of FreeSWITCH), to be read only. Unset:
    recordings can't be fetched through the API."""

    @field_validator("tenant_domain_suffix")
    @classmethod
    def _a_domain(cls, value: str | None) -> str | None:
        if value is not None and not is_domain(value):
            raise ValueError("must be a domain in lower case, such as pbx.example.com")
        return value

    @field_validator("cdr_credentials")
    @classmethod
    def _both_parts_too(cls, value: SecretStr | None) -> SecretStr | None:
        return cls._both_parts(value)

    @field_validator("trusted_proxies", "metrics_allow", "cdr_allow", mode="before")
    @classmethod
    def _split_cidrs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
