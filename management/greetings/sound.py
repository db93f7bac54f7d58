"""What kind of sound a file holds, by its content: its name and its Content-Type say what somebody believes. Pure.

Source:
    RIFF/WAVE: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", chapter 3, and mmreg.h.
    MPEG audio: ISO/IEC 11172-3, 2.4.2.3, and 13818-3, 2.4.2.3. ID3v2: id3.org, "ID3 tag version 2.4.0", 3.1.
"""

import struct
from collections.abc import Iterator
from typing import Final

# PCM, A-law, mu-law, each with the sizes of a sample, in bits.
_SAMPLE_BITS: Final = {1: (8, 16, 24, 32), 6: (8,), 7: (8,)}
_MOST_CHANNELS: Final = 2
_RATES_HZ: Final = range(8_000, 48_001)
_MOST_CHUNKS: Final = 100
"""A file of nothing but tiny chunks would keep us busy."""

_FRAMES_LOOKED_AT: Final = 3
"""Two bytes look like the beginning of a frame now and then; frames that follow one another do not happen."""
# Of layer III, by the two bits of the version: (kbit/s by index, Hz by index, bytes of a frame for each bit/s / Hz).
_SLOW: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG: Final = {
    0b11: ((32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), (44_100, 48_000, 32_000), 144),
    0b10: (_SLOW, (22_050, 24_000, 16_000), 72),
    0b00: (_SLOW, (11_025, 12_000, 8_000), 72),
}


def format_of(content: bytes) -> str | None:
    """The word "wav" or "mp3"; None for what FreeSWITCH might not play.

    A WAV file holds PCM, A-law or mu-law, of one or two channels, 8 to 48 kHz, and all that its sizes promise.
    An MP3 file begins with an ID3 tag or a frame, and goes on with frames of layer III.
    """
    if content.startswith(b"RIFF"):
        return "wav" if _is_wav(content) else None
    return "mp3" if _is_mp3(content) else None


def _is_wav(content: bytes) -> bool:
    if len(content) < 12 or content[8:12] != b"WAVE" or _size_at(content, 4) + 8 > len(content):
        return False
    block_bytes = 0
    for name, body in _chunks(content):
        if name == b"fmt ":
            block_bytes = _block_bytes(body)
        if name == b"data":
            return 0 < block_bytes <= len(body)
    return False


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Those that are whole, up to the first that is not."""
    end, at = _size_at(content, 4) + 8, 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end or at + 8 + (size := _size_at(content, at + 4)) > end:
            return
        yield content[at : at + 4], memoryview(content)[at + 8 : at + 8 + size]
        # Chunks begin at even places.
        at += 8 + size + size % 2


def _block_bytes(body: memoryview) -> int:
    """The bytes of one sample of all channels; 0 for a format that is none of ours, or that contradicts itself."""
    if len(body) < 16:
        return 0
    coding, channels, rate_hz, bytes_per_second, block_bytes, bits = struct.unpack_from("<HHIIHH", body)
    is_ours = bits in _SAMPLE_BITS.get(coding, ()) and 1 <= channels <= _MOST_CHANNELS and rate_hz in _RATES_HZ
    is_sane = block_bytes == channels * bits // 8 and bytes_per_second == rate_hz * block_bytes
    return block_bytes if is_ours and is_sane else 0


def _is_mp3(content: bytes) -> bool:
    at = _tag_bytes(content)
    for _ in range(_FRAMES_LOOKED_AT):
        frame_bytes = _frame_bytes(content[at : at + 4])
        at += frame_bytes
        if not frame_bytes or at > len(content):
            return False
    return True


def _tag_bytes(content: bytes) -> int:
    """How long the ID3 tag in front is; 0 without one."""
    if len(content) < 10 or not content.startswith(b"ID3"):
        return 0
    has_footer = bool(content[5] & 0b1_0000)
    size = 0
    for byte in content[6:10]:
        # Seven bits each, so that no size looks like a frame.
        size = size << 7 | byte & 0x7F
    return 10 + size + 10 * has_footer


def _frame_bytes(header: bytes) -> int:
    """How long the frame with this header is; 0 if it is none of layer III."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0b1110_0110 != 0b1110_0010:
        return 0
    version, rate, hz, padding = header[1] >> 3 & 0b11, header[2] >> 4, header[2] >> 2 & 0b11, header[2] >> 1 & 0b1
    if version not in _MPEG or not 1 <= rate <= 14 or hz == 0b11:
        return 0
    kbits, rates_hz, factor = _MPEG[version]
    return factor * kbits[rate - 1] * 1_000 // rates_hz[hz] + padding


def _size_at(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "little")
