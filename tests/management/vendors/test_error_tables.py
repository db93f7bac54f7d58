"""Every error that there is has an answer in every dialect."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

import management
from management.api import errors as pbx
from management.errors import ManagementError
from management.vendors.sencloud import errors as sencloud
from management.vendors.tencent import errors as tencent
from management.vendors.yeastar import errors as yeastar

TABLES: Final[Mapping[str, Mapping[type[ManagementError], Any]]] = {
    "pbx": pbx.TABLE,
    "sencloud": sencloud.TABLE,
    "tencent": tencent.ERRORS,
    "yeastar": yeastar.TABLE,
}
"""Dialect -> its table; a new dialect is a line here."""

for module in pkgutil.walk_packages(management.__path__, "management."):
    # An error that is defined where nobody looks can be raised all the same.
    if module.name.endswith((".errors", ".gate", ".service", "database")):
        importlib.import_module(module.name)


def _below(kind: type[ManagementError]) -> Iterator[type[ManagementError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _may_meet(dialect: str, kind: type[ManagementError]) -> bool:
    """An error of another dialect's own never gets here; one of tests is none."""
    name = kind.__module__
    return name.startswith("management.") and (
        not name.startswith("management.vendors.") or name.startswith(f"management.vendors.{dialect}.")
    )


CASES: Final = [
    pytest.param(table, kind, id=f"{dialect}-{kind.__name__}")
    for dialect, table in TABLES.items()
    for kind in sorted({*_below(ManagementError)}, key=lambda each: each.__qualname__)
    if _may_meet(dialect, kind)
]


@pytest.mark.parametrize(("table", "kind"), CASES)
def test_every_error_has_an_entry_of_its_family(
    table: Mapping[type[ManagementError], Any], kind: type[ManagementError]
) -> None:
    """Of its own class, or of one above it that says as much; never of all errors."""
    assert any(each in table for each in kind.__mro__[: kind.__mro__.index(ManagementError)])


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_table_has_one_answer_for_everything(table: Mapping[type[ManagementError], Any]) -> None:
    """It would hide the next error that is forgotten."""
    assert ManagementError not in table


def test_there_are_errors_to_be_asked_for() -> None:
    """Those of packages, too."""
    names = {kind.__name__ for kind in _below(ManagementError)}

    assert names >= {"Unconfirmed", "ExtensionExists", "InUse", "BodyTooLarge", "Collided", "RowsRefused"}
