"""`management token`: what programs send to the API."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from management.auth import ADMIN, TenantScope
from management.console.session import ACTOR, Json, Search, everything, run, show_list, show_object, tenant_of
from management.tokens.commands import TokenMade, TokenValues
from management.web.services import Services

app = typer.Typer(no_args_is_help=True, help="What programs send to the API behind `Bearer`.")

OfTenant = Annotated[
    str | None, typer.Option("--tenant", help="The tenant's domain. Without it: of the platform.", metavar="DOMAIN")
]
Scope = Annotated[list[str] | None, typer.Option(help="read, write or admin, once for each. Default: admin.")]
AsJson = Annotated[bool, Json]


@app.command("add")
def add_token(
    *,
    name: Annotated[str, typer.Option(help="What it is for.")] = "cli",
    tenant: OfTenant = None,
    scope: Scope = None,
    as_json: AsJson = False,
) -> None:
    """A new token. It is shown this once."""
    values = TokenValues(name=name, scopes=tuple(scope or (ADMIN,)))

    async def create(services: Services) -> TokenMade:
        return (await services.tokens.create(await _scope(services, tenant), values, actor=ACTOR)).result

    made = run(create)
    show_object({**asdict(made.token), "token": made.text}, as_json=as_json)


@app.command("revoke")
def revoke_token(
    token_id: Annotated[int, typer.Argument(metavar="ID")], *, tenant: OfTenant = None, as_json: AsJson = False
) -> None:
    """It is refused from now on."""

    async def revoke(services: Services) -> Any:
        await services.tokens.revoke(await _scope(services, tenant), token_id, actor=ACTOR)

    run(revoke)
    show_object({"revoked": True}, as_json=as_json)


@app.command("list")
def list_tokens(
    *, tenant: OfTenant = None, search: Annotated[str | None, Search] = None, as_json: AsJson = False
) -> None:
    """Tokens, the newest first, revoked ones too; never their secrets."""

    async def find(services: Services) -> list[Any]:
        scope = await _scope(services, tenant)
        return await everything(lambda wanted: services.tokens.list(scope, wanted), search)

    show_list(run(find), ("id", "name", "scopes", "last_used_at", "revoked_at", "created_at"), as_json=as_json)


async def _scope(services: Services, tenant: str | None) -> TenantScope | None:
    return None if tenant is None else await tenant_of(services, tenant)
