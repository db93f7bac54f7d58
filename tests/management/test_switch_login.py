"""Which ESL passwords are refused."""

import pytest

from management.switch_login import UnsafeLogin, refuse_unsafe_login


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost", "LOCALHOST"])
def test_the_default_password_is_for_loopback(host: str) -> None:
    refuse_unsafe_login(host, "ClueCon")


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "fs1.pbx.test", "::", "localhost.pbx.test"])
def test_the_default_password_is_refused_elsewhere(host: str) -> None:
    """Everybody knows it."""
    with pytest.raises(UnsafeLogin, match="ClueCon"):
        refuse_unsafe_login(host, "ClueCon")


@pytest.mark.parametrize("password", ["", "a\nb", "a\rb", "a\0b", "\x1b[2J"])
def test_a_password_that_is_not_one_line_is_refused(password: str) -> None:
    """It would be a second command; the message does not repeat it."""
    with pytest.raises(UnsafeLogin) as refusal:
        refuse_unsafe_login("127.0.0.1", password)

    assert not password or password not in str(refusal.value)


def test_another_password_may_be_used_everywhere() -> None:
    refuse_unsafe_login("fs1.pbx.test", "päss wörd-77")
