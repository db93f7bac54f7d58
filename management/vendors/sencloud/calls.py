"""The method about finished calls, with a shop's key."""

import re
from typing import Final

from management.calls.repository import Cursor, Wanted
from management.errors import Invalid
from management.vendors.sencloud import bodies, wire
from management.vendors.sencloud.asking import Shop, ShopAsking
from management.vendors.sencloud.cursors import LARGEST_PAGE, PagingWanted, cursor, paging, text_of
from management.vendors.sencloud.methods import methods
from management.vendors.sencloud.paths import SHOP

router = methods(SHOP, "calls")

_PLACE: Final = re.compile(r"[0-9]{1,16}-[0-9]{1,18}", re.ASCII)
_ORDERS: Final = frozenset({None, "", "-created_at", "-started_at"})


@router.post("/ListCallLogs")
async def list_call_logs(asking: Shop, body: bodies.CallsWanted) -> wire.CallPage:
    """The newest first; pages lead to older ones."""
    asked = body.paging or PagingWanted()
    if asked.sort not in _ORDERS:
        raise Invalid.of("paging.sort", "in")
    if asked.before:
        raise Invalid.of("paging.before", "prohibited")
    wanted = await _wanted(asking, body.filter or bodies.CallFilter())
    calls, following = await asking.services.calls.list(wanted, _place(asked.after), asked.limit or LARGEST_PAGE)
    zone = await asking.zone()
    return wire.CallPage(
        call_logs=[wire.call_item(each, zone) for each in calls],
        paging=paging(asked, next_=cursor(str(following)) if following else "", prev=""),
    )


async def _wanted(asking: ShopAsking, asked: bodies.CallFilter) -> Wanted:
    ids = [found for each in asked.extension_ids or () if (found := bodies.id_of(each))]
    extension = await asking.services.extensions.find_by_id(asking.tenant, ids[0]) if ids else None
    return Wanted(
        tenant_id=asking.tenant.id,
        since=asked.date_from,
        until=asked.date_to,
        extension=extension.number if extension else None,
        direction=bodies.call_direction(asked.direction),
        number=asked.call_number or None,
        is_answered=bodies.IS_ANSWERED.get(asked.call_state or ""),
    )


def _place(after: str | None) -> Cursor | None:
    if after in {None, "", "."}:
        return None
    text = text_of("paging.after", after or "")
    if not _PLACE.fullmatch(text):
        raise Invalid.of("paging.after", "regex")
    return Cursor.parse(text)
