"""What extensions can name: the choices of a menu."""

from typing import Any, Literal

from fastapi import APIRouter, Security

from management.vendors.yeastar import wire
from management.vendors.yeastar.asking import Asked, Asking, by_token
from management.vendors.yeastar.reading import EVERYTHING
from management.vendors.yeastar.roles import ROLES

Menu = Literal[
    "extension", "org_list", "role", "ring_group", "queue", "ivr", "group_vm", "custom_prompt", "outbound_route"
]

router = APIRouter(route_class=wire.Route, tags=["system"], responses=wire.ANSWERS, dependencies=[Security(by_token)])


@router.get("/system/get_menuoptions")
async def get_menu_options(asking: Asked, menu: Menu) -> wire.OptionsFound | wire.Failure:
    """The name and the id of each; of a custom prompt forwards want the name. `outbound_route` is ours."""
    pairs = [(name, role_id) for role_id, name in ROLES.items()] if menu == "role" else await _pairs(asking, menu)
    return wire.OptionsFound(data=[wire.Option(text=text, value=str(value)) for text, value in pairs])


async def _pairs(asking: Asking, menu: Menu) -> list[tuple[str, int | str]]:
    services, tenant = asking.services, asking.tenant
    if menu == "extension":
        extensions = await services.extensions.page(tenant, EVERYTHING)
        return [(each.display_name or each.number, each.id) for each in extensions.rows]
    nouns: dict[Menu, Any] = {
        "org_list": services.departments,
        "ring_group": services.ring_groups,
        "queue": services.queues,
        "ivr": services.ivr_menus,
        "group_vm": services.group_mailboxes,
        "custom_prompt": services.greetings,
        "outbound_route": services.outbound_routes,
    }
    page = await nouns[menu].list(tenant, EVERYTHING)
    return [(each.name, each.name if menu == "custom_prompt" else each.id) for each in page.rows]
