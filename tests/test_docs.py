"""What the documents say stands in the code, and what the code shows to an operator stands in the documents."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from management.cli import app as management_commands
from management.metrics import ManagementMetrics
from management.settings import ManagementSettings
from xmlcurl.metrics import LookupMetrics
from xmlcurl.settings import ENV_PREFIX

ROOT = Path(__file__).parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
EVERYTHING = "\n".join(document.read_text() for document in DOCUMENTS)
SOURCES = sorted([*(ROOT / "xmlcurl").rglob("*.py"), *(ROOT / "management").rglob("*.py")])
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


@pytest.mark.parametrize("name", ManagementSettings.model_fields)
def test_each_setting_stands_in_the_operations_guide(name: str) -> None:
    """With its default and its bounds."""
    row = next((line for line in OPERATIONS.splitlines() if line.startswith(f"| `{ENV_PREFIX}{name.upper()}` |")), "")
    _, default, bounds, what_for = (cell.strip() for cell in row.strip("|").split(" | "))

    field = ManagementSettings.model_fields[name]
    assert what_for
    for figure in _bounds(field):
        assert str(figure) in bounds.split(" ")
    if isinstance(field.default, int | str | Path) and str(field.default):
        assert default.strip("`") == str(field.default)
    if name in {"lookup_allow", "metrics_allow", "cdr_allow"}:
        assert default.strip("`") == ",".join(map(str, field.default))


def test_no_setting_is_described_that_there_is_not() -> None:
    """In any document."""
    described = {name.removeprefix(ENV_PREFIX).lower() for name in re.findall(rf"{ENV_PREFIX}[A-Z_]+[A-Z]", EVERYTHING)}

    assert described <= ManagementSettings.model_fields.keys()


def test_each_test_that_is_named_there_is() -> None:
    """A promise about security points to what proves it."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text()))
    defined = {
        name for file in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }

    assert len(named) > 30
    assert named <= defined


@pytest.mark.parametrize("metrics", [LookupMetrics(), ManagementMetrics()], ids=["lookups", "management"])
def test_each_metric_stands_in_the_operations_guide(metrics: LookupMetrics | ManagementMetrics) -> None:
    """With what to do when it moves."""
    for family in metrics._registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"| `{name}` | " in OPERATIONS


def test_each_log_line_stands_in_the_operations_guide() -> None:
    """With what to do about it."""
    events = {event for source in SOURCES for event in _events(source)}

    assert len(events) > 10
    described = " ".join(line.split(" | ")[0] for line in OPERATIONS.splitlines() if line.startswith("| `"))
    assert [event for event in sorted(events) if f"`{event}`" not in described] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document: Path) -> None:
    """To a file of the project."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_commands_that_are_described_exist() -> None:
    """Every `management ...` in a document."""
    known = {command.name for command in management_commands.registered_commands}
    groups = {
        group.name: {command.name for command in group.typer_instance.registered_commands}
        for group in management_commands.registered_groups
        if group.typer_instance is not None
    }

    for words in re.findall(r"`(?:\.venv/bin/)?management ([a-z][a-z -]*)", EVERYTHING):
        first, *rest = words.split()
        assert first in known | groups.keys(), words
        if first in groups and rest:
            assert rest[0] in groups[first], words


def test_tests_that_are_named_as_proof_exist() -> None:
    """Under that name."""
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", EVERYTHING))
    written = {
        name
        for source in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", source.read_text())
    }

    assert named
    assert sorted(named - written) == []


def _bounds(field: FieldInfo) -> Iterator[int]:
    for constraint in field.metadata:
        for side in ("ge", "le"):
            if hasattr(constraint, side):
                yield getattr(constraint, side)


def _events(source: Path) -> Iterator[str]:
    """The first argument of each call of a log in the file."""
    for node in ast.walk(ast.parse(source.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr=method), args=[ast.Constant(value=str(event)), *_]):
                if method in LOG_METHODS and re.fullmatch("[a-z_]+", event):
                    yield event
