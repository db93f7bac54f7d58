"""A route as XML: the context letter for letter, and nothing that FreeSWITCH would act on too early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.xmlcurl import XmlCurl
from tests.xmlcurl.store.test_text import hostile_text
from xmlcurl.render.dialplan import route_document
from xmlcurl.render.document import RenderRefused
from xmlcurl.routing import UNALLOCATED, Route, Rule, plain


def test_a_route() -> None:
    """One context, one rule, no condition that could fail."""
    document = route_document(plain("own_voicemail", ("answer", ""), ("voicemail", "check a b")), "pbx.test")

    assert (
        document
        == b"""\
<document type="freeswitch/xml">
<section name="dialplan">
<context name="pbx.test">
<extension name="own_voicemail">
<condition>
<action application="answer"/>
<action application="voicemail" data="check a b"/>
</condition>
</extension>
</context>
</section>
</document>
"""
    )


def test_rules_in_order() -> None:
    """What goes on is done while the document is read; a condition's attributes are said as they are."""
    noted = Rule("clock", (("set", "a=1"),), {"wday": "2", "time-of-day": "09:00:00-17:59:59"}, goes_on=True)
    tested = Rule("open", (("answer", ""),), {"field": "${a}", "expression": "^1$"})

    document = route_document(Route((noted, tested, *UNALLOCATED.rules)), "pbx.test").decode()

    assert (
        """\
<extension name="clock" continue="true">
<condition wday="2" time-of-day="09:00:00-17:59:59">
<action application="set" data="a=1" inline="true"/>
</condition>
</extension>
<extension name="open">
<condition field="${a}" expression="^1$">
<action application="answer"/>
</condition>
</extension>
<extension name="unallocated_number">
"""
        in document
    )


@given(hostile_text | st.text())
def test_every_context_is_answered(context: str) -> None:
    """By its own name, or by one that FreeSWITCH falls back to when that can't be said."""
    body = route_document(UNALLOCATED, context).decode()

    section = XmlCurl("").parse(body)
    assert XmlCurl("").preprocess(body) == body
    assert section is not None
    name = section.findall("context")[0].get("name")
    assert name in {context, "global"}


def test_what_would_be_lost_is_not_sent() -> None:
    """The last look before a document leaves."""
    with pytest.raises(RenderRefused):
        route_document(plain("x", ("set", "a=x-PRE-process")), "pbx.test")
