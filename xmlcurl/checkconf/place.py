"""Where something stands: a file of the folder and a line in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """`file` is relative to the folder that is checked; `line` counts from 1, 0 is the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file
