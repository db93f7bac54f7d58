"""Two ways to answer a sign-in that are simpler than ours: `python -m tests.bench.others get|plain BIND URL`.

`get`: one GET of Redis for each lookup. `plain`: Starlette, one SELECT by SQLAlchemy, a document by lxml. Neither
checks whether the SIP headers may sign in, keeps a log or metrics, or drops anything when something changes; both check
the credentials.
"""

import hmac
import sys
from base64 import b64encode
from typing import Final
from urllib.parse import parse_qsl

from lxml.builder import E  # type: ignore[import-not-found] # has no types
from lxml.etree import tostring
from redis.asyncio import Redis
from sqlalchemy import and_, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from xmlcurl.serving import serve_until_stopped
from xmlcurl.store.engine import open_async_engine
from xmlcurl.store.tables import extensions, taken_names, tenants

CREDENTIALS: Final = "freeswitch:a-password-of-the-bench"
_EXPECTED: Final = f"Basic {b64encode(CREDENTIALS.encode()).decode()}"
_WANTED: Final = (
    select(extensions, tenants.c.domain)
    .join(taken_names, taken_names.c.extension_id == extensions.c.id)
    .join(tenants, tenants.c.id == extensions.c.tenant_id)
)


def one_get(url: str) -> ASGIApp:
    """What stands in Redis under user@domain."""
    redis = Redis.from_url(url)

    async def lookup(request: Request) -> Response:
        user, domain = await _asked(request)
        return _xml(await redis.get(f"{user}@{domain}"))

    return Starlette(routes=[Route("/xmlcurl", lookup, methods=["POST"])])


def plain(url: str) -> ASGIApp:
    """From the tables of ours, as they are now."""
    engine = open_async_engine(url)

    async def lookup(request: Request) -> Response:
        user, domain = await _asked(request)
        asked = and_(taken_names.c.name == user, tenants.c.domain == domain, extensions.c.deleted_at.is_(None))
        async with engine.connect() as connection:
            row = (await connection.execute(_WANTED.where(asked))).one_or_none()
        if row is None:
            return _xml(None)
        variables = {
            "user_context": domain,
            "accountcode": row.number,
            "effective_caller_id_name": row.display_name or row.number,
            "effective_caller_id_number": row.number,
        }
        document = E.document(
            E.section(
                E.domain(
                    E.user(
                        E.params(E.param(name="a1-hash", value=row.a1_hash)),
                        E.variables(*(E.variable(name=name, value=value) for name, value in variables.items())),
                        id=row.number,
                    ),
                    name=row.domain,
                ),
                name="directory",
            ),
            type="freeswitch/xml",
        )
        return _xml(tostring(document, xml_declaration=True, encoding="UTF-8"))

    return Starlette(routes=[Route("/xmlcurl", lookup, methods=["POST"])])


async def _asked(request: Request) -> tuple[str, str]:
    if not hmac.compare_digest(request.headers.get("authorization", ""), _EXPECTED):
        raise PermissionError
    fields = dict(parse_qsl((await request.body()).decode()))
    return fields["user"], fields["domain"]


def _xml(body: bytes | str | None) -> Response:
    return Response(body or b"", status_code=200 if body else 404, media_type="text/xml")


if __name__ == "__main__":
    kind, bind, url = sys.argv[1:]
    serve_until_stopped({"get": one_get, "plain": plain}[kind](url), setting="LOOKUP_BIND", bind=bind)
