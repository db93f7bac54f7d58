"""What is installed is pinned: once, exactly, and without a word about where it comes from."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME: list[str] = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["management"]]
DEVELOPMENT: list[str] = [*RUNTIME, *PROJECT["dependency-groups"]["dev"]]
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.]*)(?P<marker> ; .+)?")


def pins(lock: str) -> dict[str, str]:
    """Name to version; fails on a line that is not a pin, and on a name that comes twice."""
    lines = (ROOT / lock).read_text().splitlines()
    found = [match for match in map(PIN.fullmatch, lines) if match is not None]
    assert [line for line in lines if PIN.fullmatch(line) is None] == []
    assert len({match["name"] for match in found}) == len(found)
    return {match["name"]: match["version"] for match in found}


def is_pinned(text: str, pinned: dict[str, str]) -> bool:
    """Whether the lock holds this requirement, in a version that it allows."""
    requirement = Requirement(text)
    version = pinned.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version)


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        pytest.param("requirements.lock", RUNTIME, id="run time"),
        pytest.param("requirements-dev.lock", DEVELOPMENT, id="development"),
    ],
)
def test_every_dependency_is_pinned(lock: str, requirements: list[str]) -> None:
    """Nothing is installed in a version that nobody tested; a lock holds pins and nothing else."""
    pinned = pins(lock)

    assert [requirement for requirement in requirements if not is_pinned(requirement, pinned)] == []


def test_what_is_tested_is_what_runs() -> None:
    """Both locks agree."""
    tested = pins("requirements-dev.lock")

    assert {name: tested.get(name) for name in pins("requirements.lock")} == pins("requirements.lock")


def test_building_is_pinned_too() -> None:
    """The build backend is exact, and the same as the one that the locks hold."""
    (backend,) = PROJECT["build-system"]["requires"]

    assert backend == f"setuptools=={pins('requirements.lock')['setuptools']}"
