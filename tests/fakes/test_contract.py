"""The double against what a real FreeSWITCH 1.10.12 said: the recorded transcripts, byte for byte.

Only numbers that count up and identifiers drawn at random are masked; the clock is the recording's.
"""

import ast
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import pytest
from lxml import etree

from tests.fakes.eventsocket import EslUser, Fault
from tests.fakes.freeswitch import FreeSwitch, sip_auth_body
from tests.fakes.registrar import Registration

TRANSCRIPTS = Path(__file__).parents[1] / "samples" / "esl-transcripts.txt"
END = b"<<EOF>>"
EPOCH = datetime.fromtimestamp(0, UTC)
REPLY = (b"Content-Type: command/reply", b"Content-Type: api/response")
REPORTS = (
    "status",
    "version",
    "sofia status",
    "sofia status profile internal",
    "global_getvar secret_probe",
    "sofia_presence_data list */1001@pbx.test",
)
"""Commands that only report on the machine: their text is taken from the recording."""

NOT_PLAYED = {
    "callcenter_config": "we send no such command",
    "linger on an inbound ESL connection + channel events": "its channel events are the dialplan's",
}


@dataclass(frozen=True)
class Step:
    sent_by_us: bool
    data: bytes


def _sections() -> dict[str, list[Step]]:
    """Steps by title. Some go on with the connection of the section before; they repeat its steps."""
    sections: dict[str, list[Step]] = {}
    for block in TRANSCRIPTS.read_text().split("\n=================== ")[1:]:
        title, _, rest = block.partition("\n")
        title = title if title not in sections else f"{title} (again)"
        data = [line for line in rest.splitlines() if line.startswith(("b'", 'b"'))]
        directions = re.findall(r"^### \S+ (C->S|S->C)", rest, re.MULTILINE)
        pairs = [] if title in NOT_PLAYED else zip(directions, data, strict=True)
        sections[title] = [Step(way == "C->S", ast.literal_eval(line)) for way, line in pairs]
    return sections


SECTIONS = _sections()


def masked(data: bytes) -> bytes:
    """`data` without what no two runs have in common."""
    data = re.sub(rb'(Event-Sequence(?:: |":"))\d+', rb"\1N", data)
    return re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", b"UUID", data)


def fields(event: bytes) -> dict[str, str]:
    """Headers of a recorded event, decoded."""
    envelope, _, body = event.decode().partition("\n\n")
    if "event-json" in envelope:
        return dict(json.loads(body))
    return {name: unquote(value) for name, _, value in (line.partition(": ") for line in body.strip().splitlines())}


class Player:
    """Plays one section: sends our part, provokes what phones did, compares the switch's part."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.now = datetime(2026, 11, 22, 5, 39, 48, tzinfo=UTC)
        uuids = re.findall(rb'Core-UUID(?:: |":")([0-9a-f-]{36})', b"".join(step.data for step in steps))
        self.switch = FreeSwitch(core_uuid=(uuids or [b"none"])[0].decode(), now=lambda: self.now)
        self.switch.registrar.profiles["pbx.test"] = "internal"
        self.switch.esl.users = {"1040@pbx.test": EslUser("eslpw", "HEARTBEAT", "status,xml_flush_cache")}
        self._put_six_users_into_the_cache()
        self._lend_reports()
        self._replay_numbers_of_events()

    def _replay_numbers_of_events(self) -> None:
        """Events are made in the recorded order, so each can have its recorded time."""
        recorded = b"".join(step.data for step in self.steps)
        self._event_times = [int(each) for each in re.findall(rb'Event-Date-Timestamp(?:: |":")(\d+)', recorded)]
        sequence = re.search(rb'Event-Sequence(?:: |":")(\d+)', recorded)
        self.switch._events._sequence = int(sequence[1]) - 1 if sequence else 0
        self.switch._events._now = self._next_event_time

    def _put_six_users_into_the_cache(self) -> None:
        if b"+OK cleared 6 entries" in b"".join(step.data for step in self.steps):
            for number in range(6):
                user = etree.Element("user", cacheable="true")
                self.switch.cache.store("id", f"12{number}", "pbx.test", user)

    def play(self) -> None:
        with self.switch, socket.create_connection(("127.0.0.1", self.switch.port), 10) as connection:
            connection.settimeout(10)
            with connection.makefile("rb") as stream:
                for index, step in enumerate(self.steps):
                    if step.sent_by_us:
                        connection.sendall(step.data)
                    else:
                        self._provoke(index)
                        assert masked(step.data) == masked(read_packet(stream))

    def _lend_reports(self) -> None:
        """The text of commands that report on the machine, from the recording: the nth reply to the nth command."""
        sent = [step.data.decode().strip() for step in self.steps if step.sent_by_us]
        replies = [step.data for step in self.steps if step.data.startswith(REPLY)]
        for line, reply in zip(sent, replies, strict=False):
            command = line.partition(" ")[2]
            if command in REPORTS:
                self.switch.canned[command] = reply.decode().split("\n\n", 1)[1]
        for step in self.steps:
            if b"Job-Command: status" in step.data:
                self.switch.canned["status"] = step.data.decode().split("\n\n", 2)[2]

    def _next_event_time(self) -> datetime:
        return EPOCH + timedelta(microseconds=self._event_times.pop(0)) if self._event_times else self.now

    def _provoke(self, index: int) -> None:
        """Do what the phone did that the recorded event tells of, once for each REGISTER."""
        if b"SHUTDOWN" in self.steps[index].data or (index == 1 and b"shut down" in self.steps[index].data):
            # Another connection sent it.
            self.switch.api("fsctl shutdown")
        if b"Event-Subclass" not in self.steps[index].data:
            return
        event = fields(self.steps[index].data)
        before = fields(self.steps[index - 1].data) if b"Event-Subclass" in self.steps[index - 1].data else {}
        self.now = EPOCH + timedelta(microseconds=int(event["Event-Date-Timestamp"]))
        kind = event["Event-Subclass"].partition("::")[2]
        if kind == "pre_register":
            attempt = fields(self.steps[index + 1].data)
            seconds = int(event["expires"])
            self.switch.registrar.attempt(self._row(attempt), expires_seconds=seconds, result=attempt["auth-result"])
        elif kind == "register" and before.get("Event-Subclass") != "sofia::register":
            self._add(event)
            following = self.steps[index + 1].data
            if b"sofia::register" in following and b"sofia::register_" not in following and b"{" in following:
                self._add(fields(following))
        elif kind == "unregister":
            self.switch.registrar.remove(self._row(event))

    def _add(self, event: dict[str, str]) -> None:
        self.switch.registrar.add(self._row(event), expires_seconds=int(event["expires"]))

    def _row(self, event: dict[str, str]) -> Registration:
        names = list(event)
        own = names.index("sip_number_alias") if "sip_number_alias" in names else len(names)
        return Registration(
            user=event["from-user"],
            host=event["from-host"],
            call_id=event["call-id"],
            contact=event["contact"],
            auth_user=event["username"],
            realm=event["realm"],
            expires=int(self.now.timestamp()) + int(event["expires"]) + 60,
            port=event["network-port"],
            variables={name: event[name] for name in names[own:]},
        )


def read_packet(stream: BinaryIO) -> bytes:
    head = b""
    while not head.endswith(b"\n\n"):
        line = stream.readline()
        if not line:
            return END
        head += line
    length = re.search(rb"Content-Length: (\d+)", head)
    return head + (stream.read(int(length[1])) if length else b"")


def recorded_rows() -> Iterator[Registration]:
    """The five registrations of the lab, as the transcript lists them."""
    text = b"".join(step.data for step in SECTIONS["sofia status / contact / show"]).decode()
    for user, port, call_id, expires in (
        ("1007", "55304", "x3ufw9bgbe8qunbh@lab", 1795326196),
        ("1004", "36944", "wpvsdzpwcinexyv3@lab", 1795326273),
        ("1002", "50199", "zupim9hvnpkhrdcv@lab", 1795326348),
        ("1001", "43194", "64vkwuxpmac2k9pc@lab", 1795326348),
        ("1001", "42884", "ftdehf4e8s5nz9dp@lab", 1795326348),
    ):
        assert call_id in text
        contact = f'"" <sip:{user}@127.0.0.1:{port}>'
        yield Registration(user, "pbx.test", call_id, contact, user, "pbx.test", expires, port=port)


@pytest.mark.parametrize("title", [title for title in SECTIONS if title not in NOT_PLAYED])
def test_the_double_says_what_freeswitch_said(title: str) -> None:
    """Every reply and every event, in order, with the real one's lengths."""
    player = Player(SECTIONS[title])
    rows = list(recorded_rows())
    if title == "flush_inbound_reg" or title.startswith("sofia status"):
        player.switch.registrar.rows = rows
    player.switch.registrar.core = rows[:2]

    player.play()


def test_nothing_recorded_is_left_out_by_accident() -> None:
    """A section that is not played says why."""
    assert NOT_PLAYED.keys() <= SECTIONS.keys()
    assert len(SECTIONS) - len(NOT_PLAYED) == 20


def test_a_rejected_address_is_told_so() -> None:
    """event_socket.conf's ACL: a notice instead of the greeting."""
    with FreeSwitch() as switch:
        switch.esl.fault = Fault.REJECTS
        with socket.create_connection(("127.0.0.1", switch.port), 10) as connection:
            said = b"".join(iter(lambda: connection.recv(4096), b""))

    assert said == b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"


def test_a_sip_auth_request_is_the_captured_one() -> None:
    """The double asks the backend with the bytes of a real REGISTER."""
    body = sip_auth_body(
        realm="pbx.test",
        fields={
            "sip_auth_username": "1030",
            "sip_auth_nonce": "779a13dd-b22c-4daf-9721-8776917671fd",
            "sip_call_id": "8uhu36fm3mibyxs8@lab",
            "sip_auth_response": "8373c48a2ca81120187740281d7e6370",
            "client_port": "57639",
        },
    )

    captured = (TRANSCRIPTS.parent / "requests.jsonl").read_text()
    assert f'"{body.decode()}"' in captured
