"""FreeSWITCH's side of mod_xml_curl: asks on a new connection each time, and reads the answer its way."""

import base64
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from lxml import etree

RESPONSE_MAX_BYTES = 1_048_576


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: bytes


@dataclass
class XmlCurl:
    """One binding of xml_curl.conf."""

    url: str
    credentials: str = ""
    timeout_seconds: float = 5.0
    global_variables: Mapping[str, str] = field(default_factory=lambda: {"domain": "pbx.test"})
    executed: list[str] = field(default_factory=list)
    """Pre-processor lines of answers that a real FreeSWITCH would have carried out."""
    asked: list[bytes] = field(default_factory=list)

    def post(self, body: bytes, *, path: str | None = None) -> Answer:
        """Send captured bytes as FreeSWITCH does. OSError: refused, broken off, or too slow."""
        url = urlsplit(self.url)
        self.asked.append(body)
        login = base64.b64encode(self.credentials.encode()).decode()
        head = [
            f"POST {path or url.path or '/'} HTTP/1.1",
            f"Host: {url.netloc}",
            *([f"Authorization: Basic {login}"] if self.credentials else []),
            "User-Agent: freeswitch-xml/1.0",
            "Accept: */*",
            f"Content-Length: {len(body)}",
            "Content-Type: application/x-www-form-urlencoded",
        ]
        address = (url.hostname or "", url.port or 80)
        with socket.create_connection(address, self.timeout_seconds) as connection:
            connection.settimeout(self.timeout_seconds)
            connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
            return _read_answer(connection)

    def document(self, body: bytes, *, path: str | None = None) -> etree._Element | None:
        """The section that FreeSWITCH would search; None where it would go on to the next binding."""
        try:
            answer = self.post(body, path=path)
        except OSError:
            return None
        if answer.status != 200 or len(answer.body) > RESPONSE_MAX_BYTES:
            return None
        return self.parse(answer.body.decode(errors="replace"))

    def parse(self, text: str) -> etree._Element | None:
        """Pre-process, parse, and look for a section that is not "not found"."""
        try:
            root = etree.fromstring(self.preprocess(text).encode(), etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError:
            return None
        section = root.find("section")
        if root.tag != "document" or section is None or section.find("result[@status='not found']") is not None:
            return None
        return section

    def preprocess(self, text: str) -> str:
        """Drop the lines that FreeSWITCH drops, and expand $${...}.

        Source:
            FreeSWITCH v1.10.12, switch_xml.c:1424 (preprocess).
        """
        kept = []
        for line in text.splitlines(keepends=True):
            if "<?" in line or "<include>" in line or "</include>" in line:
                continue
            if "x-pre-process" in line.lower():
                if "<x-pre-process" in line.lower():
                    self.executed.append(line)
                continue
            kept.append(re.sub(r"\$\$\{([^}]*)\}", lambda name: self.global_variables.get(name[1], ""), line))
        return "".join(kept)


def _read_answer(connection: socket.socket) -> Answer:
    with connection.makefile("rb") as stream:
        first = stream.readline().split()
        if len(first) < 2:
            raise ConnectionError("broken off before the answer")
        status = int(first[1])
        length = None
        while (line := stream.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = stream.read() if length is None else stream.read(length)
        if length is not None and len(body) < length:
            raise ConnectionError("broken off in the middle of the answer")
        return Answer(status, body)


def find_user(section: etree._Element, key: str, user: str, domain: str) -> etree._Element | None:
    """The user merged with its group and domain, as FreeSWITCH keeps it; None when it is not in the answer.

    Source:
        FreeSWITCH v1.10.12, switch_xml.c: switch_xml_locate_user, find_user_in_tag, switch_xml_merge_user.
    """
    for candidate in section.iter("domain"):
        if candidate.get("name", "").lower() != domain.lower():
            continue
        for element in candidate.iter("user"):
            if user in {element.get("id"), element.get("number-alias")} and element.get("type") != "pointer":
                return _merged(element, [*element.iterancestors("group"), candidate])
    return None


def _merged(user: etree._Element, above: list[etree._Element]) -> etree._Element:
    merged = etree.fromstring(etree.tostring(user, with_tail=False))
    for source in above:
        for list_tag, item_tag in (("params", "param"), ("variables", "variable")):
            target = merged.find(list_tag)
            if target is None:
                target = etree.SubElement(merged, list_tag)
            known = {item.get("name") for item in target}
            for item in source.findall(f"{list_tag}/{item_tag}"):
                if item.get("name") not in known:
                    target.append(etree.fromstring(etree.tostring(item, with_tail=False)))
    return merged


def values(user: etree._Element, kind: str) -> dict[str, str]:
    """All "param" or all "variable" of a user by name."""
    return {item.get("name", ""): item.get("value", "") for item in user.findall(f"{kind}s/{kind}")}


def encode(text: str) -> str:
    """As switch_url_encode does: a comma stays raw, a blank is %20."""
    return quote(text, safe="!$'()*,-./_~")


def form(unencoded: Mapping[str, str], fields: Mapping[str, str]) -> bytes:
    """A request body: the first five fields as they are, the others encoded."""
    raw = [f"{name}={value}" for name, value in unencoded.items()]
    return "&".join([*raw, *(f"{name}={encode(value)}" for name, value in fields.items())]).encode()
