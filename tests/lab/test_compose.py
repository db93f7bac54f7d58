"""docker-compose.yml: what runs, who reaches whom, and that nothing starts without secrets of one's own."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from management.secrets import Vault
from management.settings import ManagementSettings
from tests.lab.compose import COMPOSE_FILE, EXAMPLE, ROOT, NotSet, dotenv, services, variables, written
from tests.lab.dockerfile import instructions
from xmlcurl.settings import ENV_PREFIX

SECRETS = {
    *("POSTGRES_PASSWORD", "REDIS_PASSWORD", "LOOKUP_PASSWORD", "EVENT_SOCKET_PASSWORD"),
    *("CDR_PASSWORD", "BY_PHONE_SECRET", "SECRET_KEYS"),
}
FILLED = {name: f"value-of-{name}" for name in SECRETS}
SERVICES: dict[str, dict[str, Any]] = services(FILLED)
ONCE = {"migrate", "setup", "folders"}
LASTING = SERVICES.keys() - ONCE
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("xmlcurl:")}
VOICE = "172.30.80"


def test_it_is_a_compose_file() -> None:
    """By the schema that check-jsonschema brings along; no network is asked."""
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", COMPOSE_FILE], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_parts_are_all_there() -> None:
    """Each command of the image, two lookup processes, and what they need."""
    commands = sorted(" ".join(SERVICES[name]["command"]) for name in OURS - {"setup", "folders"})

    assert commands == [
        "management migrate",
        "management serve",
        "management worker",
        "xmlcurl serve",
        "xmlcurl serve",
    ]
    assert SERVICES.keys() - OURS == {"postgres", "redis", "freeswitch"}


def test_every_image_has_an_exact_version() -> None:
    """Ours has the version of the project; the others three numbers or what their project calls a release."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    foreign = {service["image"] for name, service in SERVICES.items() if name not in OURS}
    bases = {rest.split()[0] for word, rest in instructions(ROOT / "Dockerfile") if word == "FROM"}

    assert {SERVICES[name]["image"] for name in OURS} == {f"xmlcurl:{version}"}
    for image in foreign | bases:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)*(@sha256:[0-9a-f]{64})?", image), image
    assert len(bases) == 1


def test_one_service_builds_the_image() -> None:
    """The others never look for it elsewhere."""
    assert {name for name in OURS if "build" in SERVICES[name]} == {"migrate"}
    assert {SERVICES[name]["pull_policy"] for name in OURS - {"migrate"}} == {"never"}
    for name in OURS - {"migrate"}:
        assert "migrate" in _all_before(name), name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_held_short(name: str) -> None:
    """No new rights, bounded memory and log; nothing written but to volumes, no capabilities, no root.

    PostgreSQL, which becomes its own user by itself, and the folders, which get an owner, are the exceptions.
    """
    service = SERVICES[name]

    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert {"max-size", "max-file"} == service["logging"]["options"].keys()
    assert "privileged" not in service
    assert service.get("network_mode") in {None, "none"}
    if name != "postgres":
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service.get("cap_add") == (["CHOWN", "FOWNER"] if name == "folders" else None)
    if name == "folders":
        assert (service["user"], service["network_mode"]) == ("0:0", "none")
    elif name not in OURS | {"postgres"}:
        assert int(service["user"].split(":")[0]) > 0


def test_the_image_of_ours_is_not_root() -> None:
    """By a number, which is in no list of users."""
    assert [rest for word, rest in instructions(ROOT / "Dockerfile") if word == "USER"] == ["10001:10001"]
    assert not any("user" in SERVICES[name] for name in OURS - {"folders"})


@pytest.mark.parametrize("name", sorted(LASTING))
def test_what_lasts_is_watched_and_started_again(name: str) -> None:
    """A health check with bounds, and a restart policy; its command is ours, not an image's."""
    check = SERVICES[name]["healthcheck"]

    assert SERVICES[name]["restart"] == "unless-stopped"
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= check.keys()


@pytest.mark.parametrize("name", sorted(ONCE))
def test_what_runs_once_ends(name: str) -> None:
    """It is not started again, and whoever needs it waits for its success."""
    assert SERVICES[name]["restart"] == "no"
    waiting = [each["depends_on"][name] for each in SERVICES.values() if name in each.get("depends_on", {})]
    assert waiting
    assert all(each == {"condition": "service_completed_successfully"} for each in waiting)


def test_the_order_of_the_start() -> None:
    """Tables before whoever reads them, a switch that is known before the worker, lookups before FreeSWITCH."""
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("lookup-1", "lookup-2", "management", "setup"):
        assert SERVICES[name]["depends_on"]["redis"] == {"condition": "service_healthy"}
        assert "migrate" in SERVICES[name]["depends_on"]
    assert "setup" in SERVICES["worker"]["depends_on"]
    for lookups in ("lookup-1", "lookup-2"):
        assert SERVICES["freeswitch"]["depends_on"][lookups] == {"condition": "service_healthy"}
    assert "folders" in SERVICES["freeswitch"]["depends_on"]


def test_only_sip_audio_and_two_http_ports_are_published() -> None:
    """On loopback, unless .env says otherwise; neither the event socket nor a database is."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {
        "lookup-1": ["127.0.0.1:8080:8080"],
        "management": ["127.0.0.1:8081:8081"],
        "freeswitch": [
            "127.0.0.1:5060:5060/udp",
            "127.0.0.1:5060:5060/tcp",
            "127.0.0.1:5061:5061/tcp",
            "127.0.0.1:5080:5080/udp",
            "127.0.0.1:5080:5080/tcp",
            "127.0.0.1:16384-16415:16384-16415/udp",
        ],
    }


def test_ports_that_are_told_are_the_same_outside() -> None:
    """SIP and SDP carry them: another number in .env changes what is listened on and what is published."""
    other = {"SIP_PORT": "5160", "TLS_PORT": "5161", "GATEWAY_SIP_PORT": "5180", "RTP_FIRST_PORT": "20000"}
    switch = services({**FILLED, **other, "RTP_LAST_PORT": "20019", "SIP_ADDRESS": "192.0.2.7"})["freeswitch"]

    published = [port.removeprefix("192.0.2.7:").split("/")[0].split(":") for port in switch["ports"]]
    assert all(outside == inside for outside, inside in published)
    told = {name: value for name, value in switch["environment"].items() if name.endswith("_PORT")}
    assert told == {f"FREESWITCH_{name}": value for name, value in {**other, "RTP_LAST_PORT": "20019"}.items()}


def test_who_reaches_whom() -> None:
    """FreeSWITCH, which strangers talk to, reaches no database and no Redis; management, for its call records."""
    networks = {name: set(service.get("networks", ())) for name, service in SERVICES.items()}

    assert written()["networks"]["store"] == {"internal": True}
    assert networks["postgres"] == networks["redis"] == {"store"}
    assert {name for name, joined in networks.items() if "voice" in joined} == {
        "freeswitch",
        "lookup-1",
        "lookup-2",
        "management",
        "worker",
    }
    assert networks["freeswitch"] == {"voice"}


def test_addresses_agree() -> None:
    """What FreeSWITCH listens on, whom it lets to its event socket, where the worker is sent, who may look up."""
    switch, settings = SERVICES["freeswitch"], SERVICES["freeswitch"]["environment"]
    here, worker = f"{VOICE}.10", f"{VOICE}.20"

    assert switch["networks"] == {"voice": {"ipv4_address": here}}
    assert {settings[f"FREESWITCH_{name}_IP"] for name in ("SIP", "RTP", "EVENT_SOCKET")} == {here}
    assert SERVICES["worker"]["networks"]["voice"] == {"ipv4_address": worker}
    assert settings["FREESWITCH_EVENT_SOCKET_ALLOW"].split(",") == [f"{worker}/32", f"{here}/32"]
    assert SERVICES["setup"]["environment"]["EVENT_SOCKET_HOST"] == here
    for name, url in (("lookup-1", "LOOKUP_URL"), ("lookup-2", "SECOND_LOOKUP_URL")):
        lookups = SERVICES[name]["environment"]
        assert urlsplit(settings[f"FREESWITCH_{url}"]).netloc == f"{name}:8080"
        assert lookups["XMLCURL_LOOKUP_ALLOW"].split(",") == ["127.0.0.0/8", f"{VOICE}.0/24"]
        assert lookups["XMLCURL_LOOKUP_CREDENTIALS"] == settings["FREESWITCH_LOOKUP_CREDENTIALS"]
        assert SERVICES[name]["networks"]["voice"] == {"aliases": ["lookups"]}
    assert settings["FREESWITCH_GREETINGS_URL"] == "http://lookups:8080/xmlcurl/greetings"
    management = SERVICES["management"]["environment"]
    assert settings["FREESWITCH_CDR_URL"] == "http://management:8081/cdr"
    assert settings["FREESWITCH_CDR_CREDENTIALS"] == management["XMLCURL_CDR_CREDENTIALS"]
    assert management["XMLCURL_CDR_ALLOW"] == f"{here}/32"
    keys = [SERVICES[name]["environment"]["XMLCURL_SECRET_KEYS"] for name in ("lookup-1", "management")]
    assert len(set(keys)) == 1


def test_every_setting_exists() -> None:
    """A variable with a typing mistake would be no error, and no setting either."""
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    vars_xml = (ROOT / "freeswitch-conf" / "vars.xml").read_text()

    ours = {name.removeprefix(ENV_PREFIX).lower() for name in given if name.startswith(ENV_PREFIX)}
    assert ours <= ManagementSettings.model_fields.keys()
    for name in given:
        if name.startswith("FREESWITCH_"):
            assert re.search(rf"\${{?{name}\b", vars_xml), name


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_nothing_starts_without_a_secret(name: str) -> None:
    """Missing or empty, it is named; .env.example has none that could be used."""
    for value in ({}, {name: ""}):
        with pytest.raises(NotSet, match=name):
            services({**dict.fromkeys(SECRETS - {name}, "x"), **value})
    assert dotenv(EXAMPLE.read_text()) == dict.fromkeys(SECRETS, "")


def test_no_secret_is_written_down() -> None:
    """Whatever is called a password, credentials or a key comes from .env; none is a word of a command line."""
    for service in written()["services"].values():
        for name, value in service.get("environment", {}).items():
            is_secret = re.search("PASSWORD|SECRET|CREDENTIALS|KEYS|AUTH|(DATABASE|REDIS)_URL", name)
            if is_secret and not name.startswith("FREESWITCH_"):
                assert re.search(r"\$\{[A-Z_]+:\?", value), name
        words = [*service.get("command", ()), *service.get("healthcheck", {}).get("test", ())]
        assert not re.search(r"(?<!\$)\$\{", " ".join(words))


def test_the_example_and_the_compose_file_name_the_same() -> None:
    """Every variable, with the default that it has, and none that nothing reads."""
    defaults = {each.name: each.default for each in variables() if each.name not in SECRETS}
    lines = EXAMPLE.read_text().splitlines()
    examples = dict(line.removeprefix("#").split("=", 1) for line in lines if re.match("#[A-Z_]+=", line))

    assert examples == defaults
    assert {each.name for each in variables() if each.default is None} == SECRETS
    for variable in variables():
        assert variable.default == defaults.get(variable.name), f"{variable.name} has two defaults"


def test_volumes_that_are_used_are_declared() -> None:
    """And FreeSWITCH may not change its own configuration."""
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]

    named = {mount.split(":")[0] for mount in mounts if not mount.startswith(".")}
    assert named == written()["volumes"].keys()
    assert {mount for mount in mounts if mount.startswith(".")} == {
        "./freeswitch-conf:/etc/switch:ro",
        "./certificates:/etc/switch-certificates:ro",
    }


def test_management_may_read_recordings_and_no_more() -> None:
    """Where FreeSWITCH writes them, as one of its group; nothing else of FreeSWITCH's is to be seen."""
    management, switch = SERVICES["management"], SERVICES["freeswitch"]
    folder = management["environment"]["XMLCURL_RECORDINGS_DIR"]

    assert switch["command"][switch["command"].index("-recordings") + 1] == folder
    assert f"recordings:{folder}" in switch["volumes"]
    assert management["volumes"] == [f"recordings:{folder}:ro"]
    assert management["group_add"] == [switch["user"].split(":")[1]]
    assert f"-m 0750 -o 10002 -g 10002 {folder}" in SERVICES["folders"]["command"][-1]


def test_make_fills_in_the_secrets(tmp_path: Path) -> None:
    """`make .env`: each another one, for the owner's eyes only; an .env that is there stays."""
    make = ["make", "-f", str(ROOT / "Makefile"), "-C", str(tmp_path), "--silent", ".env"]
    (tmp_path / ".env.example").write_text(EXAMPLE.read_text())
    subprocess.run(make, check=True)
    text = (tmp_path / ".env").read_text()
    subprocess.run(make, check=True)

    made = dotenv(text)
    keys = made.pop("SECRET_KEYS")
    assert Vault([keys]).encrypt("x")
    assert made.keys() == SECRETS - {"SECRET_KEYS"}
    assert all(re.fullmatch("[0-9a-f]{48}", value) for value in made.values())
    assert len({*made.values()}) == len(made)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".env").read_text() == text


def _all_before(name: str) -> set[str]:
    before = set(SERVICES[name].get("depends_on", {}))
    return before.union(*(_all_before(each) for each in before))
