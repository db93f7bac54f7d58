"""The envelope: what every answer has around it, and the last look before it leaves.

One element a line and no declaration: the pre-processor of FreeSWITCH drops each line that holds
`<?`, and a document on one line is dropped with it.
"""

import re
from typing import Final

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml has no public name for its own class

NOT_FOUND: Final = b"""\
<document type="freeswitch/xml">
<section name="result">
<result status="not found"/>
</section>
</document>
"""
"""Sends FreeSWITCH to its next binding, then to the XML on its disk, then to a refusal."""

# Source: FreeSWITCH v1.10.12, switch_xml.c:1424 (preprocess).
_PREPROCESSED: Final = re.compile(rb"<\?|</?include|<!--|x-pre-process|\$\$\{", re.IGNORECASE)


class RenderRefused(Exception):
    """This can't be said safely, so nothing is: the lookup fails. The message holds no secret."""


def open_section(name: str) -> tuple[Element, Element]:
    """A new document and its section."""
    root = etree.Element("document", type="freeswitch/xml")
    return root, etree.SubElement(root, "section", name=name)


def add(parent: Element, tag: str, **attributes: str) -> Element:
    """A new element in `parent`. A name like `number_alias` becomes `number-alias`."""
    return etree.SubElement(parent, tag, {name.replace("_", "-"): value for name, value in attributes.items()})


def add_pairs(parent: Element, tag: str, pairs: dict[str, str]) -> None:
    """`<params>` of `<param name= value=/>`, or the same of variables."""
    container = add(parent, f"{tag}s")
    for name, value in pairs.items():
        add(container, tag, name=name, value=value)


def to_bytes(root: Element) -> bytes:
    """The document as UTF-8.

    Raises:
        RenderRefused: FreeSWITCH would execute part of it, or drop it.
    """
    etree.indent(root, space="")
    body = etree.tostring(root, encoding="UTF-8", xml_declaration=False) + b"\n"
    if _PREPROCESSED.search(body):
        raise RenderRefused("the document holds what FreeSWITCH's pre-processor acts on")
    return body
