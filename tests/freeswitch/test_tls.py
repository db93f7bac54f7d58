"""Phones and gateways over TLS, where FreeSWITCH was built with it; and over TCP."""

import asyncio
import contextlib
import re
import secrets
import shutil
import socket
import ssl
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from tests.authority import Authority
from tests.freeswitch import sip
from tests.freeswitch.conftest import PREFIX, UNCACHED
from tests.freeswitch.landlord import Landlord
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone
from tests.freeswitch.wire import Stream
from tests.services import free_port
from tests.waiting import until

HANDSHAKE_TIMEOUT_SECONDS = 10.0


def _has_tls() -> bool:
    """Whether the SIP library that this FreeSWITCH loads knows TLS."""
    module = next(Path(PREFIX).rglob("mod_sofia.so"))
    loads = subprocess.run(["/usr/bin/ldd", module], capture_output=True, text=True, check=True).stdout
    library = re.search(r"libsofia-sip-ua\S* => (\S+)", loads)
    return library is not None and b"SSL_CTX_new" in Path(library[1]).read_bytes()


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder / "sip-authority")


@pytest.fixture(scope="module")
def secure(product: Product, folder: Path, audio_ports: Iterator[int], authority: Authority) -> Iterator[Switch]:
    """A switch with TLS and a certificate of that authority."""
    if not _has_tls():
        pytest.skip("the SIP library of this FreeSWITCH was built without TLS")
    switch = Switch(
        Path(PREFIX),
        folder / "secure",
        "secure",
        next(audio_ports),
        product.lookup_url,
        product.lookup_credentials,
        settings={"TLS": "true", "GATEWAY_TLS": "true", "GATEWAY_TLS_PORT": str(free_port())},
    )
    certificates = switch.folder / "certs"
    certificates.mkdir(parents=True)
    shutil.copy(authority.issue("127.0.0.1"), certificates / "agent.pem")
    shutil.copy(authority.file, certificates / "cafile.pem")
    switch.start()
    yield switch
    switch.kill()


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    """As a phone that knows the authority; it checks the address, too."""
    return ssl.create_default_context(cafile=authority.file)


@pytest.fixture
async def desk(office: Office, secure: Switch, trusting: ssl.SSLContext) -> AsyncIterator[Phone]:
    """A phone on TLS; it has not signed in."""
    account = await office.account()
    who = (account.number, account.password, account.domain, secure.tls_port)
    async with Phone(*who, wire=partial(Stream, context=trusting)) as phone:
        yield phone


async def test_a_phone_signs_in_over_tls(desk: Phone, secure: Switch) -> None:
    """With the right password only; FreeSWITCH knows it at its TLS connection."""
    assert await desk.register(password="not the password") == 403
    assert await desk.register() == 200
    assert desk.contact.strip("<>") in secure.contact(desk.address)


async def test_a_phone_on_tls_and_one_on_udp_call_each_other(desk: Phone, office: Office, secure: Switch) -> None:
    """Either way it rings, is answered, and both hear each other."""
    other = await office.phone(await office.account(), at=secure)
    assert [await desk.register(), await other.register()] == [200, 200]

    for caller, callee in ((desk, other), (other, desk)):
        call = await caller.dial(callee.number)
        incoming = await callee.rings()
        incoming.answer()
        await call.final.wait()

        assert call.status == 200
        assert await call.audio.hears(callee.hertz)
        assert await incoming.audio.hears(caller.hertz)
        await call.hang_up()


async def test_a_phone_that_offers_srtp_gets_it(desk: Phone, office: Office, secure: Switch) -> None:
    """The answer agrees to it with a key of FreeSWITCH's own; the far leg stays plain, as that phone's is."""
    other = await office.phone(await office.account(), at=secure)
    assert [await desk.register(), await other.register()] == [200, 200]
    key = b64encode(secrets.token_bytes(30)).decode()

    call = await desk.dial(other.number, srtp_key=key)
    incoming = await other.rings()
    incoming.answer()
    await call.final.wait()

    assert re.search(r"^m=audio \d+ RTP/SAVP ", call.agreed, re.MULTILINE)
    assert re.search(r"^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\S{40}", call.agreed, re.MULTILINE)
    assert key not in call.agreed
    assert re.search(r"^m=audio \d+ RTP/AVP ", incoming.invite.body, re.MULTILINE)
    assert "a=crypto" not in incoming.invite.body


def test_the_certificate_is_the_one_of_the_folder(secure: Switch, trusting: ssl.SSLContext) -> None:
    """Who trusts its authority gets through, who trusts others does not."""
    shown = _handshake(secure, trusting)
    agent = (secure.folder / "certs" / "agent.pem").read_text()

    assert ssl.DER_cert_to_PEM_cert(shown) in agent
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(secure, ssl.create_default_context())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_present_versions_are_taken(secure: Switch, trusting: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    """TLS 1.2 and 1.3, each alone."""
    trusting.minimum_version = trusting.maximum_version = version

    _handshake(secure, trusting)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_broken_versions_are_refused(secure: Switch, trusting: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    """TLS 1.0 and 1.1, although this client would speak them: FreeSWITCH says that it is the version."""
    trusting.minimum_version, trusting.maximum_version = ssl.TLSVersion.TLSv1, version
    trusting.set_ciphers("ALL:@SECLEVEL=0")

    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        _handshake(secure, trusting)


class SecureCarrier:
    """Somebody else's SIP server behind TLS: it takes whatever it is asked.

    Args:
        file: its key and certificate.
    """

    def __init__(self, file: Path) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(file)
        self._server: asyncio.Server | None = None
        self._connections: list[asyncio.StreamWriter] = []
        self.asked: list[str] = []
        """Methods of the requests that came."""
        self.refused = 0
        """Connections that ended before anything was asked."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.close()
            with contextlib.suppress(OSError):  # the switch was quicker
                await connection.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.append(writer)
        seen = len(self.asked)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                message = sip.decode((await reader.readuntil(b"\r\n\r\n")).lstrip())
                self.asked.append(message.method)
                contact = (("Contact", message.header("Contact")), ("Expires", "600"))
                writer.write(sip.response(message, 200, "OK", *contact).encode())
        self.refused += len(self.asked) == seen


@pytest.mark.parametrize("signed_by", ["a known authority", "an unknown authority"])
async def test_a_gateway_registers_over_tls(
    product: Product, secure: Switch, authority: Authority, tmp_path: Path, signed_by: str
) -> None:
    """At a carrier whose certificate says that it is that host; to another one no word is said."""
    is_known = signed_by == "a known authority"
    signer = authority if is_known else Authority(tmp_path / "other", "other")
    account = {"username": "line1", "password": "secret of tests", "registers": True}
    async with (
        Landlord.of(product, UNCACHED) as landlord,
        SecureCarrier(signer.issue("127.0.0.1")) as carrier,
    ):
        gateway = await landlord.post(
            "/gateways", name=signed_by, host="127.0.0.1", port=carrier.port, transport="tls", **account
        )
        secure.api("sofia profile external rescan")

        await until(lambda: bool(carrier.asked or carrier.refused), 30)
        if is_known:
            await until(lambda: "<state>REGED</state>" in secure.api(f"sofia xmlstatus gateway g{gateway['id']}"))
        assert set(carrier.asked) == ({"REGISTER"} if is_known else set())
        await landlord.remove(f"/gateways/{gateway['id']}")
        secure.api(f"sofia profile external killgw g{gateway['id']}")


async def test_a_switch_without_tls_leaves_the_gateway_out(product: Product, switch: Switch) -> None:
    """It is missing there, rather than plain."""
    async with Landlord.of(product, UNCACHED) as landlord:
        gateway = await landlord.post("/gateways", name="no TLS here", host="127.0.0.1", transport="tls")

        assert "Invalid Gateway" in switch.api(f"sofia xmlstatus gateway g{gateway['id']}")
        await landlord.remove(f"/gateways/{gateway['id']}")


async def test_tcp_needs_no_tls(office: Office, secure: Switch) -> None:
    """A phone on plain TCP signs in and is called, at the port of UDP."""
    account = await office.account()
    async with Phone(account.number, account.password, account.domain, secure.sip_port, wire=Stream) as phone:
        assert await phone.register() == 200
        await (await office.phone(await office.account(), at=secure)).dial(account.number)
        await phone.rings()


def test_without_tls_nobody_listens(switch: Switch) -> None:
    """TLS is off until an operator says otherwise."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", switch.tls_port))


def _handshake(switch: Switch, context: ssl.SSLContext) -> bytes:
    """The certificate that FreeSWITCH showed."""
    with (
        socket.create_connection(("127.0.0.1", switch.tls_port), HANDSHAKE_TIMEOUT_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname="127.0.0.1") as wrapped,
    ):
        return wrapped.getpeercert(binary_form=True) or b""
