"""Text that FreeSWITCH or a program it starts would act on."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmlcurl.store.text import caller_name, is_domain, is_mail_address, is_name, is_safe_text, neutral, spoken

HOSTILE = [
    "<?xml?>",
    "a <?php",
    "<include>",
    "</INCLUDE>",
    "<Include file='x'/>",
    "<!--#exec",
    "X-PRE-PROCESS",
    "my x-pre-process",
    "$${domain}",
    "${system(touch /tmp/x)}",
    "${uuid}",
    "a\nb",
    "a\rb",
    "a\tb",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\ud800",
    "\ufffe",
]
HARMLESS = [
    "Nguyễn Văn A",
    "O'Neil & Sons <sales>",
    "5 $ {each}",
    "日本語",
    "😀",
    "100 %",
    'Bob "B"',
    "x-pre process",
    "",
]

hostile_text = st.lists(st.sampled_from([*HOSTILE, *HARMLESS, "$", "{", "<", "?", "-", "x-pre", "process"])).map(
    "".join
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_unsafe(text: str) -> None:
    """The API refuses it."""
    assert not is_safe_text(text)
    assert not is_safe_text(f"before {text} after")


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_is_safe_and_kept(text: str) -> None:
    """Names of people and firms in any script, with their punctuation."""
    assert is_safe_text(text)
    assert neutral(text) == text


@given(hostile_text | st.text())
def test_what_is_neutral_is_safe(text: str) -> None:
    """However the pieces are put together, and whatever is left when some are taken out."""
    assert is_safe_text(neutral(text))


@given(hostile_text | st.text())
def test_what_is_spoken_has_no_syntax(text: str) -> None:
    """Nothing that ends a quoted string of SIP, that FreeSWITCH expands, or that it takes for a part of an address."""
    said = spoken(text)

    assert is_safe_text(said)
    assert not re.search(r'[\\"$<>{}=;|/:@\r\n]', said)


@pytest.mark.parametrize("name", ["Nguyễn Văn A", "O'Neil & Sons", "नमस्ते", "Jean-Luc (2)"])
def test_names_are_spoken_as_they_are(name: str) -> None:
    """Marks above and below letters are part of a name."""
    assert spoken(name) == name


@pytest.mark.parametrize("name", [None, "", '"', "$%;", "  ", '<">', "_undef_", '"_UNDEF_"'])
def test_a_name_with_nothing_to_say_is_the_number(name: str | None) -> None:
    """Never nothing, nor FreeSWITCH's word for it: it would then show what the phone wrote, or no name."""
    assert caller_name(name, "1001") == "1001"


@pytest.mark.parametrize("address", ["a@b.test", "first.last+tag@mail.example.com", "A_B-1@X.TEST"])
def test_plain_addresses_are_mailed_to(address: str) -> None:
    """What people have."""
    assert is_mail_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "a@b", "a b@c.test", "a@b.test;id", "$(id)@b.test", "`id`@b.test", "-oQ/x@b.test", "a@b.test\n", "a|b@c.d"],
)
def test_no_address_reaches_the_shell(address: str) -> None:
    """mod_voicemail gives it to a shell without quotes; a leading dash would be an option."""
    assert not is_mail_address(address)


def test_names_and_domains() -> None:
    """What goes into dial strings and XML without any quoting."""
    assert is_name("1001")
    assert is_name("alice.b_2+x-y")
    assert not any(map(is_name, ["", "a b", "a@b", "1001\n", "é", "a" * 64, "${x}", "X-Pre-Process"]))
    assert is_domain("pbx.test")
    assert not any(
        map(
            is_domain,
            ["", "PBX.test", "a..b", "-a.b", "a_b.c", "a.b\n", "a." * 127 + "bc", "é.test", "x-pre-process.test"],
        )
    )
