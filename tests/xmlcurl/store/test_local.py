"""Copies in one process: none is served that a purge which was heard of made stale, whatever came first."""

import gc
import tracemalloc

import pytest

from xmlcurl.store import local
from xmlcurl.store.local import COPY_BYTES, SHARE_OF_ABSENCE, LocalCopies
from xmlcurl.store.model import Document

SECOND_NS = 1_000_000_000
DOCUMENT = Document(b"<document/>", "1001", "alice")


class Clock:
    def __init__(self) -> None:
        self.ns = SECOND_NS

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def copies(clock: Clock) -> LocalCopies:
    copies = LocalCopies(max_bytes=1_000_000, clock=clock)
    copies.serve_until(clock.ns + 3_600 * SECOND_NS)
    return copies


def put(copies: LocalCopies, key: str = "id 1001", document: Document | None = DOCUMENT, ttl_ms: int = 60_000) -> None:
    copies.put(key, document, tags=("t7", "t7:e1"), ttl_ms=ttl_ms, mark=copies.mark())


def served(copies: LocalCopies, key: str = "id 1001") -> bool:
    return copies.get(key) is not None


@pytest.mark.parametrize("document", [DOCUMENT, None], ids=["a document", "its absence"])
def test_what_was_put_is_served(copies: LocalCopies, document: Document | None) -> None:
    put(copies, document=document)

    copy = copies.get("id 1001")

    assert copy is not None
    assert copy.document == document


@pytest.mark.parametrize("tag", ["t7", "t7:e1"])
def test_a_purge_of_any_tag_ends_it(copies: LocalCopies, tag: str) -> None:
    put(copies)
    put(copies, "absent", None)

    copies.drop([tag])

    assert not served(copies)
    assert not served(copies, "absent")


def test_a_purge_of_another_tag_does_not(copies: LocalCopies) -> None:
    put(copies)

    copies.drop(["t7:e2"])

    assert served(copies)


def test_what_was_read_before_a_purge_and_comes_after_it_is_not_served(copies: LocalCopies) -> None:
    """A reply of Redis may overtake the purge that made it stale, or the other way round."""
    mark = copies.mark()
    copies.drop(["t7"])

    copies.put("id 1001", DOCUMENT, tags=("t7",), ttl_ms=60_000, mark=mark)

    assert not served(copies)


def test_what_was_read_after_a_purge_is(copies: LocalCopies) -> None:
    copies.drop(["t7"])

    put(copies)

    assert served(copies)


def test_what_was_read_before_everything_was_forgotten_is_not_served(copies: LocalCopies, clock: Clock) -> None:
    """Purges may have been missed since, and nobody says which."""
    put(copies, "kept")
    mark = copies.mark()
    copies.forget()
    copies.serve_until(clock.ns + SECOND_NS)

    copies.put("id 1001", DOCUMENT, tags=("t7",), ttl_ms=60_000, mark=mark)

    assert not served(copies)
    assert not served(copies, "kept")


def test_nothing_is_served_without_a_lease(copies: LocalCopies, clock: Clock) -> None:
    put(copies)
    copies.serve_until(clock.ns + SECOND_NS)
    clock.ns += SECOND_NS - 1
    before = served(copies)

    clock.ns += 1

    assert (before, served(copies)) == (True, False)


def test_a_new_lease_serves_what_is_there(copies: LocalCopies, clock: Clock) -> None:
    """Between two leases purges are heard all the same: only a connection that ended makes it forget."""
    put(copies)
    copies.serve_until(clock.ns)
    copies.drop(["t8"])

    copies.serve_until(clock.ns + SECOND_NS)

    assert served(copies)


def test_its_time_begins_when_it_was_read(copies: LocalCopies, clock: Clock) -> None:
    mark = copies.mark()
    clock.ns += SECOND_NS

    copies.put("id 1001", DOCUMENT, tags=("t7",), ttl_ms=1_500, mark=mark)
    before = served(copies)
    clock.ns += SECOND_NS // 2

    assert (before, served(copies)) == (True, False)


def test_an_extension_that_comes_takes_the_place_of_its_absence(copies: LocalCopies) -> None:
    put(copies, document=None)
    copies.drop(["t7"])
    put(copies)

    copy = copies.get("id 1001")

    assert copy is not None
    assert copy.document == DOCUMENT


def test_the_least_used_goes_first(clock: Clock) -> None:
    size = COPY_BYTES + len(DOCUMENT.body)
    copies = LocalCopies(max_bytes=int(3 * size / (1 - SHARE_OF_ABSENCE)) + 1, clock=clock)
    copies.serve_until(clock.ns + SECOND_NS)
    for key in "abc":
        put(copies, key)
    copies.get("a")

    put(copies, "d")

    assert [key for key in "abcd" if served(copies, key)] == ["a", "c", "d"]


def test_absences_push_no_document_out(clock: Clock) -> None:
    """A scanner invents names for as long as it likes."""
    copies = LocalCopies(max_bytes=100_000, clock=clock)
    copies.serve_until(clock.ns + SECOND_NS)
    put(copies)

    for number in range(10_000):
        put(copies, f"absent {number}", None)

    assert served(copies)
    assert (
        sum(served(copies, f"absent {number}") for number in range(10_000)) <= 100_000 * SHARE_OF_ABSENCE / COPY_BYTES
    )


def test_purged_tags_take_no_memory_without_end(copies: LocalCopies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number everything is forgotten instead; what is read afterwards is kept again."""
    monkeypatch.setattr(local, "MOST_PURGED", 100)
    put(copies)
    for number in range(101):
        copies.drop([f"t8:e{number}"])
    forgotten = not served(copies)

    put(copies)

    assert forgotten
    assert served(copies)


def test_no_memory_at_all_keeps_nothing(clock: Clock) -> None:
    copies = LocalCopies(max_bytes=0, clock=clock)
    copies.serve_until(clock.ns + SECOND_NS)

    put(copies)

    assert not served(copies)


def test_the_bound_is_one_of_memory() -> None:
    """What the process really takes is no more than what was allowed: names and tags are counted, too."""
    allowed = 4_000_000
    copies = LocalCopies(max_bytes=allowed)
    gc.collect()
    tracemalloc.start()
    for number in range(10_000):
        tags = ("t7", f"t7:e{number}", f"t7:n:{number}", "t7:c:1")
        document = Document(b"x" * 1_200 + b"%d" % number, str(number), str(number))
        copies.put(f"user pbx.example.com {number} 01", document, tags=tags, ttl_ms=60_000, mark=copies.mark())
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert allowed * 0.5 < taken < allowed
