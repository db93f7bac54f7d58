"""Reads a configuration as FreeSWITCH's pre-processor does: line by line, without a thought for XML.

A directive counts wherever its line stands, in a comment too, and the rest of that line is lost. Nothing is
executed here, nothing is fetched, and no file outside the folder is opened.

Source:
    FreeSWITCH v1.10.12, switch_xml.c:1380-1650 (preprocess, preprocess_glob).
"""

import glob
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xmlcurl.checkconf import directive
from xmlcurl.checkconf.errors import ConfigurationError
from xmlcurl.checkconf.place import Place
from xmlcurl.checkconf.variables import LONGEST_LINE, OF_THE_RUNNING_SWITCH, UNKNOWN, expand

ROOT: Final = "freeswitch.xml"
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_LINES: Final = 1_000_000
MAX_FILES: Final = 5_000
MAX_WILDCARDS: Final = 3
"""Folders and names of one pattern that may be anything; with links in the folder more would never end."""
MAX_PARTS: Final = 100
MAX_DEPTH: Final = 100
"""As deep as FreeSWITCH follows includes."""

_LINE: Final = re.compile(r"[^\r\n]*[\r\n]|[^\r\n]+")
_WILDCARD: Final = re.compile(r"[*?\[]")


@dataclass(slots=True)
class Reading:
    """What FreeSWITCH's XML parser is given, and what was met on the way."""

    lines: list[tuple[str, Place]] = field(default_factory=list)
    files: int = 0
    unread: list[tuple[Place, str]] = field(default_factory=list)
    """Directives whose outcome is not known here, and why."""
    commented: list[Place] = field(default_factory=list)
    """Directives in a comment, which FreeSWITCH obeys all the same."""


def read(folder: Path) -> Reading:
    """All of the configuration in `folder`.

    Raises:
        ConfigurationError: it has no freeswitch.xml; a file can't be read, is too large or no text, or includes itself.
    """
    try:
        home = folder.resolve(strict=True)
        root = (home / ROOT).resolve()
        has_root = root.is_file() and root.is_relative_to(home)
    except (OSError, RuntimeError, ValueError) as exc:
        raise ConfigurationError(f"{folder}: no such folder, or not yours to read") from exc
    if not has_root:
        raise ConfigurationError(f"{folder}: no configuration of FreeSWITCH, it has no {ROOT} of its own")
    return read_file(home, root)


def read_file(home: Path, file: Path) -> Reading:
    """One file of the resolved folder `home`, with what it includes. Raises: as `read`."""
    preprocessor = _Preprocessor(home)
    preprocessor.read(file, Place(preprocessor.name_of(file)))
    return preprocessor.reading


class _Preprocessor:
    def __init__(self, home: Path) -> None:
        self._home = home
        self._variables = dict.fromkeys(OF_THE_RUNNING_SWITCH, UNKNOWN) | {"conf_dir": str(home)}
        self._open: list[Path] = []
        self._is_in_comment = False
        self._bytes = self._lines = self._emitted = 0
        self.reading = Reading()

    def name_of(self, file: Path) -> str:
        real = file.resolve()
        return str(real.relative_to(self._home)) if real.is_relative_to(self._home) else str(file)

    def read(self, file: Path, asked_at: Place) -> None:
        """The lines of `file`, which the directive at `asked_at` names."""
        real = file.resolve()
        if real in self._open:
            raise ConfigurationError(f"{self.name_of(real)} includes itself", asked_at)
        if len(self._open) > MAX_DEPTH:
            raise ConfigurationError(f"more than {MAX_DEPTH} files include one another", asked_at)
        name = self.name_of(real)
        text = self._text_of(file, Place(name))

        self._open.append(real)
        is_in_old_directive = False
        number = 1
        for line in _LINE.findall(text):
            place = Place(name, number)
            self._count_line(place)
            is_in_old_directive = self._line(line, place, file.parent, is_in_old_directive)
            number += line.endswith("\n")
        self._open.pop()

    def _text_of(self, file: Path, place: Place) -> str:
        try:
            about = file.stat()
            if about.st_size > MAX_FILE_BYTES:
                raise ConfigurationError(f"larger than {MAX_FILE_BYTES} bytes", place)
            # A pipe or a device would never end.
            content = file.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        except OSError as exc:
            raise ConfigurationError(f"can't be read: {exc.strerror}", place) from exc
        self.reading.files += 1
        self._bytes += len(content)
        if self._bytes > MAX_BYTES or self.reading.files > MAX_FILES:
            raise ConfigurationError(f"more than {MAX_BYTES} bytes or {MAX_FILES} files with this one", place)
        if b"\0" in content:
            raise ConfigurationError("no text file", place)
        return content.decode("utf-8", "surrogateescape")

    def _line(self, line: str, place: Place, folder: Path, is_in_old_directive: bool) -> bool:
        """Obey or pass on one line; says whether an old directive (`<!--#`) goes on in the next one."""
        text, seen = expand(line, self._variables)
        if len(text) > LONGEST_LINE:
            raise ConfigurationError(f"longer than {LONGEST_LINE} characters with its variables", place)
        if "<include>" in seen or "</include>" in seen or "<?" in seen:
            return is_in_old_directive
        if is_in_old_directive:
            if "-->" not in seen:
                return True
            text = seen.partition("-->")[2]
        if found := directive.START.search(text):
            self._directive(text, found.start(), place, folder)
            return False
        before, is_old, after = text.partition(directive.OLD_START)
        self._emit(before, place)
        if not is_old:
            return False
        command, is_closed, rest = after.partition("-->")
        self._emit(rest, place)
        self._obey(*directive.old_words_of(command), place, folder)
        return not is_closed

    def _directive(self, text: str, start: int, place: Place, folder: Path) -> None:
        if text[start - 1 : start] != "<":
            return
        if self._is_in_comment or text.rfind("<!--", 0, start) > text.rfind("-->", 0, start):
            self.reading.commented.append(place)
        if words := directive.words_of(text, start):
            self._obey(*words, place, folder)

    def _obey(self, command: str, data: str, place: Place, folder: Path) -> None:
        name, has_value, value = data.partition("=")
        match command.lower():
            case "set" if has_value:
                self._variables[name.rstrip(" ")] = value.lstrip(" ")
            case "exec-set" | "stun-set" if has_value:
                self._variables[name.rstrip(" ")] = UNKNOWN
            case "env-set" if value.startswith("$"):
                # What was written before it is the default, and that is what is checked.
                self._variables.setdefault(name, UNKNOWN)
            case "include":
                self._include(data, place, folder)
            case "exec":
                self.reading.unread.append((place, "what a command prints becomes part of the configuration"))

    def _include(self, pattern: str, place: Place, folder: Path) -> None:
        whole = Path(folder, pattern)
        fixed = Path(_WILDCARD.split(str(whole), maxsplit=1)[0])
        if UNKNOWN in pattern or "://" in pattern or not self._is_inside(fixed):
            self.reading.unread.append((place, "the file or pattern that it includes is outside the folder"))
            return
        if len(whole.parts) > MAX_PARTS or sum(map(bool, map(_WILDCARD.search, whole.parts))) > MAX_WILDCARDS:
            self.reading.unread.append((place, "a pattern with so many parts is not followed"))
            return
        # Path.glob takes neither ".." nor a pattern that begins with "/".
        found = [Path(name) for name in sorted(glob.glob(str(whole)))]  # noqa: PTH207
        if not found and fixed == whole:
            self.reading.unread.append((place, "the file that it includes is not there"))
        for file in found:
            if self._is_inside(file):
                self.read(file, place)
            else:
                self.reading.unread.append((place, f"{self.name_of(file)} leads out of the folder"))

    def _is_inside(self, file: Path) -> bool:
        try:
            return file.resolve().is_relative_to(self._home)
        except (OSError, RuntimeError, ValueError):
            return False

    def _count_line(self, place: Place) -> None:
        self._lines += 1
        if self._lines > MAX_LINES:
            raise ConfigurationError(f"more than {MAX_LINES} lines with this one", place)

    def _emit(self, text: str, place: Place) -> None:
        if not text:
            return
        self.reading.lines.append((text, place))
        self._emitted += len(text)
        if self._emitted > MAX_BYTES:
            raise ConfigurationError(f"more than {MAX_BYTES} characters with this line", place)
        opened, closed = text.rfind("<!--"), text.rfind("-->")
        if opened != closed:
            self._is_in_comment = opened > closed
