"""The XML that FreeSWITCH takes and refuses: each case was tried on a running 1.10.12, or read in its parser."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.xmlcurl.checkconf.sample import FILES
from xmlcurl.checkconf.errors import ConfigurationError
from xmlcurl.checkconf.place import Place
from xmlcurl.checkconf.tree import Element, parse


def parsed(text: str) -> Element:
    return parse((line, Place("f", number)) for number, line in enumerate(text.splitlines(keepends=True), 1))


@pytest.mark.parametrize(
    ("attributes", "value"),
    [
        pytest.param('x="a<b"', "a<b", id="less than"),
        pytest.param('x="a&b&nosuch;"', "a&b&nosuch;", id="a bare ampersand"),
        pytest.param("y='\"' x\n=\n'1'", "1", id="single quotes, space"),
        pytest.param('x="first" x="second"', "first", id="the first one counts"),
        pytest.param('x="&lt;&gt;&amp;&quot;&apos;&amp;lt;"', "<>&\"'&lt;", id="entities, once"),
        pytest.param('x="&#36;&#x24;&#0;&#xd800;&#9999999;"', "$$&#0;&#xd800;&#9999999;", id="numbers"),
        pytest.param('x="a\nb"', "a b", id="a line end"),
        pytest.param("x=1", "", id="no quotes"),
        pytest.param("x", "", id="no value"),
        pytest.param('y="/" x="/>"', "/>", id="an end in a value"),
    ],
)
def test_attributes(attributes: str, value: str) -> None:
    """What lxml refuses is in many a dialplan."""
    assert parsed(f"<a {attributes}/>").get("x") == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "there is no XML", id="nothing"),
        pytest.param("<a>\n<b>\n</a>", "f:3: .*<b> of f:2 is open", id="closed in the wrong order"),
        pytest.param("<a>\n<b>\n</b>", "f:1: <a> is never closed", id="never closed"),
        pytest.param("<a/>\n</a>", "f:2: .*nothing is open", id="closed once more"),
        pytest.param("<a/>\n<b/>", "f:2: a second root", id="two roots"),
        pytest.param('<a>\n<b x="1/></a>', 'f:2: <b: a " is missing', id="a quote"),
        pytest.param("<a>\n<b x='1'", "f:2: <b: a > is missing", id="an end"),
        pytest.param("<a>\n</a", "f:2: a > is missing", id="an end of an end"),
        pytest.param("<a>\n<!-- b", "f:2: a comment is never closed", id="a comment"),
        pytest.param("<a>\n<!-- b -- c -->", "f:2: -- in a comment", id="two hyphens"),
        pytest.param("<a>\n< b/>", "f:2: a < that begins nothing", id="a space"),
        pytest.param("<a>\n<![CDATA[", "f:2: .* never closed", id="CDATA"),
        pytest.param('<!DOCTYPE a [\n<!ENTITY b "c">]><a/>', "f:1: a DTD", id="entities"),
    ],
)
def test_what_freeswitch_could_not_read(text: str, said: str) -> None:
    """With the line, and with nothing that stands in it."""
    with pytest.raises(ConfigurationError, match=said):
        parsed(text)


def test_what_is_passed_over() -> None:
    """Comments, CDATA, instructions, a DTD that declares nothing, text."""
    root = parsed("<!DOCTYPE a>text<?b ?><a>text<!-- <b/> --><![CDATA[<b/>]]><c/></a> text <!-- end -->")

    assert [element.tag for element in root.elements] == ["c"]


@pytest.mark.parametrize("name", [name for name in FILES if name not in {"freeswitch.xml", "vars.xml"}])
def test_it_agrees_with_another_parser(name: str) -> None:
    """On what both can read."""

    def shape(element: Element) -> object:
        return element.tag, element.attributes, [shape(one) for one in element.elements]

    def other(element: ET.Element) -> object:
        return element.tag, element.attrib, [other(one) for one in element]

    assert shape(parsed(FILES[name])) == other(ET.fromstring(FILES[name]))  # noqa: S314 - our own text


def test_elements_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file can hold millions."""
    monkeypatch.setattr("xmlcurl.checkconf.tree.MAX_ELEMENTS", 3)

    with pytest.raises(ConfigurationError, match="f:1: more than 3 elements"):
        parsed("<a><b/><b/><b/></a>")
