"""`management explain-call`: what would happen to a call, and why."""

import sys
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from management.console.session import Json, Tenant, run, show_object, tenant_of
from management.errors import Invalid
from management.explain.commands import ExplainCall
from management.explain.model import CallExplained
from management.web.services import Services
from xmlcurl.store.tables import utc_now


def explain_call(
    caller: Annotated[str, typer.Argument(metavar="FROM", help="An extension, or a number outside.")],
    destination: Annotated[str, typer.Argument(metavar="TO", help="What is dialled.")],
    *,
    tenant: Annotated[str, Tenant],
    at: Annotated[str | None, typer.Option(help="RFC 3339, such as 2026-03-10T10:00:00+07:00. Now.")] = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """What would happen to a call, and why. Everyone answers; with --json the documents are there, too."""
    asked = ExplainCall(caller=caller, destination=destination, at=_moment(at))

    async def explain(services: Services) -> CallExplained:
        return await services.explanations.call(await tenant_of(services, tenant), asked)

    explained = run(explain)
    if as_json:
        show_object(asdict(explained), as_json=True)
        return
    for step in explained.steps:
        lines = (
            f"{step.dialled} ({step.destination})",
            *map("  {}".format, step.why),
            *map("  -> {}".format, step.happens),
        )
        sys.stdout.write("".join(f"{line}\n" for line in lines))


def _moment(said: str | None) -> datetime:
    try:
        return utc_now() if said is None else datetime.fromisoformat(said)
    except ValueError:
        raise Invalid.of("at", "date") from None
