"""docker-compose.yml and .env as an engine would read them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Z_]+)(?P<rule>:[-?])?(?P<word>[^}]*)\})")


@dataclass(frozen=True, slots=True)
class Variable:
    """One ${NAME...}: `default` is what stands where it is not set, None where nothing may start without it."""

    name: str
    default: str | None


class NotSet(Exception):
    """A variable that must have a value has none; the message is the compose file's own."""


def written() -> dict[str, Any]:
    """The file as it is, anchors resolved."""
    read: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return read


def variables() -> Iterator[Variable]:
    """Every ${NAME...} in the file, wherever it stands."""
    for found in _VARIABLE.finditer(COMPOSE_FILE.read_text()):
        if found["name"]:
            yield Variable(found["name"], found["word"] if found["rule"] == ":-" else None)


def interpolated(value: Any, environment: Mapping[str, str]) -> Any:
    """The same structure with its variables filled in; raises NotSet."""
    match value:
        case str():
            return _VARIABLE.sub(lambda found: _filled(found, environment), value)
        case list():
            return [interpolated(each, environment) for each in value]
        case dict():
            return {key: interpolated(each, environment) for key, each in value.items()}
    return value


def dotenv(text: str) -> dict[str, str]:
    """NAME=VALUE lines."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def services(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Every service, with its variables filled in; raises NotSet."""
    filled: dict[str, dict[str, Any]] = interpolated(written()["services"], environment)
    return filled


def _filled(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    value = environment.get(found["name"], "")
    if not value and found["rule"] == ":?":
        raise NotSet(f"{found['name']} {found['word']}")
    return value or found["word"]
