#!/usr/bin/env python3
"""The demo: what it says of a good run, and that it leaves nothing behind, finished, interrupted or killed."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lib.lab import ROOT, missing
from lib.namespace import remove_stale
from lib.tap import main

DEMO = ROOT / "tests" / "demo" / "demo.py"


def start(*name):
    return subprocess.Popen([sys.executable, DEMO, *name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True)


def left_behind(pid):
    """Namespaces, folders and processes of a demo."""
    names = [path.name for path in Path("/run/netns").glob(f"sp{pid}-*")] if Path("/run/netns").exists() else []
    folders = [path.name for path in Path("/tmp").glob(f"sallyport-{pid}-*")]
    return names + folders + processes(f"sallyport-{pid}-") + processes(f"sp{pid}-")


def processes(word):
    """Command lines that contain it: every child of a demo is told a path in its folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found.append(line)
    return found


def whole_run(tap):
    """a run to the end"""
    begin = time.monotonic()
    demo = start()
    output, _ = demo.communicate(timeout=30)
    seconds = time.monotonic() - begin
    tap.ok(demo.returncode == 0 and "recognised both ways" in output, "the music is recognised both ways", output)
    tap.ok(seconds < 20, "it ends by itself in under 20 s", f"{seconds:.1f} s")
    tap.ok("\033" not in output, "no escape sequences where there is no terminal")
    tap.equal(left_behind(demo.pid), [], "it leaves nothing behind")
    heard = ROOT / "build" / "demo" / "out-heard.wav"
    tap.ok(heard.stat().st_size > 100_000, "what was heard can be listened to", heard)


def calls(tap):
    """the calls between phones, to the end"""
    if reason := missing("baresip", "openssl"):
        return tap.skip("demo calls", reason)
    demo = start("calls")
    output, _ = demo.communicate(timeout=60)
    tap.ok(demo.returncode == 0 and "stayed secure" in output, "demo calls: both phones are recognised", output)
    tap.equal(left_behind(demo.pid), [], "demo calls leaves nothing behind")


def interrupted(tap):
    """signals at several moments"""
    for number, seconds in ((signal.SIGINT, 0.0), (signal.SIGTERM, 0.3), (signal.SIGINT, 0.8), (signal.SIGTERM, 2.5),
                            (signal.SIGHUP, 1.5)):
        demo = start()
        demo.stdout.readline()  # from here on it knows what to do with signals, and there are namespaces
        time.sleep(seconds)
        demo.send_signal(number)
        output, _ = demo.communicate(timeout=10)
        tap.ok(demo.returncode == 128 + number and number.name in output, f"{number.name} after {seconds} s ends it",
               f"status {demo.returncode}\n{output}")
        tap.equal(left_behind(demo.pid), [], f"{number.name} after {seconds} s: nothing is left")


def killed(tap):
    """kill -9, which nobody can answer"""
    demo = start()
    time.sleep(3)
    demo.kill()
    demo.communicate(timeout=10)
    time.sleep(0.3)
    tap.equal(processes(f"sallyport-{demo.pid}-"), [], "its children die with it")
    tap.ok(left_behind(demo.pid), "its namespaces are still there")
    remove_stale()
    tap.equal(left_behind(demo.pid), [], "the next demo or test removes them")


if __name__ == "__main__":
    os.environ.pop("TERM", None)
    main([whole_run, calls, interrupted, killed], missing())
