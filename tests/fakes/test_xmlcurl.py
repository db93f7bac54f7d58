"""The double reads answers as FreeSWITCH does: what it drops, refuses and takes."""

import pytest

from tests.fakes.xmlcurl import XmlCurl, find_user, values

USER = """<?xml version="1.0"?>
<document type="freeswitch/xml">
<section name="directory">
<domain name="pbx.test">
<params><param name="dial-string" value="$${domain}"/></params>
<users>
<user id="1001" number-alias="2001">
<params><param name="a1-hash" value="abc"/></params>
</user>
</users>
</domain>
</section>
</document>
"""


def binding() -> XmlCurl:
    return XmlCurl("http://127.0.0.1:1/")


def test_a_user_comes_merged_with_its_domain() -> None:
    """Parameters of the domain are the user's, and globals are expanded."""
    section = binding().parse(USER)

    assert section is not None
    user = find_user(section, "id", "1001", "PBX.test")
    assert user is not None
    assert values(user, "param") == {"a1-hash": "abc", "dial-string": "pbx.test"}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(USER.replace("\n", ""), id="one line that has a declaration"),
        pytest.param(USER.replace("abc", "abc x-pre-process"), id="the word in the line of the credentials"),
        pytest.param(USER.replace("abc", "abc <include>"), id="include"),
    ],
)
def test_lines_are_dropped_whole(answer: str) -> None:
    """And with them what else stood there."""
    section = binding().parse(answer)

    user = None if section is None else find_user(section, "id", "1001", "pbx.test")
    assert user is None or "a1-hash" not in values(user, "param")


def test_a_pre_processor_command_would_run() -> None:
    """The double remembers what a real switch would have executed."""
    curl = binding()

    curl.parse(USER.replace("<users>", '<X-PRE-PROCESS cmd="exec" data="id"/>\n<users>'))

    assert len(curl.executed) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("", id="empty"),
        pytest.param("{}", id="JSON"),
        pytest.param(
            '<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>',
            id="not found",
        ),
    ],
)
def test_other_answers_let_the_next_binding_try(answer: str) -> None:
    assert binding().parse(answer) is None
