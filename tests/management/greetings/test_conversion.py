"""Whatever was sent is one kind of file in the end, and a file that is none harms nobody."""

import math
import wave
from array import array
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import miniaudio
import pytest

from management.errors import Invalid
from management.greetings import conversion, decoder
from management.greetings.conversion import as_heard
from management.greetings.sound import format_of
from tests.freeswitch.audio import has_tone
from tests.management.greetings.sounds import ID3, MP3, MP3_FRAME, chunk, fmt, riff, wav

TONE: Final = (Path(__file__).parents[2] / "samples" / "tone-1000hz.mp3").read_bytes()
"""A second of 1 kHz, MPEG 2, 16 kbit/s."""


def samples_of(sound: bytes) -> Sequence[int]:
    with wave.open(BytesIO(sound)) as file:
        assert file.getparams()[:3] == (1, 2, 16_000)
        return array("h", file.readframes(file.getnframes()))


def stereo(hertz: int, rate_hz: int) -> bytes:
    """A second of a tone in both ears."""
    step = 2 * math.pi * hertz / rate_hz
    samples = array("h", [round(12_000 * math.sin(step * (n // 2))) for n in range(2 * rate_hz)])
    body = chunk(b"data", samples.tobytes())
    return riff(fmt(channels=2, rate_hz=rate_hz, bytes_per_second=4 * rate_hz, block_bytes=4), body)


@pytest.mark.parametrize(
    ("content", "hertz"),
    [
        pytest.param(TONE, 1_000, id="mp3"),
        pytest.param(ID3 + TONE, 1_000, id="mp3 with a tag"),
        pytest.param(stereo(600, 44_100), 600, id="stereo of another rate"),
    ],
)
async def test_the_sound_stays(content: bytes, hertz: int) -> None:
    """For as long, and as high; the same file for the same."""
    sound = await as_heard(content)

    samples = samples_of(sound)
    # The tone as 8 kHz, which is what the function knows.
    assert has_tone(samples[4_000:12_000:2], hertz)
    assert not has_tone(samples[4_000:12_000:2], hertz + 200)
    assert 15_900 <= len(samples) <= 17_500
    assert await as_heard(content) == sound
    assert await as_heard(sound) == sound


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(wav(sample_bytes=1), id="8 bits"),
        pytest.param(wav(sample_bytes=3, channels=2, rate_hz=48_000), id="24 bits"),
        pytest.param(wav(sample_bytes=4), id="32 bits"),
        pytest.param(
            riff(fmt(coding=6, bits=8, block_bytes=1, bytes_per_second=8_000), chunk(b"data", 800 * b"\xd5")),
            id="A-law",
        ),
        pytest.param(
            riff(fmt(coding=7, bits=8, block_bytes=1, bytes_per_second=8_000), chunk(b"data", 800 * b"\xff")),
            id="mu-law",
        ),
        pytest.param(wav() + b"behind", id="something behind"),
        pytest.param(MP3, id="mp3"),
    ],
)
async def test_what_is_taken_can_be_decoded(content: bytes) -> None:
    """Each kind that the look at its bytes lets pass."""
    assert format_of(content)
    assert len(samples_of(await as_heard(content))) >= 1_600


async def test_five_minutes_and_no_more() -> None:
    """By what is in it, whatever it says: a small file may last for hours."""
    longest = wav(seconds=300, rate_hz=8_000, sample_bytes=1)
    sound = await as_heard(longest)
    assert len(sound) == 300 * 32_000 + len(wav(seconds=0))

    for content in (wav(seconds=301, rate_hz=8_000, sample_bytes=1), 12_000 * MP3_FRAME):
        with pytest.raises(Invalid) as refused:
            await as_heard(content)
        (broken,) = refused.value.errors["content"]
        assert (broken.rule, broken.parameters) == ("max.seconds", {"max": 300})


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(riff(fmt(), chunk(b"data", b"")), id="no sound"),
        pytest.param(riff(fmt(rate_hz=4_000_000_000), chunk(b"data", bytes(160))), id="a rate of 4 GHz"),
        pytest.param(riff(fmt(channels=65_535), chunk(b"data", bytes(160))), id="65535 channels"),
    ],
)
async def test_what_is_no_sound_is_refused(content: bytes) -> None:
    """By the decoder too, which alone knows."""
    with pytest.raises(Invalid, match="content: sound"):
        await as_heard(content)


async def test_a_decoder_that_dies_took_nobody_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes it crash is no sound; it had nothing of ours in its hands."""
    script = tmp_path / "decoder.py"
    script.write_text("import os, sys; open(sys.argv[0] + '.env', 'w').write(repr(dict(os.environ))); os.abort()")
    monkeypatch.setattr(conversion, "_DECODER", script)
    monkeypatch.setenv("XMLCURL_SECRET_KEYS", "a key")

    with pytest.raises(Invalid, match="content: sound"):
        await as_heard(wav())

    assert "XMLCURL" not in (tmp_path / "decoder.py.env").read_text()


async def test_what_was_converted_needs_no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent back as it was read, it stays as it is; with a byte that is another, it is anybody's file."""
    kept = wav(rate_hz=16_000)
    monkeypatch.setattr(conversion, "_DECODER", Path("/nonexistent"))

    assert await as_heard(kept) == kept
    for other in (kept[:-1], kept + b"\0", kept + b"\0\0", kept[:44], wav(), wav(rate_hz=16_000, channels=2)):
        with pytest.raises(Invalid, match="content: sound"):
            await as_heard(other)


def test_both_sides_agree() -> None:
    """They share no import, so what they have in common is written twice."""
    assert (conversion.LONGEST_SECONDS, conversion._TOO_LONG) == (decoder.LONGEST_SECONDS, decoder.TOO_LONG)
    assert conversion.is_as_heard(decoder.heard(wav()) or b"")
    with pytest.raises(miniaudio.MiniaudioError):
        decoder.heard(b"")
    assert decoder.heard(12_000 * MP3_FRAME) is None
