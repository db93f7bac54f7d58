"""A SIP phone on loopback: signs in, calls, is called, talks, dials. Made for FreeSWITCH, not for the world."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Self

from tests.freeswitch import sip
from tests.freeswitch.calls import Call, IncomingCall, OutgoingCall
from tests.freeswitch.rtp import Audio
from tests.freeswitch.sip import Dialog, Message
from tests.freeswitch.wire import OnProvisional, Wire

RING_TIMEOUT_SECONDS = 15.0
FINAL_TIMEOUT_SECONDS = 50.0
ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, INFO, UPDATE"
Header = tuple[str, str]


class Phone:
    """One account: `async with Phone(...) as phone:`. Leaving ends its calls, not its registration.

    Args:
        port: of the FreeSWITCH on 127.0.0.1.
        sign_in_name: the digest user; the number by default.
        hertz: its voice.
        is_mute: it says nothing when it is called.
        wire: over which it speaks SIP, made of the FreeSWITCH's address and who takes its requests.
    """

    def __init__(
        self,
        number: str,
        password: str,
        domain: str,
        port: int,
        *,
        sign_in_name: str | None = None,
        hertz: int = 440,
        is_mute: bool = False,
        wire: Callable[[tuple[str, int], Callable[[Message], None]], Wire] = Wire,
    ) -> None:
        self.number, self.password, self.domain, self.hertz = number, password, domain, hertz
        self.is_mute = is_mute
        self.sign_in_name = number if sign_in_name is None else sign_in_name
        self.call_id = sip.tag()
        """Of its registrations: the same one every time, as phones do until they reboot."""
        self.contact = ""
        self.was_pinged = asyncio.Event()
        """By OPTIONS."""
        self._wire = wire(("127.0.0.1", port), self._asked)
        self._sequence = 0
        self._calls: dict[str, Call] = {}
        self._ringing: asyncio.Queue[IncomingCall] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._wire.open()
        self.contact = f"<sip:{self.number}@127.0.0.1:{self._wire.port}{self._wire.parameter}>"
        return self

    async def __aexit__(self, *exc: object) -> None:
        for call in self._calls.values():
            await call.hang_up()
            await call.audio.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._wire.close()

    @property
    def address(self) -> str:
        return f"{self.number}@{self.domain}"

    @property
    def port(self) -> int:
        """Its own port: tells its contact from another phone's."""
        return self._wire.port

    async def register(
        self,
        *,
        password: str | None = None,
        expires: int = 300,
        to: str | None = None,
        realm: str | None = None,
        headers: Sequence[Header] = (),
    ) -> int:
        """Sign in; the last status that FreeSWITCH gave: 200 when it worked, 403 when it did not.

        Args:
            to: "number@domain" to bind, other than its own.
            realm: to type into the digest, other than the challenge's.
        """
        own = f"{self.number}@{self.domain}"
        dialog = Dialog(f"<sip:{own}>;tag={sip.tag()}", f"<sip:{to or own}>", f"sip:{self.domain}", self.call_id)
        head = (("Contact", self.contact), ("Expires", str(expires)), *headers)
        answer = await self._ask_with_credentials("REGISTER", dialog, head, password=password, realm=realm)
        return answer.status

    async def unregister(self) -> int:
        """Sign out."""
        return await self.register(expires=0)

    async def call(self, number: str, *, domain: str | None = None) -> OutgoingCall:
        """Call a number, and wait until it is answered or refused: see `status`."""
        call = await self.dial(number, domain=domain)
        async with asyncio.timeout(FINAL_TIMEOUT_SECONDS):
            await call.final.wait()
        return call

    async def dial(
        self,
        number: str,
        *,
        domain: str | None = None,
        from_: str | None = None,
        headers: Sequence[Header] = (),
        srtp_key: str = "",
    ) -> OutgoingCall:
        """Start a call; wait for its `final` yourself.

        Args:
            domain: where the number is; the phone's own by default.
            from_: another From address than its own, as an attacker may write.
            srtp_key: to offer encrypted sound with, base64 of 30 bytes.
        """
        audio = Audio(self.hertz)
        await audio.open()
        local = f"{from_ or f'<sip:{self.number}@{self.domain}>'};tag={sip.tag()}"
        target = f"sip:{number}@{domain or self.domain}"
        dialog = Dialog(local, f"<{target}>", target, sip.tag())
        call = self._calls[dialog.id] = OutgoingCall(self, audio, dialog)
        call.srtp_key = srtp_key
        self._start(self._invite(call, headers))
        return call

    async def rings(self, timeout_seconds: float = RING_TIMEOUT_SECONDS) -> IncomingCall:
        """The next call that comes in; it rings.

        Raises:
            TimeoutError: none came.
        """
        async with asyncio.timeout(timeout_seconds):
            return await self._ringing.get()

    @property
    def was_called(self) -> bool:
        """Whether a call has come in that nobody has taken with `rings`."""
        return not self._ringing.empty()

    def send(self, message: Message) -> None:
        self._wire.send(message)

    async def ask(self, method: str, call: Call, headers: Sequence[Header] = (), body: str = "") -> Message:
        """A request inside a call, and its final answer."""
        return await self._wire.ask(self._request(method, call.dialog, headers, body))

    def acknowledge(self, call: Call, answer: Message) -> None:
        """The ACK to a 200: a request of its own, with the number of the INVITE."""
        sequence = int(answer.header("CSeq").split()[0])
        self._wire.send(self._request("ACK", call.dialog, (), sequence=sequence))

    def _asked(self, message: Message) -> None:
        call = self._calls.get(message.header("Call-ID"))
        if call is not None:
            call.asked(message)
        elif message.method == "INVITE" and not message.status:
            self._start(self._ring(message))
        elif message.method != "ACK":
            if message.method == "OPTIONS":
                self.was_pinged.set()
            # OPTIONS to see whether we live, NOTIFY of messages waiting.
            self._wire.send(sip.response(message, 200, "OK"))

    async def _ring(self, invite: Message) -> None:
        audio = Audio(self.hertz)
        call = self._calls[invite.header("Call-ID")] = IncomingCall(self, audio, invite)
        await audio.open()
        if not self.is_mute:
            call.ring()
        self._ringing.put_nowait(call)

    async def _invite(self, call: OutgoingCall, headers: Sequence[Header]) -> None:
        head = (("Contact", self.contact), ("Content-Type", "application/sdp"), *headers)
        answer = await self._ask_with_credentials(
            "INVITE", call.dialog, head, call.description(), on_provisional=call.progressed
        )
        call.answered(answer)

    async def _ask_with_credentials(
        self,
        method: str,
        dialog: Dialog,
        headers: Sequence[Header],
        body: str = "",
        *,
        password: str | None = None,
        realm: str | None = None,
        on_provisional: OnProvisional | None = None,
    ) -> Message:
        """Ask, and when challenged ask again with credentials; the last answer."""
        answer = await self._wire.ask(self._request(method, dialog, headers, body), on_provisional)
        challenge = answer.header("WWW-Authenticate") or answer.header("Proxy-Authenticate")
        if not challenge:
            return answer
        given = sip.credentials(
            challenge,
            method=method,
            target=dialog.target,
            name=self.sign_in_name,
            password=self.password if password is None else password,
            realm=realm,
        )
        header = ("Authorization" if answer.status == 401 else "Proxy-Authorization", given)
        return await self._wire.ask(self._request(method, dialog, (*headers, header), body), on_provisional)

    def _request(
        self,
        method: str,
        dialog: Dialog,
        headers: Sequence[Header],
        body: str = "",
        sequence: int | None = None,
    ) -> Message:
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        head = (
            ("Via", f"SIP/2.0/{self._wire.transport} 127.0.0.1:{self._wire.port};rport;branch=z9hG4bK{sip.tag()}"),
            ("Max-Forwards", "70"),
            ("From", dialog.local),
            ("To", dialog.remote),
            ("Call-ID", dialog.id),
            ("CSeq", f"{sequence} {method}"),
            ("User-Agent", "acceptance"),
            ("Allow", ALLOW),
        )
        # The last of a name counts: a test may give one that is here already.
        merged = {name.lower(): (name, value) for name, value in (*head, *headers)}
        return Message(f"{method} {dialog.target} SIP/2.0", tuple(merged.values()), body)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))
