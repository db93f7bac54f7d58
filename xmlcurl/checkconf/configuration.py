"""What the rules see of a configuration: its sections, the modules' settings, profiles, who is loaded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xmlcurl.checkconf.errors import ConfigurationError
from xmlcurl.checkconf.place import Place
from xmlcurl.checkconf.preprocess import Reading, read, read_file
from xmlcurl.checkconf.tree import Element, parse
from xmlcurl.checkconf.variables import is_known

_TRUE: Final = {"yes", "on", "true", "t", "enabled", "active", "allow"}
_NUMBER: Final = re.compile(r"\s*([+-]?\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    value: str
    place: Place

    @property
    def is_known(self) -> bool:
        return is_known(self.value)

    @property
    def is_true(self) -> bool:
        return is_true(self.value)


class Params:
    """The `<param>` elements of one element. Of several with the same name the last one counts."""

    def __init__(self, element: Element | None) -> None:
        params = element.children("param") if element else ()
        self.all = [Param(one.get("name"), one.get("value"), one.place) for one in params]

    def every(self, name: str) -> list[Param]:
        return [param for param in self.all if param.name.lower() == name]

    def get(self, name: str) -> Param | None:
        return next(reversed(self.every(name)), None)

    def spelt(self, name: str) -> Param | None:
        """For a module that minds the case, and ignores the name in another one."""
        return next((param for param in reversed(self.all) if param.name == name), None)

    def is_true(self, name: str) -> bool:
        param = self.get(name)
        return param is not None and param.is_true

    def is_true_or_unknown(self, name: str) -> bool:
        param = self.get(name)
        return param is not None and (param.is_true or not param.is_known)


@dataclass(frozen=True, slots=True)
class Profile:
    """A sofia profile."""

    name: str
    place: Place
    params: Params
    domains: tuple[Element, ...]

    @property
    def takes_registrations(self) -> bool:
        return not self.params.is_true("disable-register")


class Configuration:
    def __init__(self, folder: Path, reading: Reading, root: Element) -> None:
        self.reading = reading
        self._folder = folder
        self._sections = [(one.get("name").lower(), one) for one in root.children("section")]
        self.modules = list(self._modules())

    def section(self, name: str) -> Element | None:
        """The first one of that name: FreeSWITCH looks at no other."""
        return next((section for found, section in self._sections if found == name), None)

    def file(self, name: str) -> Element | None:
        """The `<configuration>` of that name, such as sofia.conf."""
        section = self.section("configuration")
        return section.named("configuration", name) if section else None

    def settings(self, name: str, container: str = "settings") -> Params:
        file = self.file(name)
        return Params(file.child(container) if file else None)

    def place_of(self, name: str) -> Place:
        """Where that configuration stands, or would."""
        for element in (self.file(name), self.section("configuration")):
            if element:
                return element.place
        return Place("freeswitch.xml", 1)

    def is_loaded(self, module: str) -> bool:
        """Without any list FreeSWITCH loads every module that is installed."""
        return not self.modules or any(name == module for name, _ in self.modules)

    def profiles(self) -> Iterator[Profile]:
        """Of mod_sofia, where that is loaded."""
        file = self.file("sofia.conf") if self.is_loaded("mod_sofia") else None
        profiles = file.child("profiles") if file else None
        for profile in profiles.children("profile") if profiles else ():
            domains = profile.child("domains")
            yield Profile(
                profile.get("name"),
                profile.place,
                Params(profile.child("settings")),
                tuple(domains.children("domain")) if domains else (),
            )

    def other_file(self, path: str) -> Element | None:
        """The XML of another file of the folder; None when it is not one, or can't be read."""
        file = Path(path)
        home = self._folder.resolve()
        try:
            if not file.resolve().is_relative_to(home) or not file.is_file():
                return None
            return parse(read_file(home, file.resolve()).lines)
        except (ConfigurationError, OSError, ValueError):
            return None

    def _modules(self) -> Iterator[tuple[str, Place]]:
        for name in ("pre_load_modules.conf", "modules.conf", "post_load_modules.conf"):
            file = self.file(name)
            modules = file.child("modules") if file else None
            for load in modules.children("load") if modules else ():
                yield load.get("module").removesuffix(".so"), load.place


def load(folder: Path) -> Configuration:
    """The configuration in `folder`, as FreeSWITCH would start with it.

    Raises:
        ConfigurationError: there is none, or it can't be read; names the file and the line.
    """
    reading = read(folder)
    root = parse(reading.lines)
    configuration = Configuration(folder, reading, root)
    if configuration.section("configuration") is None:
        raise ConfigurationError('no <section name="configuration">', root.place)
    return configuration


def is_true(value: str) -> bool:
    """As FreeSWITCH takes it: words, and every number but 0. A value that is not known is not."""
    return value.lower() in _TRUE or (number(value) != 0 and value.lstrip("+-").isdigit())


def number(value: str) -> int:
    """What C's atoi makes of it: the digits in front, else 0."""
    found = _NUMBER.match(value[:32])
    return int(found[1]) if found else 0
