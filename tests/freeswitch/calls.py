"""A call as a phone has it: the dialog, its sound, and how it ends."""

import asyncio
import re
from collections.abc import Sequence
from typing import Protocol

from tests.freeswitch import sip
from tests.freeswitch.rtp import EVENTS, MULAW, Audio
from tests.freeswitch.sip import Dialog, Message

END_TIMEOUT_SECONDS = 20.0


def fax_at(port: int) -> str:
    """SDP of T.38."""
    head = ("v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0")
    fax = (f"m=image {port} udptl t38", "a=T38FaxVersion:0", "a=T38MaxBitRate:14400", "a=T38FaxUdpEC:t38UDPRedundancy")
    return "".join(f"{line}\r\n" for line in (*head, *fax))


class Line(Protocol):
    """What a call needs of its phone."""

    contact: str

    def send(self, message: Message) -> None: ...

    async def ask(self, method: str, call: "Call") -> Message: ...

    def acknowledge(self, call: "Call", answer: Message) -> None: ...


class Call:
    """One call, in either direction. `status` is the last one that was said: 200 once it is answered."""

    def __init__(self, line: Line, audio: Audio, dialog: Dialog) -> None:
        self.audio, self.dialog = audio, dialog
        self.status = 0
        self.ended = asyncio.Event()
        self.srtp_key = ""
        """To offer encrypted sound with (RFC 4568); our sound stays plain all the same, so nobody is heard then."""
        self.srtp_tag = 1
        """Which of the other side's offers is taken, where it offered."""
        self.fax_port = 0
        """Where T.38 is taken; 0: sound is all there is."""
        self.asked_inside: list[Message] = []
        """What came in the dialog."""
        self.reason = ""
        """Q.850 and SIP reasons that came with a refusal, or with the end."""
        self._line = line

    @property
    def is_answered(self) -> bool:
        return self.status == 200 and not self.ended.is_set()

    async def wait_for_end(self, timeout_seconds: float = END_TIMEOUT_SECONDS) -> None:
        """Return when the other side has ended it.

        Raises:
            TimeoutError: it did not.
        """
        async with asyncio.timeout(timeout_seconds):
            await self.ended.wait()

    async def hang_up(self) -> None:
        """End it, if it hasn't ended."""
        if self.is_answered:
            self.ended.set()
            await self._line.ask("BYE", self)
        self.ended.set()

    def description(self) -> str:
        """SDP: mu-law and events, nothing else; or a fax."""
        if self.fax_port:
            return fax_at(self.fax_port)
        protocol = "RTP/SAVP" if self.srtp_key else "RTP/AVP"
        keys = [f"a=crypto:{self.srtp_tag} AES_CM_128_HMAC_SHA1_80 inline:{self.srtp_key}"] if self.srtp_key else []
        lines = (
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "c=IN IP4 127.0.0.1",
            "t=0 0",
            f"m=audio {self.audio.port} {protocol} {MULAW} {EVENTS}",
            f"a=rtpmap:{MULAW} PCMU/8000",
            f"a=rtpmap:{EVENTS} telephone-event/8000",
            f"a=fmtp:{EVENTS} 0-15",
            "a=sendrecv",
            *keys,
        )
        return "".join(f"{line}\r\n" for line in lines)

    def asked(self, request: Message) -> None:
        """A request inside the dialog."""
        self.asked_inside.append(request)
        if request.method == "BYE":
            self._line.send(sip.response(request, 200, "OK"))
            self.reason = request.header("Reason")
            self.ended.set()
        elif request.method == "INVITE":
            self._line.send(self._yes(request))
        elif request.status:
            # A 200 to our INVITE once more: our ACK was late.
            self._line.acknowledge(self, request)
        elif request.method != "ACK":
            self._line.send(sip.response(request, 200, "OK"))

    def talk_to(self, description: str) -> None:
        """Start to send sound to where the other side's SDP says."""
        address = re.search(r"^c=IN IP4 (\S+)", description, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", description, re.MULTILINE)
        if address and port:
            self.audio.talk((address[1], int(port[1])))

    def _yes(self, request: Message) -> Message:
        more = (("To", self.dialog.local), ("Contact", self._line.contact), ("Content-Type", "application/sdp"))
        return sip.response(request, 200, "OK", *more, body=self.description())


class OutgoingCall(Call):
    """A call that this phone makes. `final` is set when it has been answered or refused."""

    def __init__(self, line: Line, audio: Audio, dialog: Dialog) -> None:
        super().__init__(line, audio, dialog)
        self.final = asyncio.Event()
        self.agreed = ""
        """SDP of the answer."""
        self._invite: Message | None = None

    def progressed(self, invite: Message, answer: Message) -> None:
        """Ringing, or early sound."""
        self._invite = invite
        self.status = answer.status
        self.talk_to(answer.body)

    def answered(self, answer: Message) -> None:
        """The final answer."""
        self.status, self.reason = answer.status, answer.header("Reason")
        self.dialog.remote = answer.header("To")
        if self.status == 200:
            self.dialog.target = sip.uri(answer.header("Contact"))
            self._line.acknowledge(self, answer)
            self.agreed = answer.body
            self.talk_to(answer.body)
        else:
            self.ended.set()
        self.final.set()

    async def hang_up(self) -> None:
        if not self.final.is_set() and self._invite is not None:
            self._line.send(sip.cancellation(self._invite))
            await self.final.wait()
        await super().hang_up()


class IncomingCall(Call):
    """A call that came in. It rings until `answer` or `reject`."""

    def __init__(self, line: Line, audio: Audio, invite: Message) -> None:
        self.invite = invite
        local = f"{invite.header('To')};tag={sip.tag()}"
        target = sip.uri(invite.header("Contact"))
        super().__init__(line, audio, Dialog(local, invite.header("From"), target, invite.header("Call-ID")))

    @property
    def caller_number(self) -> str:
        return sip.user(self.invite.header("From"))

    @property
    def caller_name(self) -> str:
        return sip.display_name(self.invite.header("From"))

    def ring(self) -> None:
        self._respond(180, "Ringing")

    def answer(self) -> None:
        """Pick up, and talk."""
        self.status = 200
        self._line.send(self._yes(self.invite))
        self.talk_to(self.invite.body)

    def reject(self, status: int = 486, reason: str = "Busy Here", headers: Sequence[tuple[str, str]] = ()) -> None:
        """Refuse it; with a Contact among the headers and a 302 it is sent elsewhere."""
        self._respond(status, reason, headers)
        self.ended.set()

    def asked(self, request: Message) -> None:
        if request.method == "CANCEL":
            self._line.send(sip.response(request, 200, "OK"))
            self.reject(487, "Request Terminated")
        elif request.method == "INVITE" and not self.status:
            """Once more, before anything was said to it."""
        else:
            super().asked(request)

    async def hang_up(self) -> None:
        if not self.ended.is_set() and self.status != 200:
            self.reject(480, "Temporarily Unavailable")
        await super().hang_up()

    def _respond(self, status: int, reason: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        self.status = status
        more = {"To": self.dialog.local, "Contact": self._line.contact, **dict(headers)}
        self._line.send(sip.response(self.invite, status, reason, *more.items()))
