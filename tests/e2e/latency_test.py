#!/usr/bin/env python3
"""The bench of latency through the gateway (perf/latency_bench.py) finds a rate and has every row at each share of
it, at rates that any machine holds. How long a packet takes is the machine's, and no check."""
import json
import os
import subprocess
import sys

from lib.lab import ROOT, build_folder, missing
from lib.tap import main

SUITE = "AEAD_AES_128_GCM"
LOADS = (10, 50, 80, 95)
STREAMS, HIGHEST, SECONDS = 20, 4000, 0.5
#: Figures of each share beside the times.
BESIDE = {"left_out", "worker_pauses", "generator_pauses", "idle_pauses", "packets_pauses", "lost", "wrong", "offered",
          "generator_late", "worker_busy", "preempted", "stolen"}


def rows(tap):
    """perf/latency_bench.py"""
    done = subprocess.run([sys.executable, ROOT / "perf" / "latency_bench.py", "--suite", SUITE, "--searches", "1",
                           "--streams", str(STREAMS), "--highest", str(HIGHEST), "--trial", "0.5", "--seconds",
                           str(SECONDS)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=270,
                          env={**os.environ, "SALLYPORT_BUILD": str(build_folder())})
    found = {row["name"]: row for row in json.loads(done.stdout or "{}").get("benchmarks", [])}
    if not found and "not even" in done.stderr:
        return tap.skip("the bench of latency", done.stderr.splitlines()[-1])
    rate = found.get(f"latency_rate/suite:{SUITE}", {})
    tap.ok(0 < rate.get("value", 0) <= HIGHEST / 1000 and "limit" in rate.get("label", ""),
           "a rate without loss is found, and what limits it is said", [rate, done.stderr])
    measured_outside = False
    for load in LOADS:
        seen = {name.rpartition(":")[2]: row for name, row in found.items() if f"/load:{load}/" in name}
        times = [seen.get(figure, {}).get("value", 0) for figure in ("p50", "p99", "p99.9", "max")]
        tap.ok(0 < times[0] <= times[1] <= times[2] <= times[3], f"latency at {load} % of it is measured",
               [seen, done.stderr])
        outside = [seen.get(f"outside_{figure}", {}).get("value", 0) for figure in ("p50", "p99", "p99.9", "max")]
        measured_outside |= outside[0] > 0
        tap.ok(outside == sorted(outside) and outside[3] <= times[3],
               "outside of the machine's pauses, too, as far as there were packets", [seen, done.stderr])
        tap.ok(BESIDE <= set(seen), "and what went on beside it is told", seen)
        tap.ok(seen.get("wrong", {}).get("value") == 0, "no packet came back wrong", seen.get("wrong"))
    tap.ok(measured_outside, "some packets were under way in no pause", done.stderr)


if __name__ == "__main__":
    main([rows], missing() or ("" if len(os.sched_getaffinity(0)) > 1 else "gateway and generator need a core each"))
