"""Which text could execute, or make an answer get lost, inside FreeSWITCH or the programs it starts.

management refuses such text with a 422; the renderer takes the sting out of what is in the
database all the same. Stdlib only.
"""

import re
from typing import Final

_UNSAFE: Final = re.compile(
    # The pre-processor drops or executes the line that holds one of these, whatever its case.
    r"<\?|</?include|<!--|x-pre-process"
    # Globals of the switch, and variables and functions: ${system(...)} runs a program.
    r"|\$\$?\{"
    # Control characters, line ends of Unicode, and what XML can't carry.
    r"|[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"[A-Za-z0-9._+-]+")
SHOWN_NUMBER: Final = r"[A-Za-z0-9().+*#-]{1,31}"
_SHOWN: Final = re.compile(SHOWN_NUMBER, re.ASCII)
_CODE: Final = re.compile(r"[0-9*#]+", re.ASCII)
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAIL_ADDRESS: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._+-]{{0,63}}@{_LABEL}(?:\.{_LABEL})+", re.IGNORECASE)

LONGEST_NAME: Final = 63
LONGEST_DOMAIN: Final = 253


def is_safe_text(value: str) -> bool:
    """Whether `value` means to FreeSWITCH what it says, wherever in a document it stands.

    Source:
        FreeSWITCH v1.10.12, switch_xml.c:1424 (preprocess), switch_channel.c:3986 (expansion).
    """
    return _UNSAFE.search(value) is None


def is_name(value: str) -> bool:
    """Whether `value` can be a number, a sign-in name or an alias: ASCII letters, digits and . _ + -"""
    # "x-pre-process" has the right characters, and FreeSWITCH drops the line that holds it.
    return len(value) <= LONGEST_NAME and _NAME.fullmatch(value) is not None and is_safe_text(value)


def is_dialled(value: str) -> bool:
    """Whether a phone may dial it: a name, or a code of digits, * and #."""
    return is_name(value) or (len(value) <= LONGEST_NAME and _CODE.fullmatch(value) is not None)


def is_shown_number(value: str) -> bool:
    """Whether phones may be shown it as the number of who calls: letters, digits and what people write into numbers."""
    return _SHOWN.fullmatch(value) is not None and is_safe_text(value)


def is_domain(value: str) -> bool:
    """Whether `value` is a host name of RFC 1123 in lower case."""
    return len(value) <= LONGEST_DOMAIN and _DOMAIN.fullmatch(value) is not None and is_safe_text(value)


def is_mail_address(value: str) -> bool:
    """Whether FreeSWITCH may be given `value` as an address to mail to.

    mod_voicemail puts it into a shell command, unquoted, so it is far narrower than RFC 5322.

    Source:
        FreeSWITCH v1.10.12, switch_utils.c (switch_simple_email).
    """
    return len(value) <= 255 and _MAIL_ADDRESS.fullmatch(value) is not None and is_safe_text(value)


def neutral(value: str) -> str:
    """`value` if it is safe; else with a blank for each character that isn't a letter, a digit or a blank.

    A blank, not nothing: what is left could close ranks and spell the forbidden again.
    """
    return value if is_safe_text(value) else _words(value, "")


def spoken(value: str) -> str:
    """`value` as a caller's name in a dialplan action and a SIP header: nothing that either of them reads as its own.

    Quotes end a SIP display name, backslashes and `$` belong to FreeSWITCH's expansion, and of a name with `/`, `:`
    or `@` it shows a part.

    Source:
        FreeSWITCH v1.10.12, mod_sofia.c:5082 (switch_sanitize_number).
    """
    said = " ".join(_words(neutral(value), ".,-_()+&#*'!?").split())
    # mod_sofia's word for a caller without a name (sofia_glue.c:1349).
    return "" if said.lower() == "_undef_" else said


def caller_name(name: str | None, number: str) -> str:
    """`name` as it is spoken, or the number where nothing of it can be.

    Without a name FreeSWITCH would show the one that the phone wrote into its From header.
    """
    return spoken(name or "") or number


def _words(value: str, also: str) -> str:
    return "".join(c if c.isalnum() or c in also or _is_mark(c) else " " for c in value)


def _is_mark(character: str) -> bool:
    # Vowels and tones of many scripts are characters of their own, neither letter nor digit.
    return character > "\u02ff" and character.isprintable() and not character.isspace() and is_safe_text(character)
