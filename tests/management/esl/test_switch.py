"""The five faults of greenswitch 0.0.19 and what else a connection promises, over real sockets."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import gevent  # type: ignore[import-untyped]  # has types, but no marker that says so
import pytest

from management.esl.errors import SwitchDenied, SwitchRefused, SwitchUnreachable, UnsafeArgument
from management.esl.switch import UNREADABLE, Connection, Packet, read_json_event, read_plain_event
from tests.fakes.eventsocket import Fault
from tests.fakes.freeswitch import FreeSwitch, Phone
from tests.fakes.registrar import Registration

BOUND_SECONDS = 10
"""Far above the deadlines that the tests set: reached only by what hangs."""


@pytest.fixture
def switch() -> Iterator[FreeSwitch]:
    with FreeSwitch() as double:
        yield double


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """A wait that does not end is a failure, not a hanging test run."""
    with gevent.Timeout(BOUND_SECONDS):
        yield


def connection_to(switch: FreeSwitch, *, password: str = "ClueCon", seconds: float = 5.0) -> Connection:
    return Connection("127.0.0.1", switch.port, password, connect_seconds=seconds, call_seconds=seconds)


# The faults, each beside a plain greenswitch that shows it.

PLAIN = """
import sys
import gevent
from greenswitch.esl import InboundESL

gevent.spawn(gevent.sleep, 3600)  # a worker has other greenlets; without any, gevent sees that nothing can happen
esl = InboundESL("127.0.0.1", int(sys.argv[1]), "ClueCon", timeout=0.2)
{before}
print("now", flush=True)
sys.stdin.readline()
{then}
"""


def plain_greenswitch_hangs(switch: FreeSwitch, fault: Fault, *, before: str, then: str) -> bool:
    """Whether a plain client, with a timeout of 0.2 s, is still busy a while after it met the fault."""
    command = [sys.executable, "-c", PLAIN.format(before=before, then=then), str(switch.port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline() == "now\n"
        switch.esl.fault = fault
        client.stdin.write("go\n")
        client.stdin.flush()
        try:
            client.wait(0.8)
        except subprocess.TimeoutExpired:
            client.kill()
            return True
    return False


def test_fault_1_a_server_that_says_nothing_is_given_up(switch: FreeSwitch) -> None:
    """Plain greenswitch waits for the greeting for ever, whatever its timeout."""
    switch.esl.fault = Fault.SILENT

    with pytest.raises(SwitchUnreachable, match="let us in"):
        connection_to(switch, seconds=0.2).connect()
    assert plain_greenswitch_hangs(switch, Fault.SILENT, before="", then="esl.connect()")


@pytest.mark.parametrize("fault", [Fault.DIES, Fault.SHORT, Fault.UNTYPED, Fault.GARBAGE, Fault.STALLS])
def test_faults_2_to_4_a_command_without_a_whole_reply_ends(switch: FreeSwitch, fault: Fault) -> None:
    """Closed, broken off, not ESL, or never: an error in bounded time, and the connection is given up."""
    # Only a reply that never comes has to wait for the deadline; the others end with the connection.
    with connection_to(switch, seconds=0.5 if fault is Fault.STALLS else 60.0) as connection:
        switch.esl.fault = fault

        with pytest.raises(SwitchUnreachable):
            connection.api("xml_flush_cache")

        assert not connection.connected
        with pytest.raises(SwitchUnreachable):
            connection.api("xml_flush_cache")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.DIES, id="2: send never returns after the server closed"),
        pytest.param(Fault.SHORT, id="3: spins for the bytes that a closed connection owes"),
        pytest.param(Fault.UNTYPED, id="4: the reader dies, later sends hang"),
    ],
)
def test_plain_greenswitch_hangs_there(switch: FreeSwitch, fault: Fault) -> None:
    """Without the repair these never come back; a release of greenswitch that does lets us drop it."""
    then = 'esl.send("api xml_flush_cache"); esl.send("api xml_flush_cache")'
    assert plain_greenswitch_hangs(switch, fault, before="esl.connect()", then=then)


def test_fault_5_a_line_end_in_a_value_makes_no_header() -> None:
    """A phone that calls itself "x%0Arealm: other.test" stays in the realm it signed in to."""
    event = read_plain_event("user-agent: x%0Arealm%3A%20other.test\nrealm: pbx.test\n\n")

    assert event == {"user-agent": "x\nrealm: other.test", "realm": "pbx.test"}


def test_fault_5_in_plain_greenswitch() -> None:
    """It decodes first, so the phone's text becomes a header of the event."""
    from greenswitch.esl import ESLEvent  # noqa: PLC0415  # shown once, beside the repair

    event = ESLEvent("user-agent: x%0Arealm%3A%20other.test\n")

    assert event.headers["realm"] == "other.test"


# Connecting.


def test_a_wrong_password_closes_the_connection(switch: FreeSwitch) -> None:
    """Plain greenswitch leaves the socket open. Trying again gives the same answer."""
    with pytest.raises(SwitchDenied) as refusal:
        connection_to(switch, password="wrong").connect()

    assert not refusal.value.retry
    assert switch.esl.wait_until(lambda esl: not esl._clients)


def test_an_address_that_is_not_let_in_is_denied(switch: FreeSwitch) -> None:
    switch.esl.fault = Fault.REJECTS

    with pytest.raises(SwitchDenied, match="address"):
        connection_to(switch).connect()


def test_nobody_there_is_unreachable(switch: FreeSwitch) -> None:
    """Plain greenswitch lets ConnectionRefusedError through."""
    switch.stop()

    with pytest.raises(SwitchUnreachable, match="refused"):
        connection_to(switch).connect()


def test_the_password_is_in_no_error(switch: FreeSwitch) -> None:
    with pytest.raises(SwitchDenied) as refusal:
        connection_to(switch, password="Geheim-77").connect()

    assert "Geheim" not in repr(refusal.value)


def test_a_garbled_greeting_is_unreachable(switch: FreeSwitch) -> None:
    """An SSH server on the port, for example."""
    switch.esl.fault = Fault.GARBAGE

    with pytest.raises(SwitchUnreachable):
        connection_to(switch).connect()


# Commands.


def test_an_api_reply_is_its_body(switch: FreeSwitch) -> None:
    with connection_to(switch) as connection:
        assert connection.api("xml_flush_cache id 1001 pbx.test") == "+OK cleared 0 entries\n"


@pytest.mark.parametrize("end", ["\n", "\r", "\0", "\n\napi fsctl shutdown"])
def test_a_line_end_is_never_sent(switch: FreeSwitch, end: str) -> None:
    """It would start a header, or a second command."""
    with connection_to(switch) as connection:
        with pytest.raises(UnsafeArgument):
            connection.api(f"xml_flush_cache id 1001{end}")

        assert connection.connected

    assert switch.esl.commands == []


def test_a_password_with_a_line_end_is_never_sent(switch: FreeSwitch) -> None:
    with pytest.raises(UnsafeArgument):
        connection_to(switch, password="ClueCon\n\napi fsctl shutdown").connect()

    assert switch.esl.commands == []


def test_a_large_command_is_sent_whole(switch: FreeSwitch) -> None:
    """The single `send` of plain greenswitch may put only the first part on the wire."""
    line = "x" * 4_000_000

    with connection_to(switch) as connection:
        assert "Command not found" in connection.api(line)

    assert switch.esl.commands == [line]


def test_a_slow_command_has_a_deadline_of_its_own(switch: FreeSwitch) -> None:
    """A reload may take longer than a flush."""
    with connection_to(switch, seconds=0.3) as connection:
        assert connection.api("msleep 600", seconds=5) == "+OK"


def test_a_forbidden_command_is_refused(switch: FreeSwitch) -> None:
    """The event socket itself says no, not the command."""
    with connection_to(switch) as connection:
        switch.esl._clients[0].allowed_api = frozenset({"status"})

        with pytest.raises(SwitchRefused, match="permission denied"):
            connection.api("reloadxml")


# Events.


def registration(user_agent: str = "labua/1.0") -> Registration:
    return Registration(
        "1001", "pbx.test", "c@lab", '"" <sip:1001@127.0.0.1:5060>', "1001", "pbx.test", 1, agent=user_agent
    )


def test_events_arrive_in_order(switch: FreeSwitch) -> None:
    """What phones do, as mod_sofia says it, with every header."""
    with connection_to(switch) as connection:
        connection.listen("sofia::register", "sofia::unregister")
        switch.registrar.add(registration('a\n"b" ü %0A'))
        switch.registrar.remove(registration('a\n"b" ü %0A'))

        events = events_of(connection, 2)

    assert [event["Event-Subclass"] for event in events] == ["sofia::register", "sofia::unregister"]
    assert events[0]["user-agent"] == 'a\n"b" ü %0A'


def events_of(connection: Connection, count: int) -> list[dict[str, str]]:
    events: list[dict[str, str]] = []
    while len(events) < count:
        connection.wait(5)
        events += [dict(event) for event in connection.take_events(10)]
    return events


def test_commands_work_while_events_arrive(switch: FreeSwitch) -> None:
    """Replies are told from events by their type, not by their order."""
    with connection_to(switch) as connection:
        connection.listen("sofia::register")
        for number in range(20):
            switch.registrar.add(registration(str(number)))
            assert connection.api("xml_flush_cache").startswith("+OK")

        assert [event["user-agent"] for event in events_of(connection, 20)] == [str(n) for n in range(20)]


def test_what_came_before_the_end_is_not_lost(switch: FreeSwitch) -> None:
    """Events first, then the error."""
    with connection_to(switch) as connection:
        connection.listen("sofia::register")
        switch.registrar.add(registration())
        switch.stop()
        while connection.connected:
            connection.wait(5)

        assert len(connection.take_events(10)) == 1
        with pytest.raises(SwitchUnreachable, match="shut down"):
            connection.take_events(10)


def test_an_unreadable_event_is_not_passed_over() -> None:
    """The reader of events learns that there was one."""
    connection = Connection("127.0.0.1", 1, "x")
    packet = Packet("Content-Type: text/event-json\n")
    packet.data = '{"Event-Name":'

    connection.handle_event(packet)

    assert connection.take_events(5) == [UNREADABLE]


def test_the_first_of_two_equal_headers_counts() -> None:
    """FreeSWITCH's own come first: a variable of a user named `realm` changes nothing."""
    assert read_json_event('{"realm":"pbx.test","realm":"other.test"}')["realm"] == "pbx.test"
    assert read_plain_event("realm: pbx.test\nrealm: other.test\n\n")["realm"] == "pbx.test"


def test_wake_ends_a_wait_from_another_thread(switch: FreeSwitch) -> None:
    """Without it a change would wait for the next poll."""
    with connection_to(switch) as connection:
        waker = threading.Timer(0.05, connection.wake)
        waker.start()

        with gevent.Timeout(5):
            connection.wait(60)
        waker.join()


def test_nothing_is_left_after_close(switch: FreeSwitch) -> None:
    """No greenlet, no socket; closing twice is harmless."""
    connection = connection_to(switch)
    connection.connect()

    connection.close()
    connection.close()

    assert connection._receive_events_greenlet.dead
    assert switch.esl.wait_until(lambda esl: not esl._clients)
    with pytest.raises(SwitchUnreachable):
        connection.take_events(1)


def test_the_double_takes_a_phone(switch: FreeSwitch) -> None:
    """Without a backend nobody is known, so nobody is let in."""
    assert switch.register(Phone("1001", "x", "pbx.test")) == 403
