"""Run as a program: a WAV or MP3 file on standard input, what phones hear of it on standard output.

It stands alone, because it is run alone: it decodes what a stranger has sent, with code in C, and has neither our
environment nor our imports. Exit 0: there it is; TOO_LONG; anything else, a signal too: it can't be decoded.

Source: miniaudio 1.71, which brings the decoders dr_wav and dr_mp3 (mackron.github.io).
"""

import resource
import sys
import wave
from io import BytesIO
from typing import Final

import miniaudio

RATE_HZ: Final = 16_000
SAMPLE_BYTES: Final = 2
LONGEST_SECONDS: Final = 300
"""9.6 MB: less than what may be sent."""
TOO_LONG: Final = 3

CPU_SECONDS: Final = 20
MEMORY_BYTES: Final = 512 * 1024 * 1024

_FRAMES_AT_ONCE: Final = 16_384


def heard(content: bytes) -> bytes | None:
    """The sound as a WAV file of 16 kHz, 16 bits, mono; None: it is longer than LONGEST_SECONDS.

    Raises:
        miniaudio.MiniaudioError: it is no sound.
    """
    frames = miniaudio.stream_memory(
        content,
        output_format=miniaudio.SampleFormat.SIGNED16,
        nchannels=1,
        sample_rate=RATE_HZ,
        frames_to_read=_FRAMES_AT_ONCE,
    )
    samples = bytearray()
    # Never all at once: a small MP3 file may promise days.
    for each in frames:
        samples += each.tobytes()
        if len(samples) > LONGEST_SECONDS * RATE_HZ * SAMPLE_BYTES:
            return None
    if not samples:
        raise miniaudio.MiniaudioError("there is nothing to hear")
    file = BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, SAMPLE_BYTES, RATE_HZ, 0, "NONE", ""))
        writer.writeframes(samples)
    return file.getvalue()


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sound = heard(sys.stdin.buffer.read())
    if sound is None:
        return TOO_LONG
    sys.stdout.buffer.write(sound)
    return 0


if __name__ == "__main__":
    sys.exit(main())
