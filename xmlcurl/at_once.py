"""Tells work that asks nobody from work that has to: what a process holds itself is answered without a task."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NotAtOnce(Exception):
    """Somebody outside of this process has to be asked. Nobody was, so the same work can be begun again."""


class _Trial:
    is_under_way = False


_trial = _Trial()


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns, if it asks nobody.

    Raises:
        NotAtOnce: it would have.
        RuntimeError: it did, without `about_to_ask`; a fault of ours.
    """
    _trial.is_under_way = True
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        _trial.is_under_way = False
        work.close()
    raise RuntimeError("somebody is asked without about_to_ask")


def about_to_ask() -> None:
    """To be called before Redis, the database or management is asked, and before anything is noted that says so.

    Raises:
        NotAtOnce: it is only tried whether there is an answer here.
    """
    if _trial.is_under_way:
        raise NotAtOnce
