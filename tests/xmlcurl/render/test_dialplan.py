"""A route as XML: the context letter for letter, and nothing that FreeSWITCH would act on too early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.xmlcurl import XmlCurl
from tests.xmlcurl.store.test_text import hostile_text
from xmlcurl.render.dialplan import route_document
from xmlcurl.render.document import RenderRefused
from xmlcurl.routing import UNALLOCATED, Route


def test_a_route() -> None:
    """One context, one rule, no condition that could fail."""
    document = route_document(Route("own_voicemail", (("answer", ""), ("voicemail", "check a b"))), "pbx.test")

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
        route_document(Route("x", (("set", "a=x-PRE-process"),)), "pbx.test")
