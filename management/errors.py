"""What can go wrong with a wish of an administrator. A class is a thing that the caller can act on.

    ManagementError
    ├── Unauthenticated          no token, or one that is unknown or revoked
    ├── Forbidden                the token may not do this
    ├── NotFound                 no such object; another tenant's looks the same
    ├── Conflict                 a name is taken, or somebody changed the same thing at this moment
    ├── Invalid                  values are out of bounds: field -> the rules it breaks
    ├── TooManyRequests          wait `retry_after_seconds`
    └── Unavailable              Redis or the database: nothing was written, try again
        └── Unconfirmed          the change is (or may be) committed; the outbox completes its purge

Services raise these; only `management/api` knows status codes and languages, and `management/cli.py`
exit codes. A package with errors of its own derives them from these in its `errors.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class ManagementError(Exception):
    """A wish that was not granted."""


class Unauthenticated(ManagementError):
    """Who is asking is not known."""


class Forbidden(ManagementError):
    """Who is asking is known and may not do this."""


class NotFound(ManagementError):
    """No such object for this tenant."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that a value breaks: its name in the catalogue of messages, and what the sentence needs."""

    rule: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)


class Conflict(ManagementError):
    """`field` can't have that value because something else has it: `unique` unless `rule` says otherwise."""

    def __init__(self, field_name: str = "", rule: str = "unique") -> None:
        super().__init__(f"{field_name or 'the object'}: {rule}")
        self.field = field_name
        self.broken = Broken(rule)


class Invalid(ManagementError):
    """Fields whose values break rules. The message names fields and rules, never values: some are secrets."""

    def __init__(self, errors: Mapping[str, Sequence[Broken]]) -> None:
        super().__init__("; ".join(f"{name}: {', '.join(b.rule for b in broken)}" for name, broken in errors.items()))
        self.errors = errors

    @classmethod
    def of(cls, field_name: str, rule: str, **parameters: str | int) -> "Invalid":
        """One field, one rule."""
        return cls({field_name: [Broken(rule, parameters)]})


class TooManyRequests(ManagementError):
    """Over a limit; `retry_after_seconds` from now there is room again."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"retry after {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ManagementError):
    """Redis or the database did not answer, or was too busy. Nothing was written: the same wish may be made again."""


class Unconfirmed(Unavailable):
    """The change was committed (`committed` True) or the answer to the commit was lost (None).

    Lookups may show the older state until the outbox has completed the purge. Read before trying again.
    """

    def __init__(self, *, committed: bool | None) -> None:
        super().__init__("committed, not yet confirmed" if committed else "it is not known whether it was committed")
        self.committed = committed
