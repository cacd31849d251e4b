"""Child processes that do not outlive their owner: not its end, not its `kill -9`."""
import signal
import subprocess
import time

from .interrupt import shield


class Failure(Exception):
    """Something of the laboratory does not do what it should; the text says what, for people."""


class Process:
    """One child in a session of its own, so that a Ctrl-C at the terminal reaches only us. `log` has what it prints."""

    def __init__(self, argv, log, **options):
        self.argv, self.log, self.name = argv, log, argv[0].rsplit("/", 1)[-1]
        with open(log, "wb") as output:
            options.setdefault("stdout", output)
            self.popen = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *argv], stdin=subprocess.DEVNULL,
                                          stderr=output, start_new_session=True, **options)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def wait(self, seconds):
        """The exit status; None if it still runs after that time."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, number=signal.SIGTERM, seconds=3.0):
        """Asks it to end, then insists. The exit status."""
        if self.running():
            self.popen.send_signal(number)
            if self.wait(seconds) is None:
                self.popen.kill()
                self.popen.wait()
        return self.popen.returncode

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as text:
            return text.read()

    def tail(self, lines=12):
        return "\n".join(self.output().splitlines()[-lines:])


class Processes:
    """All children of one laboratory."""

    def __init__(self, folder):
        self.folder, self.children = folder, []

    def start(self, argv, name, **options):
        with shield():
            child = Process(argv, self.folder / f"{len(self.children):02}-{name}.log", **options)
            self.children.append(child)
        return child

    def close(self):
        """All at once, so that it takes as long as the slowest."""
        with shield():
            for child in self.children:
                if child.running():
                    child.popen.terminate()
            for child in reversed(self.children):
                child.stop(seconds=2.5)


def wait_until(condition, seconds, what, interval=0.02):
    """Waits for condition() and gives its value back. Failure, saying `what` did not happen, when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds:g} s")
        time.sleep(interval)
