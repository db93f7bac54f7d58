"""What a Dockerfile makes, made without an engine: its commands run as they stand, on this machine, in one folder.

Absolute paths, where they begin a word, are meant below `root`. What an engine would bring is not there: the base
image is this machine's Python in an environment of its own, and nothing is isolated.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ABSOLUTE = re.compile(r"(?:(?<=^)|(?<=[\s=:\"'\[]))/(?=[a-z])")
_MINUTES = 60.0


class Image:
    """`build` runs every stage; then `root` is the last stage's file system, `environment` what its processes get."""

    def __init__(self, dockerfile: Path, folder: Path) -> None:
        self.root = folder / "root"
        self.user = ""
        self.command: list[str] = []
        self._dockerfile = dockerfile
        self._folder = folder
        self._base = folder / "base"
        self._variables: dict[str, str] = {}
        self._working = "/"
        self._stage = ""

    @property
    def environment(self) -> dict[str, str]:
        """This machine's, without what would lead outside of the image."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XMLCURL_", "PYTHON", "VIRTUAL_ENV", "COV_"))
        }
        return {**inherited, "PATH": f"{self._base}/bin:/usr/bin:/bin", "HOME": str(self._folder), **self._variables}

    def build(self) -> None:
        """Raises CalledProcessError when a RUN fails."""
        self._make_base()
        for word, rest in instructions(self._dockerfile):
            match word:
                case "FROM":
                    self._begin(rest)
                case "WORKDIR":
                    self._working = rest
                    self._here.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(rest.split())
                case "RUN":
                    self._run(rest)
                case "ENV":
                    self._set(rest)
                case "USER":
                    self.user = rest
                case "CMD":
                    self.command = json.loads(rest)
                case "EXPOSE":
                    pass
                case _:
                    raise NotImplementedError(word)

    def _make_base(self) -> None:
        """`python` and `pip`, as the base image has them. The pip is this test run's: to install one takes longer."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self._base], check=True)
        pip = self._base / "bin" / "pip"
        pip.write_text(
            "#!/bin/sh\n"
            f'[ "$1" = --python ] || set -- --python {self._base}/bin/python "$@"\n'
            f'exec {sys.executable} -m pip "$@"\n'
        )
        pip.chmod(0o755)

    @property
    def _here(self) -> Path:
        return self.root / self._working.lstrip("/")

    def _begin(self, rest: str) -> None:
        if self.root.exists():
            # Moved away: what the next stage takes from it must work without it.
            self.root.rename(self._folder / self._stage)
        self._stage = rest.partition(" AS ")[2]
        self._working, self._variables = "/", {}
        self.root.mkdir()

    def _copy(self, words: list[str]) -> None:
        source, ignored = self._dockerfile.parent, ignored_by(self._dockerfile.parent)
        if words[0].startswith("--from="):
            source, ignored = self._folder / words.pop(0).removeprefix("--from="), frozenset()
        *names, target = words
        for name in names:
            origin = source / name.lstrip("/")
            place = (self.root if target.startswith("/") else self._here) / target.lstrip("/")
            place = place / origin.name if target.endswith("/") else place
            if origin in ignored:
                raise FileNotFoundError(f"{name} is excluded by .dockerignore")
            if origin.is_dir():
                shutil.copytree(
                    origin,
                    place,
                    symlinks=True,
                    dirs_exist_ok=True,
                    ignore=lambda folder, found: [each for each in found if Path(folder, each) in ignored],
                )
            else:
                shutil.copy(origin, place)

    def _run(self, text: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-c", self._below(text)],
            cwd=self._here,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=10 * _MINUTES,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"RUN {text}\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}")

    def _set(self, text: str) -> None:
        for pair in text.split():
            name, _, value = pair.partition("=")
            self._variables[name] = self._below(value).replace("$PATH", self.environment["PATH"])

    def _below(self, text: str) -> str:
        return _ABSOLUTE.sub(f"{self.root}/", text)


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """Each instruction's word and the rest of it, lines joined."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, rest.strip()


def ignored_by(context: Path) -> frozenset[Path]:
    """What `.dockerignore` keeps out of a build: the last rule that names a path or a folder above it counts."""
    rules = [line for line in (context / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    ignored: set[Path] = set()
    for folder, folders, files in os.walk(context):
        # Git's own folder, environments and caches hold tens of thousands of files, and nothing takes them back.
        folders[:] = [each for each in folders if not each.startswith(".")]
        ignored |= {
            path for name in (*folders, *files) if _is_ignored((path := Path(folder, name)).relative_to(context), rules)
        }
    return frozenset(ignored)


def _is_ignored(path: Path, rules: list[str]) -> bool:
    is_ignored = False
    for rule in rules:
        pattern = re.escape(rule.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(f"{pattern}(?:/.*)?", path.as_posix()):
            is_ignored = not rule.startswith("!")
    return is_ignored
