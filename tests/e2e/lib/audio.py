"""WAV files, and how much of what was played is in what was heard."""
import sys
import wave
from array import array
from dataclasses import dataclass
from operator import mul

RATE = 8000
_STEP = 80           # samples of one envelope point: 10 ms
_FARTHEST = 300      # envelope points by which the two may be apart: 3 s
_FINE_SAMPLES = 16000
_STRETCH_SECONDS = 1.25


@dataclass(frozen=True)
class Similarity:
    """`correlation`: of the aligned signals, -1 to 1; what is missing in the heard one counts as silence."""
    correlation: float
    delay: float      # seconds by which the heard one lags
    heard: float      # seconds heard


def write_wav(path, samples):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(_little_endian(samples).tobytes())


def read_wav(path):
    """16-bit mono samples; empty if the file is missing or has none."""
    try:
        with wave.open(str(path), "rb") as source:
            samples = array("h")
            samples.frombytes(source.readframes(source.getnframes()))
            return _little_endian(samples)
    except (OSError, EOFError, wave.Error):
        return array("h")


def recognised(piece, heard, seconds=5):
    """How well one of the latest stretches of what was heard is found in a piece that is played again and again: a phone
    that gets too little of a busy processor leaves gaps, and what is behind one is as good as what is before."""
    stretch = int(_STRETCH_SECONDS * RATE)
    found = [similarity(heard[end - stretch:end], piece * 2, len(piece) // _STEP).correlation
             for end in range(len(heard), max(stretch, len(heard) - seconds * RATE), -stretch)]
    return max(found, default=0.0)


def _little_endian(samples):
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples


def similarity(played, heard, farthest=_FARTHEST):
    """Aligns by the envelopes first, by the samples then, and correlates over all that was played."""
    if not played or not heard:
        return Similarity(0.0, 0.0, 0.0)
    coarse = _best(_envelope(played), _envelope(heard), range(-farthest, farthest + 1)) * _STEP
    middle = slice(*_middle(len(played)))
    padding = middle.start
    fine = _best(played[middle], heard, range(coarse + padding - 2 * _STEP, coarse + padding + 2 * _STEP + 1)) - padding
    there = _shifted(heard, fine, len(played))
    energy = (_dot(played, played) * _dot(there, there)) ** 0.5
    return Similarity(_dot(played, there) / energy if energy else 0.0, fine / RATE, len(heard) / RATE)


def _envelope(samples):
    points = [sum(map(abs, samples[i:i + _STEP])) for i in range(0, len(samples), _STEP)]
    mean = sum(points) / len(points)
    return [point - mean for point in points]


def _middle(length):
    half = min(length, _FINE_SAMPLES) // 2
    return length // 2 - half, length // 2 + half


def _best(reference, other, lags):
    """The lag at which `other` is most like `reference`."""
    return max(lags, key=lambda lag: _dot(reference, _shifted(other, lag, len(reference))))


def _shifted(samples, lag, length):
    """`length` samples from `lag` on; zeros where there are none."""
    before = min(max(-lag, 0), length)
    part = samples[max(lag, 0):max(lag + length, 0)]
    zeros = type(part)("h", [0]) if isinstance(part, array) else [0]
    return zeros * before + part + zeros * (length - before - len(part))


def _dot(a, b):
    return sum(map(mul, a, b))
