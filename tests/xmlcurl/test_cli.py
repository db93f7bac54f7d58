"""`xmlcurl serve` as a process: what it refuses to start with, and that it answers on a socket."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from typer.testing import CliRunner

from tests.fakes.xmlcurl import XmlCurl
from tests.samples import captures
from tests.seed import a1_hash
from tests.services import Service, free_port
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from xmlcurl.cli import commands

XMLCURL = Path(sys.executable).with_name("xmlcurl")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XMLCURL_")}
    return kept | {"XMLCURL_DATA_DIR": str(folder)} | {f"XMLCURL_{name}": value for name, value in settings.items()}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param({"LOOKUP_BIND": "0.0.0.0:8080"}, "XMLCURL_LOOKUP_CREDENTIALS is required", id="open"),
        pytest.param({"LOOKUP_DEADLINE_MS": "5000"}, "XMLCURL_LOOKUP_DEADLINE_MS='5000'", id="bound"),
        pytest.param({"REDIS_URL": "http://user:hidden@x"}, "XMLCURL_REDIS_URL=(hidden)", id="no Redis"),
        pytest.param({"DATABASE_URL": "mysql://user:hidden@x"}, "XMLCURL_DATABASE_URL=(hidden)", id="no database"),
    ],
)
def test_wrong_settings_are_said(tmp_path: Path, settings: dict[str, str], told: str) -> None:
    """On stderr, with the variable's name, exit status 2, no traceback, no secret."""
    ended = CliRunner().invoke(commands, ["serve"], env=environment(tmp_path, **settings))

    assert ended.exit_code == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.output
    assert "user:hidden" not in ended.output


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    """Exit status 2, as for every other setting that can't be."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        bind = f"127.0.0.1:{other.getsockname()[1]}"
        ended = subprocess.run(
            [XMLCURL, "serve"], env=environment(tmp_path, LOOKUP_BIND=bind), capture_output=True, text=True, check=False
        )

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith(f"xmlcurl: XMLCURL_LOOKUP_BIND={bind}: ")


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[XmlCurl]:
    """The service on a free port, as soon as it answers; ended by SIGTERM."""
    bind = f"127.0.0.1:{free_port()}"
    env = environment(folder, LOOKUP_BIND=bind, **settings)
    service = Service(["xmlcurl", "serve"], env, log_of(folder), [f"http://{bind}/healthz"])
    service.start()
    try:
        yield XmlCurl(f"http://{bind}/xmlcurl")
    finally:
        service.stop()


def log_of(folder: Path) -> Path:
    return folder / "stderr"


@only_sqlite
def test_it_serves(tenant_id: int, migrated_database_url: str, redis_url: str, tmp_path: Path) -> None:
    """On a new connection each time, with credentials, one after another."""
    credentials = "switch:a long password"
    with serving(
        tmp_path, DATABASE_URL=migrated_database_url, REDIS_URL=redis_url, LOOKUP_CREDENTIALS=credentials
    ) as xml_curl:
        assert xml_curl.post(asking.user()).status == 401

        xml_curl.credentials = credentials

        for _ in range(3):
            document = xml_curl.document(asking.sip_auth())
            assert document is not None
            assert document.find("domain/users/user[@id='1001']") is not None
        assert xml_curl.document(asking.user("4242")) is None
        assert xml_curl.post(asking.user() + b"&" * 70_000).status == 413


@only_sqlite
def test_one_line_for_each_lookup(tenant_id: int, migrated_database_url: str, redis_url: str, tmp_path: Path) -> None:
    """What was asked, what came of it and how long it took; no secret, and no line that a phone wrote."""
    pin_change = captures()[58].body
    with serving(tmp_path, DATABASE_URL=migrated_database_url, REDIS_URL=redis_url) as xml_curl:
        for body in (asking.user(), asking.call(), pin_change, asking.user('1001\n{"level": "error"}')):
            xml_curl.post(body)

    text = log_of(tmp_path).read_text()
    started, *lines = [json.loads(line) for line in text.splitlines()]
    assert started["event"] == "serving"
    assert [(line["event"], line["kind"], line["result"]) for line in lines] == [
        ("lookup", "user", "found"),
        ("lookup", "call", "found"),
        ("lookup", "change-password", "found"),
        ("lookup", "malformed", "not_found"),
    ]
    assert lines[0]["user"] == "1001"
    assert lines[1]["destination"] == "1002"
    assert {"source", "ms", "timestamp", "level"} <= lines[0].keys()
    typed_pin = dict(parse_qsl(pin_change.decode()))["VM-User-Password"]
    assert typed_pin not in [value for line in lines for value in line.values()]
    assert a1_hash("1001", "pbx.test") not in text
