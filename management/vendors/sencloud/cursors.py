"""Pages by cursors: `paging` of requests and answers. Pure.

A cursor is a text that means nothing to a client. `next` and `prev` of an answer go into `after` or `before` of the
next request; in `after` both work, as the vendor's page on call histories has it.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, Field

from management.errors import Invalid
from management.objects.parts import LARGEST_ID
from management.paging import SliceWanted
from management.web.strict import StrictModel

T = TypeVar("T")

LARGEST_PAGE: Final = 100
"""As long as the vendor's own pages."""
LONGEST_CURSOR: Final = 100

_BEGINNING: Final = frozenset({"", "."})
"""What older clients send for the first page; left out and null mean the same."""
_ASCENDING: Final = frozenset({"", "id", "created_at"})
_DESCENDING: Final = frozenset({"-id", "-created_at"})
_PLACE: Final = re.compile(r"([np])([1-9][0-9]{0,18})", re.ASCII)

Cursor = Annotated[str | None, Field(max_length=LONGEST_CURSOR)]


class PagingWanted(StrictModel):
    """`limit` 0 is as many as a page has; `sort` is `id`, `created_at` (the same order), or one with a `-` before."""

    after: Cursor = None
    before: Cursor = None
    limit: Annotated[int | None, Field(ge=0, le=LARGEST_PAGE)] = None
    sort: str | None = None


class Paging(BaseModel):
    """The request's, and where to go on; empty: there is nothing more."""

    after: str
    before: str
    limit: int
    next: str
    prev: str
    sort: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a list, in the order of ids."""

    asked: PagingWanted
    place: int | None
    is_back: bool

    @classmethod
    def of(cls, asked: PagingWanted | None) -> "Section":
        """What a request asks for; raises Invalid."""
        asked = asked or PagingWanted()
        if (asked.sort or "") not in _ASCENDING | _DESCENDING:
            raise Invalid.of("paging.sort", "in")
        after, before = ("" if each in _BEGINNING else each or "" for each in (asked.after, asked.before))
        if after and before:
            raise Invalid.of("paging.before", "prohibited")
        name = "before" if before else "after"
        kind, place = _place(f"paging.{name}", after or before) if after or before else ("n", None)
        return cls(asked, place, is_back=bool(before) or kind == "p")

    @property
    def limit(self) -> int:
        return self.asked.limit or LARGEST_PAGE

    @property
    def wanted(self) -> SliceWanted:
        """One more than are shown: whether there are more."""
        is_descending = self.asked.sort in _DESCENDING
        return SliceWanted(self.limit + 1, self.place, is_descending=is_descending != self.is_back)

    def cut(self, found: Sequence[T], id_of: Callable[[T], int]) -> tuple[Sequence[T], Paging]:
        """Of what was found for `wanted`: the rows that are shown, and how to go on."""
        rows, has_more = found[: self.limit], len(found) > self.limit
        if self.is_back:
            rows = rows[::-1]
        has_next, has_prev = (True, has_more) if self.is_back else (has_more, self.place is not None)
        return rows, paging(
            self.asked,
            next_=cursor(f"n{id_of(rows[-1])}") if rows and has_next else "",
            prev=cursor(f"p{id_of(rows[0])}") if rows and has_prev else "",
        )


def paging(asked: PagingWanted, *, next_: str, prev: str) -> Paging:
    """What an answer says of its page."""
    said: dict[str, Any] = {"after": asked.after or "", "before": asked.before or "", "sort": asked.sort or ""}
    return Paging(**said, limit=asked.limit or LARGEST_PAGE, next=next_, prev=prev)


def cursor(text: str) -> str:
    """A text of ours as a client gets it."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_of(field: str, sent: str) -> str:
    """What `cursor` was made of; raises Invalid for what is none."""
    try:
        return urlsafe_b64decode(sent + "=" * (-len(sent) % 4)).decode("ascii")
    except (Error, ValueError):
        raise Invalid.of(field, "regex") from None


def _place(field: str, sent: str) -> tuple[str, int]:
    match = _PLACE.fullmatch(text_of(field, sent))
    if match is None or int(match[2]) > LARGEST_ID:
        raise Invalid.of(field, "regex")
    return match[1], int(match[2])
