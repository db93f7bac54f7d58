"""Clients that mean harm, or are broken: a clear refusal in the dialect's words, never a fault, nothing written."""

from collections.abc import AsyncIterator

import pytest

from management.vendors.yeastar.errors import answer
from management.web.errors import Fault
from management.web.strict import LONGEST_BODY_BYTES
from tests.management.office import Office
from tests.management.vendors.yeastar.program import SAMPLE, Program, answered

SYNTAX = {"errcode": 40001, "errmsg": "PARAMETER SYNTAX ERROR"}
LARGE = {"errcode": 40004, "errmsg": "FILE SIZE EXCEEDED"}
DEEP = 100_000
ONLY_SQLITE = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
BODIES = {
    "half of it": b"{",
    "a list": b"[]",
    "null": b"null",
    "nothing": b"",
    "two of them": SAMPLE + b"{}",
    "NaN": b'{"role_id": NaN}',
    "an integer without end": b'{"role_id": ' + b"9" * 5_000 + b"}",
    "half a character": b'{"title": "\\ud800"}',
    "no UTF-8": b'{"title": "\xff"}',
    "UTF-16": SAMPLE.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + SAMPLE,
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
}


def test_a_fault_is_told_without_what_it_was() -> None:
    """That is in the log."""
    assert answer(Fault("secret"), "en").body == b'{"errcode":-2,"errmsg":"INTERNAL SERVER ERROR"}'


@ONLY_SQLITE
async def test_bodies_that_are_none(office: Office, program: Program) -> None:
    """In whatever way."""
    before = await office.count_all()

    for name, body in BODIES.items():
        for path in ("extension/create", "extension/update", "get_token", "refresh_token"):
            assert await program.post(path, body) == SYNTAX, (name, path)
    assert await office.count_all() == before


@ONLY_SQLITE
async def test_a_body_of_ten_megabytes(office: Office, program: Program) -> None:
    """Is not read to its end, said or not."""
    before, sent = await office.count_all(), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(160):
            sent += 65_536
            yield b" " * 65_536

    headers, query = {"Content-Type": "application/json"}, {"access_token": program.token}
    for path in ("/extension/create", "/get_token"):
        assert answered(await program.http.post(path, params=query, content=endless(), headers=headers)) == LARGE
        assert sent <= LONGEST_BODY_BYTES + 2 * 65_536
        sent = 0
    assert await program.post("extension/create", b" " * 10_000_000) == LARGE
    assert await office.count_all() == before


@ONLY_SQLITE
async def test_another_type_of_body(office: Office, program: Program) -> None:
    """Is not read as if it were JSON."""
    before, query = await office.count_all(), {"access_token": program.token}

    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"):
        reply = await program.http.post(
            "/extension/create", params=query, content=SAMPLE, headers={"Content-Type": kind}
        )
        assert answered(reply) == SYNTAX
    assert await office.count_all() == before


@ONLY_SQLITE
async def test_strange_tokens(office: Office, program: Program) -> None:
    """Are wrong ones; of two the last one counts."""
    for text in ("\x00", "%00", "'--", "x" * 5_000, "😀", "\ud7ff", program.token + " ", program.token.swapcase()):
        assert (await Program(program.http, text).get("extension/list"))["errcode"] in {10004, 60002}
    twice = await program.http.get(f"/extension/list?access_token={program.token}&access_token=x")
    assert answered(twice)["errcode"] in {10004, 60002}


async def test_all_or_nothing(office: Office, program: Program) -> None:
    """What is refused last leaves nothing of what was taken first: no extension, no class, no name."""
    body = SAMPLE.replace(b'"ex_no_answer_forward_value": "1"', b'"ex_no_answer_forward_value": "404"')
    before = await office.count_all()

    refused = await program.post("extension/create", body)

    assert list(refused["errors"]) == ["presence_list.available.ex_no_answer_forward_value"]
    assert await office.count_all() == before
    assert (await program.post("extension/create", SAMPLE))["errcode"] == 0
