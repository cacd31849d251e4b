#!/usr/bin/env python3
"""Latency through sallyportd over memif, RTP to SRTP: sallyport-load finds the highest rate without loss, then offers
shares of it and takes each packet's time by the stamp in its payload: of all packets, and of those that met no pause
that the machine made in the worker's thread or the generator's. Beside each figure stand what was lost, what the machine
took away meanwhile, and where the generator was behind. Prints rows as Google Benchmark does, and what this
host cannot do as `absent: ...`.

One worker, which never sleeps, and the generator have a core each; a new gateway per run. Asks the gateway nothing
while packets flow: a command's process would take one of the two cores.
"""
import argparse
import os
import sys
import time
from pathlib import Path

from gateway_runs import FAULTS, SETTLED, SUITES, begin, print_rows, result_of, row, start_load
from peer_gateways import SallyportPeer

# peer_gateways says where the laboratory is.
from lib.process import Failure
from lib.rtpengine import PairLab

LOADS = (10, 50, 80, 95)        # percent of the rate without loss
LOWEST, HIGHEST = 1000, 4_000_000   # packets a second of all streams
RESOLUTION = 5                  # percent
#: Even the lowest rate does not pass where the machine takes the generator's core away for a hundredth of the trial:
#: once more, then.
MORE_SEARCHES = 8
PERCENTILES = ("p50", "p99", "p99.9", "max")
#: A worker that has that much to do at a rate that could not be offered is what did not take it.
BUSY = 90                       # percent
TICKS = os.sysconf("SC_CLK_TCK")


def worker_wait(pid):
    """Nanoseconds in which the worker could have run and another thread did: of the thread with the most CPU time,
    which is the one that polls (/proc/PID/task/TID/schedstat: run, waited, times). None where Linux does not say."""
    try:
        threads = [path.read_text(encoding="ascii").split() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        return None
    return max(((int(run), int(waited)) for run, waited, _ in threads), default=(0, None))[1]


def stolen_ticks(cores):
    """What the hypervisor took of these cores (proc(5), /proc/stat)."""
    names = {f"cpu{core}" for core in cores}
    lines = [line.split() for line in Path("/proc/stat").read_text(encoding="ascii").splitlines()]
    return sum(int(fields[8]) for fields in lines if fields[0] in names)


class Run:
    """A gateway of its own, and the generator once through it. `found`: what the generator says; `stats`: the worker's
    part of `sallyport stats` after it; `taken`: figures of what the machine took away meanwhile."""

    def __init__(self, suite, streams, cores, *options, backlog=None, seconds=60):
        """`backlog`: pauses are left out, and so many times their length behind them."""
        with PairLab() as lab:
            peer = SallyportPeer(lab, suite, streams, cores[0], "memif", idle_polls=0)
            time.sleep(SETTLED)
            if backlog is not None:
                options = (*options, "--pauses-of", peer.gateway.socket, "--backlog", f"{backlog:.3f}")
            before = self._taken(peer, cores)
            peer.begin()
            self.found = result_of(start_load(lab, peer, cores[-1], "--spin", *options), seconds)
            self.cost = peer.end()
            after = self._taken(peer, cores)
            self.stats = peer.gateway.json("stats")["workers"][0]
        self.taken = {name: (after[name][0] - value, unit) for name, (value, unit) in before.items()
                      if name in after}

    @staticmethod
    def _taken(peer, cores):
        """So far: {figure: (value, unit)}."""
        pid = peer.gateway.process.pid
        taken = {"preempted": (peer.gateway.json("stats")["workers"][0]["preempted"], "times the worker lost its core"),
                 "stolen": (1000 * stolen_ticks({cores[0], cores[-1]}) / TICKS, "ms, of both cores by the hypervisor")}
        waited = worker_wait(pid)
        if waited is not None:
            taken["waited"] = (waited * 1e-6, "ms in which the worker waited for its core")
        return taken

    def pauses_a_second(self, kind, seconds):
        """Of the worker, since it started, in so much of its time."""
        return self.stats["pauses"]["kinds"][kind]["count"] / seconds if seconds > 0 else 0.0

    def worker_busy(self):
        """Percent of the time in which packets were offered: passes that found some, and what interrupted them."""
        return min(100.0, 100 * self.cost.busy / self.found["seconds"])


def lowest(options):
    """The lowest rate that is tried: a trial offers some packets of each stream."""
    return max(LOWEST, 2 * options.streams / options.trial)


def search(suite, options, cores):
    """The best of some searches, since whatever else runs on the machine makes a rate lower, never higher. None if no
    rate passed."""
    passed = []
    for _ in range(options.searches + MORE_SEARCHES):
        run = Run(suite, options.streams, cores, "--find-rate", f"{lowest(options):.0f}-{options.highest}",
                  "--resolution", RESOLUTION, "--duration", options.trial, seconds=60 + 60 * options.trial)
        print(f"{suite}: without loss up to {run.found['pps'] or 0:.0f} packets/s", file=sys.stderr)
        passed += [run] if run.found["passed"] else []
        if len(passed) == options.searches:
            break
    return max(passed, key=lambda run: run.found["pps"], default=None)


def limit(found, drops, busy):
    """What kept the rate from being higher, as a text. `busy`: of the worker, at the rate that did not pass."""
    verdict = found["failed_verdict"]
    if verdict is None:
        return "no limit was found: no more was tried"
    text = f"at {found['failed_pps'] / 1000:.1f}, the worker {busy:.0f} % busy, "
    if verdict == "not_offered":
        return text + ("the gateway took no more" if busy >= BUSY else "the generator could offer no more")
    if verdict == "own_loss":
        return text + "the generator's own receive buffers lost packets"
    refused = drops.get("tx_full", 0)
    ring = f"; in all trials {refused} because the generator's ring was full (tx_full)" if refused else ""
    return f"{text}packets were lost{ring}"


def rate_row(suite, searched, streams, cores, seconds):
    """The rate without loss, with what limits it."""
    found, busy = searched.found, 0.0
    if found["failed_verdict"] is not None:
        busy = Run(suite, streams, cores, "--pps", found["failed_pps"], "--duration", seconds).worker_busy()
    label = f"thousand packets/s without loss; {limit(found, searched.stats['drops'], busy)}"
    return row("latency_rate", {"value": round(found["pps"] / 1000, 3), "label": label}, suite=suite)


def load_rows(suite, load, run):
    """The rows of one share of the rate."""
    found, total = run.found, run.found["directions"][0]
    behind = found["offered_pps"] < 0.99 * found["asked_pps"]
    asked = f", though {found['asked_pps'] / 1000:.1f} were asked for" if behind else ""
    figures = {name: (total["latency_us"][name], "us") for name in PERCENTILES}
    pauses = found["pauses"]
    known = "" if pauses["complete"] else ", though not all pauses are known"
    if total["outside_packets"]:
        figures.update({f"outside_{name}": (total["outside_us"][name], f"us, outside of the machine's pauses{known}")
                        for name in PERCENTILES})
    figures["left_out"] = (100 * pauses["share"], "% of the time: pauses and what piled up behind them")
    figures["worker_pauses"] = (pauses["workers"], "pauses of the worker")
    figures["generator_pauses"] = (pauses["own"], "pauses of the generator")
    figures["idle_pauses"] = (run.pauses_a_second("idle", run.stats["idle_s"]),
                              "pauses a second of the worker's time without packets")
    figures["packets_pauses"] = (run.pauses_a_second("packets", run.stats["busy_s"]),
                                 "pauses a second of its time with packets")
    figures["lost"] = (total["lost"], f"of {total['offered']} packets")
    figures["wrong"] = (sum(total[name] for name in FAULTS if name != "lost"), f"of {total['offered']} packets")
    figures["offered"] = (found["offered_pps"] / 1000, f"thousand packets/s{asked}")
    figures["generator_late"] = (found["own_delay_us"], "us, the generator behind its schedule at most")
    figures["generator_missed"] = (found["own_missed"], "packets that the generator's own buffers lost")
    figures["worker_busy"] = (run.worker_busy(), "% of the worker's time")
    figures.update(run.taken)
    for figure, (value, unit) in figures.items():
        yield row("latency", {"value": round(value, 3), "label": unit}, suite=suite, load=load, figure=figure)


def measure(suite, options, cores):
    """All rows of a suite."""
    searched = search(suite, options, cores)
    if searched is None:
        print(f"absent: latency, {suite}: not even {lowest(options):.0f} packets/s could be offered without loss", file=sys.stderr)
        return
    yield rate_row(suite, searched, options.streams, cores, options.seconds)
    for load in LOADS:
        rate = searched.found["pps"] * load / 100
        run = Run(suite, options.streams, cores, "--pps", rate, "--duration", options.seconds,
                  backlog=load / (100 - load), seconds=60 + 2 * options.seconds)
        yield from load_rows(suite, load, run)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2, help="that each share of the rate is offered")
    parser.add_argument("--trial", type=float, default=0.4, help="seconds of a trial of the search")
    parser.add_argument("--searches", type=int, default=2, help="of which the best counts")
    parser.add_argument("--suite", action="append", help="only this one")
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--highest", type=int, default=HIGHEST, help="packets a second: no more is tried")
    parser.add_argument("--benchmark_format", help="json is the only one")
    options = parser.parse_args()
    cores = begin("latency_bench")
    found = []
    # Two that never sleep on one core would wait for each other's time slices.
    for suite in (options.suite or SUITES) if len(cores) > 1 else ():
        try:
            found += measure(suite, options, cores)
        except Failure as failure:
            print(f"absent: latency, {suite}: {failure}", file=sys.stderr)
    print_rows(found)


if __name__ == "__main__":
    main()
