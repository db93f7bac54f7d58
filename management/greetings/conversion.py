"""Whatever was sent becomes what every switch plays: one kind of file, decoded once, in a process of its own."""

import asyncio
import struct
import sys
from pathlib import Path
from typing import Final

from management.errors import Invalid, Unavailable

LONGEST_SECONDS: Final = 300
"""As in decoder.py, which is never imported here: what decodes strangers' files stays out of this process."""

SLOWEST_SECONDS: Final = 60.0
"""It takes a tenth of a second; a machine that is out of breath gets more."""

_RATE_HZ: Final = 16_000
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_DECODER: Final = Path(__file__).with_name("decoder.py")
_TOO_LONG: Final = 3


async def as_heard(content: bytes) -> bytes:
    """A WAV file of 16 kHz, 16 bits, mono, for a WAV or MP3 file; the same one for the same.

    Raises:
        Invalid: `content` can't be decoded, or is longer than LONGEST_SECONDS.
        Unavailable: it took too long.
    """
    if is_as_heard(content):
        return content
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    # No environment: it may hold keys. -I: nothing of the folder that we run in is imported.
    decoder = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_DECODER), stdin=pipe, stdout=pipe, stderr=nowhere, env={}
    )
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            sound, _ = await decoder.communicate(content)
    except TimeoutError:
        raise Unavailable("the sound was not decoded in time") from None
    finally:
        if decoder.returncode is None:
            decoder.kill()
            await decoder.wait()
    if decoder.returncode == _TOO_LONG:
        raise Invalid.of("content", "max.seconds", max=LONGEST_SECONDS)
    if decoder.returncode or not is_as_heard(sound):
        raise Invalid.of("content", "sound")
    return sound


def is_as_heard(content: bytes) -> bool:
    """Whether that is what the decoder makes, to the byte: one header, samples, and nothing else."""
    data_bytes = len(content) - _HEADER.size
    if not 0 < data_bytes <= LONGEST_SECONDS * _RATE_HZ * 2 or data_bytes % 2:
        return False
    form = (1, 1, _RATE_HZ, _RATE_HZ * 2, 2, 16)
    header = _HEADER.pack(b"RIFF", data_bytes + _HEADER.size - 8, b"WAVE", b"fmt ", 16, *form, b"data", data_bytes)
    return content.startswith(header)
