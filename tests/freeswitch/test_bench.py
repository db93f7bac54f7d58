"""The row of the bench that needs a real FreeSWITCH is measured; how fast anything is decides nothing here."""

from tests.bench.__main__ import measured


def test_registrations_are_measured() -> None:
    """Against us and against the stub, phones are let in."""
    shown = measured("h", rounds=1, number=1)

    assert shown["skipped"] == {}
    assert {name: figures["registrations a second"] > 0 for name, figures in shown["figures"]["h"].items()} == {
        "ours, cacheable off": True,
        "stub, cacheable off": True,
        "ours, cacheable on": True,
        "stub, cacheable on": True,
    }
