"""Garbage is not looked for while a process starts, and never among what is there then."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_alone() -> Iterator[None]:
    """For imports, and for what is made once: a tenth of the time to the first answer would go into looking."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
