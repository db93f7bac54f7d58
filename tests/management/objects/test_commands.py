"""Rules that several nouns share."""

from collections.abc import Iterable

import pytest

from management.errors import Broken
from management.objects.commands import Within, dialled_number, each_once, matching


def names(rules: Iterable[Broken | Within]) -> list[tuple[str, str]]:
    """(where, rule) of each broken rule."""
    return [(each.name, each.broken.rule) if isinstance(each, Within) else ("", each.rule) for each in rules]


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        pytest.param((), [], id="none"),
        pytest.param(("1", "2", "3"), [], id="as many as may be"),
        pytest.param(("1", "2", "1"), [("2", "distinct")], id="one twice"),
        pytest.param(("1", "x", "x"), [("1", "regex"), ("2", "regex"), ("2", "distinct")], id="a wrong one twice"),
        pytest.param(("x",) * 4, [("", "max.array")], id="too many: nothing else is looked at"),
    ],
)
def test_a_list_of_different_values(values: tuple[str, ...], broken: list[tuple[str, str]]) -> None:
    """Errors name the position."""
    rule = each_once(matching("[0-9]", Broken("regex")), 3)

    assert names(rule(values)) == broken


@pytest.mark.parametrize(
    ("number", "broken"),
    [
        ("600", []),
        ("6" * 10, []),
        ("60", ["regex"]),
        ("6" * 11, ["regex"]),
        ("٦٠٠", ["regex"]),
        ("600\n", ["regex"]),
    ],
)
def test_a_number_that_is_dialled(number: str, broken: list[str]) -> None:
    """3 to 10 digits."""
    assert [rule for _, rule in names(dialled_number(number))] == broken
