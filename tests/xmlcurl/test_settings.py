"""Settings are checked at start, and the message says which variable, which value, which bound."""

import pytest

from xmlcurl.settings import Settings, SettingsError, is_loopback, load, split_bind


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        pytest.param("LOOKUP_DEADLINE_MS", "49", "greater than or equal to 50", id="deadline too short"),
        pytest.param("LOOKUP_DEADLINE_MS", "901", "less than or equal to 900", id="deadline beyond the switch's"),
        pytest.param("LOOKUP_DEADLINE_MS", "soon", "integer", id="no number"),
        pytest.param("CACHE_TTL_SECONDS", "0", "greater than or equal to 1", id="no term"),
        pytest.param("ABSENCE_TTL_SECONDS", "3601", "less than or equal to 3600", id="absence for too long"),
        pytest.param("ABSENCE_SLOTS", "1", "greater than or equal to 16", id="no place for absence"),
        pytest.param("LOOKUP_BIND", "8080", "pattern", id="a port without an address"),
        pytest.param("LOOKUP_BIND", "127.0.0.1:70000", "port", id="no such port"),
        pytest.param("LOOKUP_ALLOW", "127.0.0.0/33", "127.0.0.0/33", id="no network"),
        pytest.param("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'", id="no level"),
    ],
)
def test_a_bad_value_names_variable_value_and_bound(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    """Whoever reads the message can mend it without the source."""
    monkeypatch.setenv(f"XMLCURL_{variable}", value)

    with pytest.raises(SettingsError) as caught:
        load(Settings)

    assert f"XMLCURL_{variable}" in str(caught.value)
    assert value in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize("value", ["no-colon-hunter2", "user:short", ":only-a-password"])
def test_bad_credentials_are_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A secret that is wrong is a secret all the same."""
    monkeypatch.setenv("XMLCURL_LOOKUP_CREDENTIALS", value)

    with pytest.raises(SettingsError) as caught:
        load(Settings)

    assert "XMLCURL_LOOKUP_CREDENTIALS" in str(caught.value)
    assert value not in str(caught.value)


def test_beyond_loopback_credentials_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """An a1-hash is as good as the password: nobody may fetch one unasked."""
    monkeypatch.setenv("XMLCURL_LOOKUP_BIND", "0.0.0.0:8080")

    with pytest.raises(SettingsError) as caught:
        load(Settings)

    assert str(caught.value) == (
        "XMLCURL_LOOKUP_BIND='0.0.0.0:8080': beyond loopback, XMLCURL_LOOKUP_CREDENTIALS is required"
    )


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither printed nor logged by accident."""
    monkeypatch.setenv("XMLCURL_LOOKUP_CREDENTIALS", "freeswitch:correct-horse")
    monkeypatch.setenv("XMLCURL_DATABASE_URL", "postgresql+psycopg://app:battery-staple@127.0.0.1/app")
    monkeypatch.setenv("XMLCURL_REDIS_URL", "redis://:battery-staple@127.0.0.1/0")

    shown = repr(load(Settings))

    assert "correct-horse" not in shown
    assert "battery-staple" not in shown


@pytest.mark.parametrize(
    ("bind", "loopback"),
    [
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("localhost:8080", True),
        ("0.0.0.0:8080", False),
        ("[::]:8080", False),
        ("10.0.0.1:8080", False),
        ("lookups.example.test:8080", False),
    ],
)
def test_loopback_is_told(bind: str, loopback: bool) -> None:
    """A name other than localhost may point anywhere."""
    assert is_loopback(bind) is loopback


def test_a_bind_is_split() -> None:
    """The brackets of an IPv6 address are no part of it."""
    assert split_bind("[::1]:8080") == ("::1", 8080)


def test_the_embedded_defaults_lie_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing needs to be set for a first run."""
    monkeypatch.setenv("XMLCURL_DATA_DIR", "/somewhere/data")
    settings = load(Settings)

    assert settings.database == "sqlite+aiosqlite:////somewhere/data/xmlcurl.sqlite"
    assert settings.redis == "unix:///somewhere/data/redis.sock"
