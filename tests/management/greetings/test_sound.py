"""What a file is, its content says; what FreeSWITCH might not play is nothing."""

import pytest

from management.greetings.sound import format_of
from tests.management.greetings.sounds import ID3, MP3, MP3_FRAME, chunk, fmt, riff, wav

DATA = chunk(b"data", bytes(160))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(wav(), id="8 kHz, 16 bits, mono"),
        pytest.param(wav(rate_hz=48_000, channels=2), id="48 kHz stereo"),
        pytest.param(wav(sample_bytes=1), id="8 bits"),
        pytest.param(wav(sample_bytes=3), id="24 bits"),
        pytest.param(riff(fmt(coding=6, bits=8, block_bytes=1, bytes_per_second=8_000), DATA), id="A-law"),
        pytest.param(riff(fmt(coding=7, bits=8, block_bytes=1, bytes_per_second=8_000), DATA), id="mu-law"),
        pytest.param(riff(chunk(b"LIST", b"odd"), fmt(), chunk(b"fact", bytes(4)), DATA), id="other chunks before"),
        pytest.param(wav() + b"behind", id="something behind"),
    ],
)
def test_a_wav_file(content: bytes) -> None:
    """Of every kind that FreeSWITCH's libsndfile reads and telephones can hear."""
    assert format_of(content) == "wav"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(MP3, id="MPEG 1"),
        pytest.param(ID3 + MP3, id="with a tag"),
        pytest.param(b"ID3\x04\x00\x10\x00\x00\x01\x00" + bytes(138) + MP3, id="with a tag and its footer"),
        # 72 * 32000 / 16000 = 144 bytes, and one more where the header says so.
        pytest.param(2 * (b"\xff\xf3\x48\x00" + bytes(140)) + b"\xff\xf3\x4a\x00" + bytes(141), id="MPEG 2, padded"),
        pytest.param(3 * (b"\xff\xe3\x18\x00" + bytes(68)), id="MPEG 2.5, 8 kbit/s at 8 kHz"),
        pytest.param(MP3 + b"TAG" + bytes(125), id="an old tag behind"),
    ],
)
def test_an_mp3_file(content: bytes) -> None:
    """Frames of layer III that follow one another."""
    assert format_of(content) == "mp3"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"RIFF", id="four letters"),
        pytest.param(riff(fmt(), DATA, form=b"AVI "), id="another form"),
        pytest.param(wav()[:-1], id="cut off"),
        pytest.param(riff(DATA), id="no format"),
        pytest.param(riff(fmt()), id="no sound"),
        pytest.param(riff(DATA, fmt()), id="sound before its format"),
        pytest.param(riff(fmt(), chunk(b"data", b"")), id="empty"),
        pytest.param(riff(fmt(), b"data" + b"\xff\xff\xff\xff" + bytes(9)), id="more promised than there is"),
        pytest.param(riff(chunk(b"fmt ", b"\x01\0"), DATA), id="half a format"),
        pytest.param(riff(fmt(coding=3, bits=32, block_bytes=4, bytes_per_second=32_000), DATA), id="floats"),
        pytest.param(riff(fmt(coding=0x55), DATA), id="MP3 in a WAV file"),
        pytest.param(riff(fmt(coding=6), DATA), id="A-law of 16 bits"),
        pytest.param(riff(fmt(channels=0), DATA), id="no channel"),
        pytest.param(wav(channels=3), id="three channels"),
        pytest.param(wav(rate_hz=7_999), id="7999 Hz"),
        pytest.param(wav(rate_hz=48_001), id="48001 Hz"),
        pytest.param(riff(fmt(block_bytes=4), DATA), id="blocks of another size"),
        pytest.param(riff(fmt(bytes_per_second=8_000), DATA), id="another speed"),
        pytest.param(riff(*[chunk(b"JUNK", b"")] * 100, fmt(), DATA), id="a hundred chunks first"),
        pytest.param(MP3_FRAME * 2, id="two frames"),
        pytest.param((MP3_FRAME * 3)[:-1], id="a cut third frame"),
        pytest.param(MP3_FRAME + b"\0" + MP3_FRAME * 3, id="a gap between frames"),
        pytest.param(3 * (b"\xff\xfd\x90\x00" + bytes(413)), id="layer II"),
        pytest.param(3 * (b"\xff\xeb\x90\x00" + bytes(413)), id="a version that is none"),
        pytest.param(3 * (b"\xff\xfb\x00\x00" + bytes(413)), id="free bit rate"),
        pytest.param(3 * (b"\xff\xfb\xf0\x00" + bytes(413)), id="a bit rate that is none"),
        pytest.param(3 * (b"\xff\xfb\x9c\x00" + bytes(413)), id="a sample rate that is none"),
        pytest.param(ID3, id="a tag and no sound"),
        pytest.param(b"ID3", id="half a tag"),
        pytest.param(b"OggS" + bytes(500), id="Ogg"),
        pytest.param(b"<html><script>", id="a page"),
    ],
)
def test_nothing_else(content: bytes) -> None:
    """Refused, not guessed."""
    assert format_of(content) is None
