"""Small sound files, made byte by byte."""

import struct
import wave
from io import BytesIO
from typing import Any

MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
"""MPEG 1, layer III, 128 kbit/s, 44.1 kHz, not padded: 417 bytes."""
MP3 = 4 * MP3_FRAME
ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)
"""A tag whose size is 128: bit 7 of a byte is never part of it."""


def wav(*, seconds: float = 0.1, rate_hz: int = 8_000, channels: int = 1, sample_bytes: int = 2) -> bytes:
    """PCM as Python's own library writes it."""
    file = BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, sample_bytes, rate_hz, 0, "NONE", ""))
        writer.writeframes(bytes(int(seconds * rate_hz) * channels * sample_bytes))
    return file.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def fmt(**other: Any) -> bytes:
    """The chunk that describes 8 kHz mono of 16 bits, unless `other` says otherwise."""
    values = {"coding": 1, "channels": 1, "rate_hz": 8_000, "bytes_per_second": 16_000, "block_bytes": 2, "bits": 16}
    return chunk(b"fmt ", struct.pack("<HHIIHH", *(values | other).values()))


def riff(*chunks: bytes, form: bytes = b"WAVE") -> bytes:
    body = form + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def as_heard(*, samples: int) -> bytes:
    """Silence as it is kept: 16 kHz, 16 bits, mono."""
    return wav(seconds=samples / 16_000, rate_hz=16_000)
