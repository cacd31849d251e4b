#!/usr/bin/env python3
"""RTP to SRTP through rtpengine and through sallyportd, over the same veth pair, and through sallyportd over memif:
what a packet costs in CPU time, at a rate that each holds without loss. sallyport-load offers G.711 at 20 ms and judges
every packet, for both alike. Prints rows as Google Benchmark does, and what this host cannot do as `absent: ...`.

Makes network namespaces and removes them. Gateway and generator have a core each.
"""
import argparse
import os
import sys
import time
from pathlib import Path

from gateway_runs import FAULTS, SETTLED, SUITES, begin, print_rows, result_of, row, start_load
from peer_gateways import RtpenginePeer, SallyportPeer

# peer_gateways says where the laboratory is.
from lib.process import Failure, wait_until
from lib.rtpengine import PairLab, absent

STREAM_RATE = 50   # packets a second: G.711 at 20 ms, 172-byte RTP
#: Packets a second to be tried, until one is held.
RTPENGINE_RATES = (40_000, 20_000, 8_000, 3_000)
VETH_RATES = (80_000, *RTPENGINE_RATES)
MEMIF_RATES = (500_000, 250_000, 100_000, 30_000)


def peers():
    """(engine, over, rates, how to start it)"""
    yield "rtpengine", "veth", RTPENGINE_RATES, RtpenginePeer
    for over, rates in (("veth", VETH_RATES), ("memif", MEMIF_RATES)):
        yield "sallyport", over, rates, lambda *arguments, over=over: SallyportPeer(*arguments, over)


def machine_softirq_seconds():
    """Of the whole machine (proc(5), /proc/stat)."""
    return int(Path("/proc/stat").read_text(encoding="ascii").split()[7]) / os.sysconf("SC_CLK_TCK")


def judged(load, asked):
    """(reordered packets per million, why the run does not count: empty if every packet came back as it should).
    rtpengine's threads overtake one another: `disorder` is reported and not held against it."""
    try:
        seen = result_of(load, 40)
    except Failure as failure:
        return 0, str(failure)
    total = seen["directions"][0]
    if seen["offered_pps"] < 0.98 * asked:
        return 0, f"only {seen['offered_pps']:.0f} packets/s could be offered"
    faults = ", ".join(f"{name} {total[name]}" for name in FAULTS if total[name])
    return 1e6 * total["disorder"] / total["offered"], f"{faults} of {total['offered']} packets" if faults else ""


def measure(start_peer, suite, rate, seconds, cores):
    """(Cost, other figures by name) at that rate, and why it was not held, if so."""
    with PairLab() as lab:
        peer = start_peer(lab, suite, rate // STREAM_RATE, cores[0])
        load = start_load(lab, peer, cores[-1], "--rate", STREAM_RATE, "--duration", SETTLED + seconds + 0.6)
        first = peer.packets()
        # Setting up calls sends packets, too, but not that many.
        wait_until(lambda: peer.packets() - first > 4 * rate / STREAM_RATE or not load.running(), 30, "media flows")
        time.sleep(SETTLED)
        peer.begin()
        softirq = machine_softirq_seconds()
        time.sleep(seconds)
        cost = peer.end()
        softirq = machine_softirq_seconds() - softirq
        disorder, problem = judged(load, rate)
        return cost, {"peer_rate": (rate / 1000, "thousand packets/s held"),
                      "peer_softirq": (round(softirq * 1e9 / cost.packets), "ns/packet, whole machine"),
                      "peer_disorder": (round(disorder), "reordered per million")}, problem


def rows(engine, over, suite, cost, others):
    params = {"over": over, "suite": suite}
    # Time of busy passes counts what else ran on the core, time of the process its empty polls: work is in both.
    for kind, seconds in (("work", min(cost.busy, cost.process)), ("process", cost.process)):
        yield row("peer", {"ns_per_packet": seconds * 1e9 / cost.packets}, **params, time=kind, engine=engine)
    for name, (value, unit) in others.items():
        yield row(name, {"value": value, "label": unit}, **params, gateway=engine)


def held(engine, over, rates, start_peer, suite, seconds, cores):
    """The rows of the highest of the rates that is held."""
    problem = "no rate was tried"
    for rate in rates:
        cost, others, problem = measure(start_peer, suite, rate, seconds, cores)
        print(f"{engine}, {over}, {suite}, {rate} packets/s: {problem or 'held'}", file=sys.stderr)
        if not problem:
            return list(rows(engine, over, suite, cost, others))
    print(f"absent: {engine} over {over}, {suite}: {problem} at the lowest rate", file=sys.stderr)
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.5, help="that are measured of each")
    parser.add_argument("--suite", action="append", help="only this one")
    parser.add_argument("--rate", type=int, help="packets a second: only this rate is tried")
    parser.add_argument("--benchmark_format", help="json is the only one")
    options = parser.parse_args()
    cores = begin("peers_bench")
    if absent():
        print(f"absent: {absent()}: nothing to compare with", file=sys.stderr)
    found = []
    for suite in options.suite or SUITES:
        for engine, over, rates, start_peer in peers():
            if engine == "rtpengine" and absent():
                continue
            try:
                found += held(engine, over, [options.rate] if options.rate else rates, start_peer, suite,
                              options.seconds, cores)
            except Failure as failure:
                print(f"absent: {engine} over {over}, {suite}: {failure}", file=sys.stderr)
    print_rows(found)


if __name__ == "__main__":
    main()
