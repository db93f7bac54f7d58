"""Which numbers a pattern is for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmlcurl.outbound import LONGEST_PATTERN, PATTERN, is_pattern, matches

PATTERNS = st.from_regex(r"\+?[0-9XZN]{0,8}[.!]?", fullmatch=True).filter(bool)
NUMBERS = st.from_regex(r"\+?[0-9]{0,9}", fullmatch=True)


@pytest.mark.parametrize(
    ("pattern", "number", "expected"),
    [
        pytest.param("84", "84901234567", True, id="a prefix"),
        pytest.param("84", "84", True, id="a prefix and nothing more"),
        pytest.param("84", "8", False, id="less than the prefix"),
        pytest.param("84", "0084", False, id="not at the beginning"),
        pytest.param("+", "+4912345", True, id="a prefix that is a plus"),
        pytest.param("+84", "84901234567", False, id="a plus that was not dialled"),
        pytest.param("0X", "0901", False, id="a longer number than the whole pattern"),
        pytest.param("09XXXXXXXX", "0901234567", True, id="ten digits"),
        pytest.param("09XXXXXXXX", "090123456", False, id="nine of ten"),
        pytest.param("ZN", "12", True, id="the least of Z and N"),
        pytest.param("ZN", "02", False, id="0 is no Z"),
        pytest.param("ZN", "11", False, id="1 is no N"),
        pytest.param("00.", "001", True, id="one more for the dot"),
        pytest.param("00.", "00", False, id="nothing for the dot"),
        pytest.param("0Z!", "09", True, id="nothing for the exclamation mark"),
        pytest.param("0Z!", "0901234567", True, id="much for the exclamation mark"),
        pytest.param("!", "", True, id="nothing at all"),
        pytest.param(".", "*72", False, id="a code"),
        pytest.param(".", "0901${x}", False, id="something to execute"),
        pytest.param(".", "0901\n", False, id="a line feed"),
        pytest.param(".", "٠٩", False, id="other digits"),
        pytest.param("X.", "+84", False, id="a plus is no digit"),
        pytest.param("0.", "0+84", False, id="a plus in the middle"),
    ],
)
def test_a_number_and_a_pattern(pattern: str, number: str, expected: bool) -> None:
    """As those who run PBXs know them."""
    assert is_pattern(pattern)
    assert matches(pattern, number) is expected


@pytest.mark.parametrize(
    "text",
    ["", "_0X", "0x", "0.1", "0!.", "..", "0[1-3]", "0+", "++", "(a+)+$", "0X\n", "٠٩", "0 9", "*72", "0" * 33],
)
def test_what_is_no_pattern(text: str) -> None:
    """Least of all a regular expression."""
    assert not is_pattern(text)


@given(PATTERNS, NUMBERS)
def test_it_matches_as_the_same_regular_expression_does(pattern: str, number: str) -> None:
    """An independent reading of the language: translated to one, and given to `re`."""
    classes = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "[0-9]+", "!": "[0-9]*", "+": r"\+"}
    expression = "".join(classes.get(each, each) for each in pattern)
    is_prefix = not set(pattern) & set("XZN.!")
    # A plus is dialled first or not at all, so it can't be what follows a prefix.
    expected = re.fullmatch(expression + "[0-9]*" if is_prefix else expression, number) is not None

    assert matches(pattern, number) is expected


@given(st.data(), PATTERNS)
def test_it_matches_what_was_made_from_it(data: st.DataObject, pattern: str) -> None:
    """Random numbers seldom fit; these do."""
    classes = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "[0-9]{1,9}", "!": "[0-9]{0,9}", "+": r"\+"}
    number = data.draw(st.from_regex("".join(classes.get(each, each) for each in pattern), fullmatch=True))

    assert matches(pattern, number)


@given(st.text("+0123456789XZN.!x_\n", max_size=LONGEST_PATTERN + 2))
def test_the_form_that_is_described_is_the_form_that_is_taken(text: str) -> None:
    """But for the length, and the line feed that `$` lets follow."""
    described = len(text) <= LONGEST_PATTERN and "\n" not in text and re.search(PATTERN, text) is not None

    assert is_pattern(text) == described
