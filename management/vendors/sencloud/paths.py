"""Which method a path means, whatever the name that its service goes by.

The vendors sell one API under several names, and write them as they please (`Etelecom`, `ETelecom`): each method is
one route, and is reached as `shop.<name>` or `partner.<name>`, with the name's case counting for nothing.
"""

import re
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

SHOP: Final = "/shop.Sencloud"
PARTNER: Final = "/partner.Etelecom"

ALIASES: Final[Mapping[str, str]] = {
    "GetCallLogs": "ListCallLogs",
    "ListTenants": "GetPartnerTenantList",
    "AddHotline": "PartnerAddHotline",
    "PartnerGetHotlineList": "GetPartnerHotlineList",
    "PartnerAddHotlineToTenant": "AddHotlineToTenant",
    "PartnerRemoveHotlineFromTenant": "RemoveHotlineFromTenant",
    "PartnerRemoveHotline": "RemoveHotline",
}
"""Other names of methods: of the vendors' older clients, and of pages whose bodies could not be read."""

_PATH: Final = re.compile(r"/(?i:(?:shop|partner)\.(?:sencloud|etelecom|interits|shop))/([A-Za-z]{1,64})", re.ASCII)


class OneNameEach:
    """Pure ASGI: what is inside sees each method under one path, `methods` says which."""

    def __init__(self, app: ASGIApp, methods: Mapping[str, str]) -> None:
        self._app = app
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        match = _PATH.fullmatch(scope.get("path", "").removeprefix(root))
        if match and (path := self._methods.get(ALIASES.get(match[1], match[1]))):
            scope = {**scope, "path": root + path}
        await self._app(scope, receive, send)
