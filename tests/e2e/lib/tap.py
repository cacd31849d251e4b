"""Results in TAP, the Test Anything Protocol, and what a test program needs around them."""
import sys
import traceback

from .interrupt import catch_signals
from .process import Failure

SKIPPED = 77


class Tap:
    """Counts and prints checks. `run` gives each group of checks a laboratory's fate: one failing group stops no other."""

    def __init__(self):
        self.count = self.failed = self.passed = 0

    def ok(self, good, name, detail=""):
        """One check; `detail` is printed if it fails. Returns whether it passed."""
        self.count += 1
        self.passed += bool(good)
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good and detail:
            self.note(detail)
        return bool(good)

    def equal(self, seen, expected, name):
        return self.ok(seen == expected, name, f"seen {seen!r}, expected {expected!r}")

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    @staticmethod
    def note(text):
        for line in str(text).splitlines():
            print(f"# {line}", flush=True)

    def run(self, group):
        """Runs a function of checks; what it raises is a failed check of its name."""
        try:
            group(self)
        except Failure as failure:
            self.ok(False, group.__doc__ or group.__name__, failure)
        except Exception:  # a bug of the test must not hide the groups behind it
            self.ok(False, group.__doc__ or group.__name__, traceback.format_exc())

    def finish(self):
        print(f"1..{self.count}", flush=True)
        self.note(f"{self.passed} passed, {self.failed} failed")
        if self.failed:
            return 1
        return 0 if self.passed else SKIPPED


def main(groups, missing):
    """A test program: all groups in order, or one skip if something is `missing` (a sentence) for all of them."""
    catch_signals()
    tap = Tap()
    if missing:
        tap.skip("all checks", missing)
    else:
        chosen = sys.argv[1:]
        for group in groups:
            if not chosen or any(word in group.__name__ for word in chosen):
                tap.run(group)
    sys.exit(tap.finish())
