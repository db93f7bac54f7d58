"""What a real FreeSWITCH 1.10 sent and answered, byte for byte."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ESL_TRANSCRIPTS = Path(__file__).with_name("esl-transcripts.txt")


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded mod_xml_curl request.

    `trigger` holds the fields that say what is asked: section, purpose, action, calling_function ...
    """

    scenario: str
    trigger: Mapping[str, str]
    head: bytes
    body: bytes


@cache
def captures() -> tuple[Capture, ...]:
    """All recorded requests, in the order in which they were recorded."""
    lines = Path(__file__).with_name("requests.jsonl").read_text().splitlines()
    return tuple(
        Capture(line["scenario"], line["trigger"], line["head"].encode(), line["body"].encode())
        for line in map(json.loads, lines)
    )
