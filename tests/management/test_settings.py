"""Settings of management: bounds are checked at start, secrets are masked."""

import pytest

from management.settings import ManagementSettings
from xmlcurl.settings import SettingsError, load


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("RATE_LIMIT_PER_MINUTE", "0", id="no requests"),
        pytest.param("RATE_LIMIT_PER_MINUTE", "10001", id="too many requests"),
        pytest.param("LOGIN_FAILURES_PER_MINUTE", "0", id="no failures"),
        pytest.param("SWITCH_WAIT_MS", "-1", id="a negative wait"),
        pytest.param("SWITCH_WAIT_MS", "30001", id="a wait that is too long"),
        pytest.param("FLUSH_AGAIN_AFTER_MS", "999", id="a second flush that is too early"),
        pytest.param("FLUSH_AGAIN_AFTER_MS", "30001", id="a second flush that is too late"),
        pytest.param("MANAGEMENT_BIND", "8081", id="a port without an address"),
        pytest.param("TRUSTED_PROXIES", "10.0.0.1/8", id="a network with host bits"),
        pytest.param("METRICS_ALLOW", "everyone", id="no network"),
    ],
)
def test_a_value_out_of_bounds_stops_the_start(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """The message names the variable and the value."""
    monkeypatch.setenv(f"XMLCURL_{variable}", value)

    with pytest.raises(SettingsError, match=f"XMLCURL_{variable}='?{value}"):
        load(ManagementSettings)


def test_the_defaults_are_those_of_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty requests a minute, half a second for the switches, nobody's X-Forwarded-For is believed."""
    settings = ManagementSettings()

    assert (settings.rate_limit_per_minute, settings.switch_wait_ms, settings.trusted_proxies) == (60, 500, ())
    assert settings.management_bind == "127.0.0.1:8081"


def test_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in `repr` nor in a message."""
    monkeypatch.setenv("XMLCURL_SECRET_KEYS", "a-key-of-the-vault")

    assert "a-key-of-the-vault" not in repr(load(ManagementSettings))
