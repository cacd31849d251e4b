#!/usr/bin/env python3
"""`./run demo [NAME]`: runs one demonstration; `help` lists them.

Each demonstration is a file demo_NAME.py beside this one, with SUMMARY (one line) and run(screen) (the exit status). They
end by themselves in under 20 s, leave no namespace, process or key behind, and report what was measured, good or bad.
"""
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from lib.interrupt import Interrupted, catch_signals  # noqa: E402
from lib.lab import missing  # noqa: E402
from lib.process import Failure  # noqa: E402
from screen import Screen  # noqa: E402

PASSED, FAILED, CANNOT_RUN = 0, 1, 2


def demos():
    """Name -> module of every demonstration."""
    return {path.stem.removeprefix("demo_"): importlib.import_module(path.stem)
            for path in sorted(HERE.glob("demo_*.py"))}


def listing(known):
    return "\n".join(["usage: ./run demo [NAME]", ""] + [f"  {name:10} {module.SUMMARY}" for name, module in known.items()])


def main(argv):
    known = demos()
    name = argv[1] if len(argv) > 1 else "stream"
    if name in ("help", "--help", "-h"):
        print(listing(known))
        return PASSED
    if name not in known:
        print(f"no demo '{name}'\n{listing(known)}", file=sys.stderr)
        return CANNOT_RUN
    catch_signals()
    if reason := missing():
        print(f"the demo cannot run: {reason}", file=sys.stderr)
        return CANNOT_RUN
    screen = Screen()
    try:
        return known[name].run(screen)
    except Failure as failure:
        screen.bad(str(failure))
        return FAILED
    except Interrupted as interrupted:
        screen.close_table()
        print(f"stopped by {interrupted.signal.name}; everything was taken down")
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv))
