"""`management import-cdr` and `management calls`: records that did not arrive, and records that are old."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from management.calls.errors import Unreadable
from management.calls.record import LARGEST_BYTES
from management.calls.service import Calls
from management.console.session import Json, run, show_list, show_object
from management.web.services import Services

app = typer.Typer(no_args_is_help=True, help="Records of finished calls.")

AsJson = Annotated[bool, Json]

FILES: Final = "*.cdr.json"
_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file: "taken", "known" (it had been taken before), or why it failed."""

    file: str
    result: str
    failed: bool


def import_folder(
    folder: Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="json_cdr of a switch.")],
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Delete each file whose record is in the database.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the call records that a FreeSWITCH could not deliver. It may be done again: each is taken once."""
    files = sorted(folder.glob(FILES))

    async def take(services: Services) -> Sequence[Imported]:
        return [await _take(services.calls, file) for file in files]

    imported = run(take)
    for each in imported if delete else ():
        if not each.failed:
            (folder / each.file).unlink(missing_ok=True)
    show_list(imported, ("file", "result"), as_json=as_json)
    if any(each.failed for each in imported):
        raise typer.Exit(_FAILED)


@app.command("purge")
def purge_calls(
    *,
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Calls that began before this day (UTC).")],
    as_json: AsJson = False,
) -> None:
    """Delete the records of old calls, of all tenants; their recordings stay on the switches."""

    async def purge(services: Services) -> int:
        return await services.calls.purge(before.replace(tzinfo=UTC))

    show_object({"deleted": run(purge)}, as_json=as_json)


async def _take(calls: Calls, file: Path) -> Imported:
    try:
        is_new = await calls.take(_content(file))
    except (Unreadable, OSError) as exc:
        return Imported(file.name, (exc.strerror if isinstance(exc, OSError) else None) or str(exc), failed=True)
    return Imported(file.name, "taken" if is_new else "known", failed=False)


def _content(file: Path) -> bytes:
    """As much of it as tells that it is too long."""
    with file.open("rb") as opened:
        return opened.read(LARGEST_BYTES + 1)
