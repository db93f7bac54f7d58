"""`management greeting add` and `upload`: sounds are files."""

from pathlib import Path
from typing import Annotated, Any

import typer

from management.api.greetings import GreetingItem
from management.console.nouns import conclude
from management.console.session import ACTOR, Json, Tenant, run, tenant_of
from management.greetings.commands import LARGEST_KILOBYTES, GreetingValues
from management.web.services import Services

File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="WAV or MP3.")]
OfTenant = Annotated[str, Tenant]
AsJson = Annotated[bool, Json]


def complete(app: typer.Typer) -> None:
    """Give the commands of greetings those that read a file."""

    @app.command("add")
    def add_greeting(
        name: Annotated[str, typer.Argument()], file: File, *, tenant: OfTenant, as_json: AsJson = False
    ) -> None:
        """A new greeting."""
        values = GreetingValues(name=name, content=_content(file))

        async def create(services: Services) -> Any:
            return await services.greetings.create(await tenant_of(services, tenant), values, actor=ACTOR)

        conclude(GreetingItem, run(create), as_json)

    @app.command("upload")
    def upload_greeting(
        greeting_id: Annotated[int, typer.Argument(metavar="ID")],
        file: File,
        *,
        tenant: OfTenant,
        as_json: AsJson = False,
    ) -> None:
        """Another sound under the same name."""
        values = GreetingValues(content=_content(file))

        async def update(services: Services) -> Any:
            return await services.greetings.update(await tenant_of(services, tenant), greeting_id, values, actor=ACTOR)

        conclude(GreetingItem, run(update), as_json)


def _content(file: Path) -> bytes:
    """As much of it as tells that it is too long."""
    with file.open("rb") as opened:
        return opened.read(LARGEST_KILOBYTES * 1024 + 1)
