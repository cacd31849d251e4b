"""Signals as exceptions, held back while something is half made.

A signal that arrives between the making of a process or namespace and its being noted down would leak it. Such places
run under `shield()`: the signal waits until the block ends.
"""
import signal
from contextlib import contextmanager


class Interrupted(SystemExit):
    """SIGINT, SIGTERM or SIGHUP; the exit status is the one that shells use."""

    def __init__(self, number):
        super().__init__(128 + number)
        self.signal = signal.Signals(number)


class _State:
    depth = 0
    pending = None


def _on_signal(number, _frame):
    if _State.depth:
        _State.pending = number
    else:
        raise Interrupted(number)


def catch_signals():
    """From here on the usual signals raise Interrupted in the main thread."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)


@contextmanager
def shield():
    """Signals wait until the outermost block ends."""
    _State.depth += 1
    try:
        yield
    finally:
        _State.depth -= 1
    if _State.depth == 0 and _State.pending is not None:
        number, _State.pending = _State.pending, None
        raise Interrupted(number)
