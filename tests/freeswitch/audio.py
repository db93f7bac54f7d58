"""Sound of a telephone: G.711 mu-law, 8,000 samples a second, a tone a phone so that one can be told from another."""

import math
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

SAMPLES_PER_SECOND = 8_000
SAMPLES_PER_PACKET = 160
"""20 ms."""
WINDOW_SAMPLES = SAMPLES_PER_SECOND // 10
RECORDED_SECONDS = 0.3
"""A call of tests lasts for a second, and each tone of it was heard for half of one at the other end."""
AMPLITUDE = 12_000
BIAS = 0x84
SILENCE = b"\xff" * SAMPLES_PER_PACKET


def tone(hertz: int) -> bytes:
    """A second of it, mu-law; whole periods, so that it can be repeated without a click."""
    step = 2 * math.pi * hertz / SAMPLES_PER_SECOND
    return bytes(_encoded(round(AMPLITUDE * math.sin(step * n))) for n in range(SAMPLES_PER_SECOND))


def key_tones(key: str, packets: int) -> list[bytes]:
    """The two tones of a telephone's key, so many packets long."""
    row, column = divmod("123456789*0#".index(key), 3)
    steps = [
        2 * math.pi * hertz / SAMPLES_PER_SECOND for hertz in ((697, 770, 852, 941)[row], (1209, 1336, 1477)[column])
    ]
    levels = (sum(math.sin(step * n) for step in steps) for n in range(packets * SAMPLES_PER_PACKET))
    sound = bytes(_encoded(round(AMPLITUDE / 2 * level)) for level in levels)
    return [sound[start : start + SAMPLES_PER_PACKET] for start in range(0, len(sound), SAMPLES_PER_PACKET)]


def has_tone(samples: Sequence[int], hertz: int) -> bool:
    """Whether that tone, maybe with one other, is what is heard: its share of the energy, by Goertzel's sum."""
    energy = sum(sample * sample for sample in samples)
    if energy <= len(samples) * 100 * 100:
        return False
    turn = 2 * math.pi * hertz / SAMPLES_PER_SECOND
    real = sum(sample * math.cos(turn * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(turn * n) for n, sample in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / len(samples) > energy / 4


def seconds_of(samples: Sequence[int], hertz: int) -> float:
    """For how long that tone is heard, to a tenth of a second."""
    windows = range(0, len(samples), WINDOW_SAMPLES)
    heard = sum(has_tone(samples[start : start + WINDOW_SAMPLES], hertz) for start in windows)
    return heard * WINDOW_SAMPLES / SAMPLES_PER_SECOND


def is_recorded(wav: Path, hertz: int) -> bool:
    """Whether that tone is there for long enough. Its share of the whole says little: load makes holes and delays."""
    return seconds_of(samples_of(wav), hertz) >= RECORDED_SECONDS


def samples_of(wav: Path) -> Sequence[int]:
    """The sound in a file of 16-bit samples, of one channel."""
    with wave.open(str(wav)) as file:
        return array("h", file.readframes(file.getnframes()))


def _encoded(sample: int) -> int:
    """One 16-bit sample as mu-law (G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> exponent + 3) & 0x0F) & 0xFF


def sample_of(byte: int) -> int:
    """The 16-bit sample that a byte of mu-law stands for."""
    byte = ~byte & 0xFF
    magnitude = ((byte & 0x0F) << 3) + BIAS << (byte >> 4 & 0x07)
    return BIAS - magnitude if byte & 0x80 else magnitude - BIAS
