"""The audit log: who did what, when, from what to what."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Security
from pydantic import AwareDatetime, BaseModel, ConfigDict

from management.api.asking import AnyAsking, bearer, may_with_or_without_tenant
from management.api.wire import Absent, Listed, Time, answers, listed
from management.api.wire import Wanted as PageOf
from management.auditlog.repository import Wanted
from management.auth import ADMIN
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["audit"])

Admin = Annotated[AnyAsking, Depends(may_with_or_without_tenant(ADMIN))]
Word = Annotated[str | Absent, Query(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Moment = Annotated[AwareDatetime | Absent, Query(description="RFC 3339, with an offset")]


class AuditEntry(BaseModel):
    """`before` and `after` hold what differs; of a secret only that it has changed."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: Time
    tenant: str | None
    actor: str
    address: str | None
    action: str
    object_type: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@router.get("/audit", responses=answers(404, 422))
async def list_audit(
    asking: Admin,
    page: PageOf,
    *,
    actor: Word = None,
    action: Word = None,
    object_type: Word = None,
    object_id: Word = None,
    since: Moment = None,
    until: Moment = None,
) -> Listed[AuditEntry]:
    """Entries, the newest first: of one tenant; of all, with a token of the platform and no X-Tenant."""
    wanted = Wanted(
        tenant_id=asking.tenant.id if asking.tenant else None,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        since=since,
        until=until,
    )
    found = await asking.services.auditlog.list(wanted, page)
    return listed(found, [AuditEntry.model_validate(each) for each in found.rows])
