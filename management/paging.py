"""One page of a list: numbers in, rows out. Standard library only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageWanted:
    """Page `number`, from 1, of `size` rows each; `search` is literal text, None is everything."""

    number: int = 1
    size: int = 50
    search: str | None = None

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class SliceWanted:
    """`most` rows in the order of their ids, or against it; behind that of `after_id`, None is from the beginning."""

    most: int
    after_id: int | None = None
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page, and how many there are on all of them."""

    rows: Sequence[T]
    number: int
    size: int
    total: int

    @classmethod
    def of(cls, rows: Sequence[T], wanted: PageWanted, total: int) -> "Page[T]":
        return cls(rows, wanted.number, wanted.size, total)

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one page."""
        return max(1, -(-self.total // self.size))
