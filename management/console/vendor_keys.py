"""`management vendor-key`: what programs of other vendors' APIs prove themselves with."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from management.console.session import ACTOR, Json, Search, everything, run, show_list, show_object, tenant_of
from management.objects.commands import UNSET
from management.vendor_keys.commands import KeyOwner, VendorKeyMade, VendorKeyValues
from management.web.services import Services

app = typer.Typer(no_args_is_help=True, help="Keys of the SenCloud and eTelecom, Yeastar and Tencent APIs.")

OfTenant = Annotated[str | None, typer.Option("--tenant", help="The tenant's domain.", metavar="DOMAIN")]
OfPartner = Annotated[int | None, typer.Option("--partner", help="The partner's id, in place of a tenant.")]
AsJson = Annotated[bool, Json]


@app.command("add")
def add_key(
    dialect: Annotated[str, typer.Argument(help="sencloud, yeastar or tencent.")],
    *,
    name: Annotated[str, typer.Option(help="What it is for.")] = "cli",
    tenant: OfTenant = None,
    partner: OfPartner = None,
    sdk_app_id: Annotated[int | None, typer.Option(help="Of tencent: what requests call the tenant.")] = None,
    as_json: AsJson = False,
) -> None:
    """A new key. Its secret is shown this once."""
    values = VendorKeyValues(dialect=dialect, name=name, sdk_app_id=UNSET if sdk_app_id is None else sdk_app_id)

    async def create(services: Services) -> VendorKeyMade:
        owner = await _owner(services, tenant, partner)
        return (await services.vendor_keys.create(owner, values, actor=ACTOR)).result

    made = run(create)
    show_object({**asdict(made.key), "secret": made.secret}, as_json=as_json)


@app.command("revoke")
def revoke_key(
    key_id: Annotated[int, typer.Argument(metavar="ID")],
    *,
    tenant: OfTenant = None,
    partner: OfPartner = None,
    as_json: AsJson = False,
) -> None:
    """It is refused from now on."""

    async def revoke(services: Services) -> Any:
        await services.vendor_keys.revoke(await _owner(services, tenant, partner), key_id, actor=ACTOR)

    run(revoke)
    show_object({"revoked": True}, as_json=as_json)


@app.command("list")
def list_keys(
    *,
    tenant: OfTenant = None,
    partner: OfPartner = None,
    search: Annotated[str | None, Search] = None,
    as_json: AsJson = False,
) -> None:
    """Keys, the newest first, revoked ones too; never their secrets."""

    async def find(services: Services) -> list[Any]:
        owner = await _owner(services, tenant, partner)
        return await everything(lambda wanted: services.vendor_keys.list(owner, wanted), search)

    columns = ("id", "dialect", "name", "public_id", "last_used_at", "revoked_at", "created_at")
    show_list(run(find), columns, as_json=as_json)


async def _owner(services: Services, tenant: str | None, partner: int | None) -> KeyOwner:
    match tenant, partner:
        case str(), None:
            return KeyOwner(tenant_id=(await tenant_of(services, tenant)).id)
        case None, int():
            return KeyOwner(partner_id=(await services.partners.find(None, partner)).id)
    raise typer.BadParameter("whose keys: --tenant DOMAIN, or --partner ID")
