"""The double's user cache against what was measured on a real FreeSWITCH."""

import pytest
from lxml import etree

from tests.fakes.usercache import UserCache


def user(cacheable: str | None) -> etree._Element:
    return etree.Element("user") if cacheable is None else etree.Element("user", cacheable=cacheable)


@pytest.mark.parametrize(
    ("cacheable", "kept"),
    [
        pytest.param(None, False, id="no attribute"),
        pytest.param("", False, id="empty"),
        pytest.param("0", False, id="zero"),
        pytest.param("-1", False, id="negative"),
        pytest.param("60000", True, id="a minute"),
        pytest.param("2147483", True, id="the longest"),
        pytest.param("2147484", False, id="overflows an int of microseconds"),
        pytest.param("3600000", False, id="an hour never hits"),
        pytest.param("true", True, id="a word is for ever"),
        pytest.param("false", True, id="even that one"),
        pytest.param("60000ms", True, id="a unit makes it a word"),
    ],
)
def test_what_is_kept(cacheable: str | None, kept: bool) -> None:
    cache = UserCache()

    cache.store("id", "1001", "pbx.test", user(cacheable))

    assert (cache.find("id", "1001", "pbx.test") is not None) is kept


def test_a_bounded_entry_ends() -> None:
    """Milliseconds, from the moment it was stored."""
    now = 0.0
    cache = UserCache(clock=lambda: now)
    cache.store("id", "1001", "pbx.test", user("1500"))

    now = 1.6

    assert cache.find("id", "1001", "pbx.test") is None


def test_the_key_has_no_separators() -> None:
    """Two users share an entry when their names run together the same."""
    cache = UserCache()
    cache.store("id", "100", "1pbx.test", user("true"))

    assert cache.find("id", "1001", "pbx.test") is not None


@pytest.mark.parametrize(
    ("arguments", "cleared"),
    [
        pytest.param("", 3, id="everything"),
        pytest.param("foo", 3, id="one word is everything too"),
        pytest.param("id 1001 pbx.test", 1, id="one entry"),
        pytest.param("id 1001", 1, id="without a domain: the global one"),
        pytest.param("ID 1001 pbx.test", 0, id="the key counts as spelled"),
        pytest.param("id 1001 PBX.TEST", 0, id="so does the domain"),
        pytest.param("id 2005 pbx.test", 0, id="an alias is its own entry"),
        pytest.param("number-alias 2005 pbx.test", 1, id="under its own key"),
    ],
)
def test_what_a_flush_clears(arguments: str, cleared: int) -> None:
    cache = UserCache(global_domain="pbx.test")
    for key, name in (("id", "1001"), ("id", "1002"), ("number-alias", "2005")):
        cache.store(key, name, "pbx.test", user("true"))

    assert cache.flush(arguments) == f"+OK cleared {cleared} entr{'y' if cleared == 1 else 'ies'}\n"


def test_without_a_global_domain_two_words_clear_everything() -> None:
    """The incident that `always send the domain` prevents."""
    cache = UserCache(global_domain=None)
    cache.store("id", "1001", "pbx.test", user("true"))
    cache.store("id", "1001", "other.test", user("true"))

    assert cache.flush("id 1001") == "+OK cleared 2 entries\n"
