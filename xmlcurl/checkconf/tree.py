"""The XML of a configuration, as lenient and as strict as FreeSWITCH's own parser.

That parser takes what others refuse (a bare `&`, `<` in an attribute), so that a configuration that works
could not be checked with another one. No DTD is read: there are no entities but those of XML itself.

Source:
    FreeSWITCH v1.10.12, switch_xml.c:1053-1200 (switch_xml_parse_str), :601 (switch_xml_decode).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from xmlcurl.checkconf.errors import ConfigurationError
from xmlcurl.checkconf.place import Place

MAX_ELEMENTS: Final = 200_000

_NAME: Final = re.compile(r"[A-Za-z_:\x80-\U0010ffff][^\t\r\n />]*")
_ATTRIBUTE: Final = re.compile(r"""([^\t\r\n =/>]*)(?:([\t\r\n =]+)(?:"([^"]*)"|'([^']*)')?)?[\t\r\n ]*""")
_REFERENCE: Final = re.compile(r"&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(lt|gt|quot|apos|amp));")
_SPACE: Final = re.compile(r"[\t\r\n]")
_ENTITIES: Final = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&"}


@dataclass(slots=True, eq=False)
class Element:
    tag: str
    place: Place
    attributes: dict[str, str] = field(default_factory=dict)
    elements: list["Element"] = field(default_factory=list)

    def get(self, attribute: str) -> str:
        """Its value; empty when it is missing, which FreeSWITCH seldom tells apart."""
        return self.attributes.get(attribute, "")

    def children(self, tag: str) -> Iterator["Element"]:
        return (element for element in self.elements if element.tag == tag)

    def child(self, tag: str) -> "Element | None":
        """The first one, which is the only one that FreeSWITCH looks at."""
        return next(self.children(tag), None)

    def named(self, tag: str, name: str) -> "Element | None":
        """The first child with this `name`, whatever its case."""
        return next((one for one in self.children(tag) if one.get("name").lower() == name.lower()), None)


def parse(lines: Iterable[tuple[str, Place]]) -> Element:
    """The root element.

    Raises:
        ConfigurationError: FreeSWITCH could not read it either, or it has a DTD of its own.
    """
    return _Parser(list(lines)).parse()


class _Parser:
    def __init__(self, lines: list[tuple[str, Place]]) -> None:
        self._text = "".join(text for text, _ in lines)
        self._lines = lines
        self._line, self._line_end = 0, len(lines[0][0]) if lines else 0
        self._open: list[Element] = []
        self._root: Element | None = None
        self._elements = 0

    def parse(self) -> Element:
        text, at = self._text, self._text.find("<")
        while at >= 0:
            at = text.find("<", self._markup(at))
        if self._open:
            raise ConfigurationError(f"<{self._open[-1].tag}> is never closed", self._open[-1].place)
        if self._root is None:
            raise ConfigurationError("there is no XML in it", self._lines[0][1] if self._lines else None)
        return self._root

    def _markup(self, at: int) -> int:
        """Read what begins at `at`; gives the position behind it."""
        text = self._text
        if name := _NAME.match(text, at + 1):
            return self._element(name[0], at, name.end())
        if text.startswith("</", at):
            return self._closing(at)
        if text.startswith("<!--", at):
            return self._comment(at)
        for opening, closing in (("<![CDATA[", "]]>"), ("<!DOCTYPE", ">"), ("<?", "?>")):
            if text.startswith(opening, at):
                return self._skipped(at, opening, closing)
        raise ConfigurationError("a < that begins nothing", self._place(at))

    def _element(self, tag: str, start: int, at: int) -> int:
        element = Element(tag, self._place(start))
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise ConfigurationError(f"more than {MAX_ELEMENTS} elements with this one", element.place)
        if self._open:
            self._open[-1].elements.append(element)
        elif self._root:
            raise ConfigurationError("a second root element", element.place)
        else:
            self._root = element
        at = self._attributes(element, at)
        if self._text.startswith("/>", at):
            return at + 2
        if not self._text.startswith(">", at):
            raise ConfigurationError(f"<{element.tag}: a > is missing", element.place)
        self._open.append(element)
        return at + 1

    def _attributes(self, element: Element, at: int) -> int:
        text = self._text
        while at < len(text) and text[at] in "\t\r\n ":
            at += 1
        while at < len(text) and text[at] not in "/>":
            found = _ATTRIBUTE.match(text, at)
            assert found  # noqa: S101 - every part of it may be empty
            name, separator, double, single = found.groups()
            at = found.end()
            if separator and double is None and single is None and text[at : at + 1] in {'"', "'"}:
                raise ConfigurationError(f"<{element.tag}: a {text[at]} is missing", element.place)
            element.attributes.setdefault(name, _decoded(double or single or ""))
        return at

    def _closing(self, at: int) -> int:
        end = self._text.find(">", at)
        tag = self._text[at + 2 : end].strip("\t\r\n ")
        if end < 0:
            raise ConfigurationError("a > is missing", self._place(at))
        if not self._open or self._open[-1].tag != tag:
            opened = f"<{self._open[-1].tag}> of {self._open[-1].place}" if self._open else "nothing"
            raise ConfigurationError(f"a closing tag that does not fit: {opened} is open", self._place(at))
        self._open.pop()
        return end + 1

    def _comment(self, at: int) -> int:
        end = self._text.find("--", at + 4)
        if end < 0:
            raise ConfigurationError("a comment is never closed", self._place(at))
        if not self._text.startswith(">", end + 2):
            raise ConfigurationError("-- in a comment, which ends it for FreeSWITCH", self._place(end))
        return end + 3

    def _skipped(self, at: int, opening: str, closing: str) -> int:
        end = self._text.find(closing, at)
        if end < 0:
            raise ConfigurationError(f"{opening} is never closed", self._place(at))
        if opening == "<!DOCTYPE" and "[" in self._text[at:end]:
            raise ConfigurationError("a DTD with declarations of its own is not checked", self._place(at))
        return end + len(closing)

    def _place(self, at: int) -> Place:
        """Of a position that is not before the one that was asked for last."""
        while at >= self._line_end:
            self._line += 1
            self._line_end += len(self._lines[self._line][0])
        return self._lines[self._line][1]


def _decoded(value: str) -> str:
    return _REFERENCE.sub(_character, _SPACE.sub(" ", value)) if "&" in value else _SPACE.sub(" ", value)


def _character(reference: re.Match[str]) -> str:
    decimal, hexadecimal, name = reference.groups()
    if name:
        return _ENTITIES[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    is_character = 0 < code < 0x110000 and not 0xD800 <= code < 0xE000
    return chr(code) if is_character else reference[0]
