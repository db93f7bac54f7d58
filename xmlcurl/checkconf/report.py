"""What was found in a folder: every rule asked, then told to people or to programs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from xmlcurl.checkconf import rules_disk, rules_doors, rules_lookups, rules_sofia
from xmlcurl.checkconf.configuration import Configuration, load
from xmlcurl.checkconf.findings import Finding, Kind, Severity, found
from xmlcurl.checkconf.variables import UNKNOWN

_COLOURS: Final = {Severity.OPEN: "red", Severity.WARNING: "yellow"}


@dataclass(frozen=True, slots=True)
class Report:
    folder: Path
    files: int
    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        return sum(finding.kind.severity is severity for finding in self.findings)

    @property
    def lets_somebody_in(self) -> bool:
        return self.count(Severity.OPEN) > 0


def check(folder: Path) -> Report:
    """What is wrong with the configuration in `folder`, the worst first.

    Raises:
        ConfigurationError: there is none, or it can't be read; names the file and the line.
    """
    configuration = load(folder)
    rules = (*rules_lookups.RULES, *rules_disk.RULES, *rules_sofia.RULES, *rules_doors.RULES, _reading)
    every = chain.from_iterable(rule(configuration) for rule in rules)
    findings = sorted(every, key=lambda finding: finding.kind.severity is not Severity.OPEN)
    return Report(folder, configuration.reading.files, tuple(findings))


def _reading(configuration: Configuration) -> Iterator[Finding]:
    for place, what in configuration.reading.unread:
        yield found("not-read", place, what)
    for place in configuration.reading.commented:
        yield found("directive-in-comment", place, "a directive in a comment")


def as_json(report: Report) -> str:
    """The shape is part of the promise, see docs/check-conf.md: fields are added, never changed."""
    findings = [
        {
            "id": finding.kind.id,
            "severity": finding.kind.severity.value,
            "file": printable(finding.place.file),
            "line": finding.place.line,
            "what": printable(finding.what),
            "why": finding.kind.why,
            "remedy": finding.kind.remedy,
        }
        for finding in report.findings
    ]
    counts = {"open": report.count(Severity.OPEN), "warnings": report.count(Severity.WARNING)}
    return json.dumps({"folder": printable(str(report.folder)), "files": report.files, **counts, "findings": findings})


def print_to(console: Console, report: Report) -> None:
    """Every finding with its place, then what to do about each kind."""
    if report.findings:
        console.print(_table(report))
        for kind in dict.fromkeys(finding.kind for finding in report.findings):
            console.print(_advice(kind))
    console.print(Text(_summary(report)))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("", "finding"):
        table.add_column(column, no_wrap=True)
    for column in ("where", "what"):
        table.add_column(column, overflow="fold")
    for finding in report.findings:
        severity = Text(finding.kind.severity, style=_COLOURS[finding.kind.severity])
        where, what = Text(printable(str(finding.place))), Text(printable(finding.what))
        table.add_row(severity, finding.kind.id, where, what)
    return table


def _advice(kind: Kind) -> Text:
    return Text.assemble("\n", (kind.id, "bold"), f"\n  {kind.why}\n  Instead: {kind.remedy}")


def _summary(report: Report) -> str:
    read = f"{report.files} files of {printable(str(report.folder))}"
    if not report.findings:
        return f"Nothing found in {read}."
    return f"\n{read}: {report.count(Severity.OPEN)} open, {report.count(Severity.WARNING)} warning(s)."


def printable(text: str) -> str:
    """Names come from somebody's files: nothing that a terminal obeys, and … for what is not known."""
    return "".join(one if one.isprintable() else "…" if one == UNKNOWN else "?" for one in text)
