"""Two short pieces of music, rendered at 8 kHz by a little additive synthesiser: the same samples every time.

A melody over broken chords, every note with attack and decay, so that no two stretches are alike and a recording can be
aligned with what was played. Beethoven's "Ode to Joy" and Petzold's Minuet in G are in the public domain.
"""
import math
from array import array

from .audio import RATE

_HARMONICS = (1.0, 0.42, 0.22, 0.09)  # of every note, from the fundamental up
_ATTACK = 0.012                       # seconds
_LOUDEST = 20000                      # of 32767

_PITCH = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

# Beats per second; the melody as note:beats; the chords, one in each bar, with the beats of a bar.
PIECES = {
    "ode": (2.0, "E4:1 E4:1 F4:1 G4:1 G4:1 F4:1 E4:1 D4:1 C4:1 C4:1 D4:1 E4:1 E4:1.5 D4:.5 D4:2",
            "C3,E3,G3 G2,D3,B3 A2,E3,C4 G2,D3,B3", 4),
    "minuet": (3.0, "D5:1 G4:.5 A4:.5 B4:.5 C5:.5 D5:1 G4:1 G4:1 E5:1 C5:.5 D5:.5 E5:.5 F#5:.5 G5:1 G4:1 G4:1 "
                    "C5:1 D5:.5 C5:.5 B4:.5 A4:.5 B4:1 C5:.5 B4:.5 A4:.5 G4:.5 F#4:1 G4:.5 A4:.5 B4:.5 G4:.5 A4:3",
               "G3,B3,D4 B2,D3,G3 C3,E3,G3 B2,D3,G3 A2,C3,E3 G2,B2,D3 D3,F#3,A3 D2,A2,F#3", 3),
}


def _frequency(note):
    """Of "F#4" and the like, equal temperament, A4 = 440 Hz."""
    name, octave = note[:-1], int(note[-1])
    semitones = _PITCH[name[0]] + name.count("#") + 12 * (octave + 1)
    return 440.0 * 2 ** ((semitones - 69) / 12)


def _add_note(out, note, start, seconds, loudness):
    """A plucked tone from `start` on, ringing a little beyond its length."""
    frequency, first = _frequency(note), int(start * RATE)
    count = min(int(seconds * 1.4 * RATE), len(out) - first)
    harmonics = [(2 * math.pi * frequency * (k + 1) / RATE, level, 2.0 + 1.6 * k)
                 for k, level in enumerate(_HARMONICS) if frequency * (k + 1) < RATE * 0.45]
    for step, level, decay in harmonics:
        fade = math.exp(-decay / (seconds * RATE))
        gain = loudness * level
        for i in range(count):
            attack = min(1.0, i / (_ATTACK * RATE))
            out[first + i] += gain * attack * math.sin(step * i)
            gain *= fade


def render(name):
    """The samples of a piece, 8 seconds of them."""
    tempo, melody, chords, beats_per_bar = PIECES[name]
    notes = [word.split(":") for word in melody.split()]
    out = [0.0] * int(sum(float(beats) for _, beats in notes) / tempo * RATE)
    at = 0.0
    for note, beats in notes:
        _add_note(out, note, at / tempo, float(beats) / tempo, 1.0)
        at += float(beats)
    for bar, chord in enumerate(chords.split()):
        for i, note in enumerate(chord.split(",")):
            beat = bar * beats_per_bar + i * 0.5
            _add_note(out, note, beat / tempo, beats_per_bar / tempo * 0.6, 0.45)
    peak = max(map(abs, out))
    return array("h", (int(sample / peak * _LOUDEST) for sample in out))
