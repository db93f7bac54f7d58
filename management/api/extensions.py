"""Routes of extensions and caller IDs: who is asking, a command, a service, a body. Nothing else."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response, Security

from management.api import extension_wire as wire
from management.api.asking import Asking, bearer, may
from management.api.wire import BODY_CODES, SYNC_HEADERS, Absent, Data, Deleted, Listed, Wanted, answers, listed
from management.auth import READ, WRITE
from management.extensions.commands import CreateExtension
from management.extensions.model import RefusedRow, WithPassword
from management.extensions.service import refuse_if_any_was
from management.objects.commands import NUMBER
from management.web.errors import language_for
from management.web.strict import StrictRoute

XML: Final = "text/xml"

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["extensions"])

Reader = Annotated[Asking, Depends(may(READ))]
Writer = Annotated[Asking, Depends(may(WRITE))]
Number = Annotated[str, Path(pattern=NUMBER, description="The extension's number, not an id")]
Fields = Annotated[
    Literal["all"] | Absent, Query(description="`all`: with the fields that are not in Zorio's document")
]


@router.get("/extensions", responses=answers(422))
async def list_extensions(
    asking: Reader, wanted: Wanted, status: Annotated[wire.Status | Absent, Query()] = None, fields: Fields = None
) -> Listed[wire.ExtensionInFull] | Listed[wire.ExtensionItem]:
    """Extensions by number. `search` is found in the number or the display name, as it is written."""
    found = await asking.services.extensions.page(asking.tenant, wanted, status)
    if fields:
        return listed(found, [wire.item_in_full(each) for each in found.rows])
    return listed(found, [wire.item(each) for each in found.rows])


@router.post("/extensions", status_code=201, responses=answers(409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_extension(asking: Writer, body: wire.CreateBody) -> Data[wire.ExtensionCreated]:
    """A new extension. `sip_password` is shown this once."""
    written = await asking.services.extensions.create(
        asking.tenant, body.to_command(), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=wire.created(written.result))


@router.post("/extensions/batch", responses=answers(*BODY_CODES) | {200: SYNC_HEADERS})
async def create_extensions(request: Request, asking: Writer, body: wire.BatchBody) -> Data[wire.BatchResult]:
    """Up to 1000 new extensions in one go: all or none of them, or each one that can be, with a result for each."""
    rows = body.to_commands()
    commands = [row for row in rows if isinstance(row, CreateExtension)]
    if body.mode == "all":
        refuse_if_any_was(rows)
    written = await asking.services.extensions.create_many(
        asking.tenant,
        commands,
        is_all_or_nothing=body.mode == "all",
        actor=asking.actor,
        wait_ms=asking.wait_ms,
    )
    asking.tell_sync(written.sync)
    created = iter(written.result)
    results: list[WithPassword | RefusedRow] = [row if isinstance(row, RefusedRow) else next(created) for row in rows]
    return Data(data=wire.batch_result(results, language_for(request.scope)))


@router.get("/extensions/{ext}", responses=answers(404, 422))
async def read_extension(
    asking: Reader, ext: Number, fields: Fields = None
) -> Data[wire.ExtensionReadInFull] | Data[wire.ExtensionRead]:
    """One extension, with whether a phone of it is registered now."""
    found = await asking.services.extensions.find(asking.tenant, ext)
    registration = await asking.services.registrations.status(asking.tenant.domain, found.number)
    if fields:
        return Data[wire.ExtensionReadInFull](data=wire.read_in_full(found, registration))
    return Data[wire.ExtensionRead](data=wire.read(found, registration))


@router.get(
    "/extensions/{ext}/xml",
    response_class=Response,
    responses=answers(404) | {200: {"content": {XML: {"schema": {"type": "string"}}}}},
)
async def read_document(asking: Reader, ext: Number) -> Response:
    """What FreeSWITCH gets when it asks for this extension now, with the hashes masked."""
    return Response(await asking.services.extensions.document(asking.tenant, ext), media_type=XML)


@router.put("/extensions/{ext}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_extension(asking: Writer, ext: Number, body: wire.UpdateBody) -> Data[wire.ExtensionItem]:
    """New values; what is left out stays. The number can't be changed, the password has a route of its own."""
    written = await asking.services.extensions.update(
        asking.tenant, body.to_update(ext), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=wire.item(written.result))


@router.delete("/extensions/{ext}", responses=answers(404, 409, 422) | {200: SYNC_HEADERS})
async def delete_extension(
    asking: Writer,
    ext: Number,
    replace_with: Annotated[
        str | Absent, Query(pattern=NUMBER, description="What points to it points to this extension from then on")
    ] = None,
) -> Data[Deleted]:
    """Soft delete; its phones are signed out, its number can be given anew. Refused while a ring group, a queue, or a
    destination of something else names it.
    """
    written = await asking.services.extensions.delete(
        asking.tenant, ext, actor=asking.actor, wait_ms=asking.wait_ms, replace_with=replace_with
    )
    asking.tell_sync(written.sync)
    return Data(data=Deleted())


@router.post("/extensions/{ext}/change-password", responses=answers(404, *BODY_CODES) | {200: SYNC_HEADERS})
async def change_password(
    asking: Writer, ext: Number, body: wire.ChangePasswordBody | None = None
) -> Data[wire.PasswordChanged]:
    """Another SIP password, shown this once; phones with the old one are signed out."""
    command = (body or wire.ChangePasswordBody()).to_command(ext)
    written = await asking.services.extensions.change_password(
        asking.tenant, command, actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=wire.password_changed(written.result))


@router.get("/caller-ids", responses=answers(422))
async def list_caller_ids(asking: Reader, wanted: Wanted) -> Listed[wire.CallerIdItem]:
    """The tenant's active numbers: what `outbound_caller_id` can be."""
    found = await asking.services.extensions.outbound_numbers(asking.tenant, wanted)
    return listed(found, [wire.caller_id(each) for each in found.rows])
