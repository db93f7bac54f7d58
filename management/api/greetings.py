"""Greetings: bodies and routes. A file is the body itself, so that a greeting is never there without its sound."""

from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query, Request, Response
from starlette.exceptions import HTTPException

from management.api.asking import Asking, may
from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import Id, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, answers
from management.auth import ADMIN, READ
from management.greetings.commands import LARGEST_KILOBYTES, LONGEST_NAME, GreetingValues
from management.greetings.conversion import LONGEST_SECONDS

SOUND_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg"}
_ACCEPTED: Final = frozenset({*SOUND_TYPES.values(), "audio/x-wav", "audio/mp3", "application/octet-stream"})
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"The file, at most {LARGEST_KILOBYTES} KiB and {LONGEST_SECONDS} seconds of sound; "
        "what it is, its content says",
        "content": dict.fromkeys((*SOUND_TYPES.values(), "application/octet-stream"), _FILE),
    }
}

Administrator = Annotated[Asking, Depends(may(ADMIN))]


class ChangeGreeting(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)


class GreetingItem(Shown):
    name: str
    format: Literal["wav", "mp3"]
    size_bytes: int
    sha256: str


NOUN = Noun(
    name="greeting",
    service=lambda services: services.greetings,
    values=GreetingValues,
    new=None,
    change=ChangeGreeting,
    item=GreetingItem,
    texts=Texts(
        list="Greetings by name. `search` is found in the name, as it is written.",
        read="One greeting.",
        update="Another name.",
        delete="Soft delete, the file is gone for good; refused while a queue, a menu or a destination plays it.",
    ),
)
router = routes_of(NOUN)


async def _sound(request: Request) -> bytes:
    """The body, as far as a greeting may go."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _ACCEPTED:
        raise HTTPException(415, "The body must be audio/wav or audio/mpeg")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_KILOBYTES * 1024:
            raise HTTPException(413, "The body is too large")
    return bytes(content)


@router.post(
    "/greetings", status_code=201, openapi_extra=_UPLOAD, responses=answers(409, *BODY_CODES) | {201: SYNC_HEADERS}
)
async def create_greeting(
    request: Request,
    asking: Administrator,
    name: Annotated[str, Query(json_schema_extra={"minLength": 1, "maxLength": LONGEST_NAME})],
) -> Data[GreetingItem]:
    """A new greeting: the body is the WAV or MP3 file, its name is in the query."""
    written = await asking.services.greetings.create(
        asking.tenant,
        GreetingValues(name=name, content=await _sound(request)),
        actor=asking.actor,
        wait_ms=asking.wait_ms,
    )
    asking.tell_sync(written.sync)
    return Data(data=GreetingItem.model_validate(written.result))


@router.put(
    "/greetings/{greeting_id}/content",
    openapi_extra=_UPLOAD,
    responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS},
)
async def update_greeting_content(request: Request, greeting_id: Id, asking: Administrator) -> Data[GreetingItem]:
    """Another file under the same name: the body is the WAV or MP3 file."""
    written = await asking.services.greetings.update(
        asking.tenant,
        greeting_id,
        GreetingValues(content=await _sound(request)),
        actor=asking.actor,
        wait_ms=asking.wait_ms,
    )
    asking.tell_sync(written.sync)
    return Data(data=GreetingItem.model_validate(written.result))


@router.get(
    "/greetings/{greeting_id}/content",
    response_class=Response,
    responses=answers(404) | {200: {"content": dict.fromkeys(SOUND_TYPES.values(), _FILE)}},
)
async def read_greeting_content(greeting_id: Id, asking: Annotated[Asking, Depends(may(READ))]) -> Response:
    """The file as switches play it: WAV, 16 kHz, 16 bits, mono, whatever was sent."""
    kind, content = await asking.services.greetings.file(asking.tenant, greeting_id)
    headers = {
        "Content-Disposition": f'attachment; filename="greeting-{greeting_id}.{kind}"',
        # A browser doesn't guess what it is either.
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=SOUND_TYPES[kind], headers=headers)
