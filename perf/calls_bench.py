#!/usr/bin/env python3
"""Calls through a whole gateway: how many a second it takes without losing one, what one costs its control thread, how
long they take to set up at half of that, and what each takes of memory. sallyport-call-load places and answers them,
over UDP and over TLS with persistent connections, with SDES keys on both legs; keys are expanded and streams installed,
no media are sent. Prints rows as Google Benchmark does.

Makes a network namespace and removes it. The control thread and the generator have a core each; the worker, which has
no packets, shares the generator's.
"""
import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from gateway_runs import begin, print_rows, row

# gateway_runs says where the laboratory is.
from lib.gateway import Gateway
from lib.lab import Lab, program
from lib.pki import Authority
from lib.process import Failure, wait_until

GATEWAY, CALLERS, CALLEE = "127.0.0.1", "127.0.0.2", "127.0.0.3"
SIP = {"udp": 5060, "tls": 5061}
SUITE = "AES_CM_128_HMAC_SHA1_80"
#: Calls a second to be tried: the highest without a failure counts.
RATES = (4500, 4000, 3500, 3000, 2500, 2000, 1500, 1000, 500, 250)
MOST_UP = 20_000


class CallLab(Lab):
    """The gateway's namespace, in which everybody speaks over the loopback."""

    def _lay_out(self):
        self.gw = self._namespace("gw")


def sections(lab, transport, authority):
    site = {
        "log": {"level": "warning"},
        "workers": {"cores": max(os.sched_getaffinity(0)), "idle_sleep_us": 1000},
        "memory": {"size_mb": 1024, "max_streams": 5 * MOST_UP},
        "control": {"socket": lab.path("control.sock")},
        "sip": {"listen": f"{transport}:{GATEWAY}:{SIP[transport]}", "max_calls": 2 * MOST_UP},
        "route.all": {"number": "1*", "to": "trunk:callee"},
    }
    for name, address in (("left", "192.0.2.1"), ("right", "198.51.100.1")):
        site[f"port.{name}"] = {"device": f"memif:{lab.path(name)}", "kernel_path": "none", "address": f"{address}/24", "media_ports": "10000-65535",
                                 "neighbour": [f"{CALLERS} 02:00:00:00:00:02", f"{CALLEE} 02:00:00:00:00:03"]}
    for name, port, target in (("callers", "left", f"{CALLERS}:5070"), ("callee", "right", f"{CALLEE}:5080")):
        trunk = {"target": f"{transport}:{target}", "port": port, "keep_alive": 0, "srtp": "required"}
        if transport == "tls":
            trunk |= {"security": "encrypted", "certificate_name": "load"}
        else:
            trunk |= {"sdes_insecure_ok": "yes"}
        site[f"trunk.{name}"] = trunk
    if transport == "tls":
        site["tls"] = {"ciphers": "medium_ecdsa", "folder": lab.path("tls"), "trust": authority.ca}
    return site


def control_seconds(pid):
    """User and system time of the process's first thread, which is the control thread (proc(5))."""
    fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise Failure(f"process {pid} says nothing of its memory")


class Site:
    """A gateway with its two trunks, on a core of its own."""

    def __init__(self, lab, transport):
        self.lab, self.transport = lab, transport
        authority = Authority(lab.path("pki"))
        self.certificate = authority.issue("load") if transport == "tls" else None
        self.gateway = Gateway(lab, sections(lab, transport, authority)).start()
        self.pid = self.gateway.process.pid
        os.sched_setaffinity(self.pid, {min(os.sched_getaffinity(0))})

    def load(self, rate, calls, hold=0, seconds=120):
        """The generator, started."""
        argv = [program("sallyport-call-load"), "--transport", self.transport, "--gateway",
                f"{GATEWAY}:{SIP[self.transport]}", "--from", f"{CALLERS}:5070", "--answer", f"{CALLEE}:5080", "--suite",
                SUITE, "--rate", rate, "--calls", calls, "--hold", hold, "--connections", 16, "--patience", 8000]
        if self.certificate:
            argv += ["--certificate", self.certificate, "--key", self.certificate]
        argv = ["taskset", "-c", max(os.sched_getaffinity(0)), "timeout", seconds, *argv]
        return subprocess.Popen(list(map(str, self.lab.gw.command(*argv))), stdout=subprocess.PIPE, text=True)

    def run(self, rate, calls, hold=0):
        """What became of that many calls."""
        output, _ = self.load(rate, calls, hold).communicate()
        if not output:
            raise Failure("the generator said nothing")
        return json.loads(output)


    def calls_up(self):
        return self.gateway.json("status")["sip"]["calls"]


def problem(verdict, rate):
    """Why a run does not count; empty if it does."""
    if verdict["failed"]:
        return ", ".join(f"{count} calls: {why}" for why, count in verdict["failed"].items())
    if verdict["placed_per_second"] < 0.97 * rate:
        return f"only {verdict['placed_per_second']:.0f} calls/s could be placed"
    # Calls that pile up would fail a moment later.
    if verdict["setup_ms"]["p99"] > 1000:
        return f"setup takes {verdict['setup_ms']['p99']:.0f} ms"
    return ""


def highest_rate(site, seconds):
    for rate in RATES:
        verdict = site.run(rate, int(rate * seconds))
        why = problem(verdict, rate)
        print(f"{site.transport}, {rate} calls/s: {why or 'held'}", file=sys.stderr)
        if not why:
            return rate
        wait_until(lambda: not site.calls_up(), 90, "the calls of the last run are over")
    return 0


def measure(lab, transport, options):
    site = Site(lab, transport)
    site.run(500, 500)  # whatever is made once
    rate = highest_rate(site, options.seconds)
    rows = [row("call_rate", {"value": rate, "label": "calls/s held"}, over=transport)]
    if rate:
        calls = int(rate * options.seconds)
        before = control_seconds(site.pid)
        site.run(rate, calls)
        cost = (control_seconds(site.pid) - before) / calls
        rows.append(row("call_cost", {"value": 1e6 * cost, "label": "us/call, control thread"}, over=transport))
        at_half = site.run(rate / 2, int(rate / 2 * options.seconds))["setup_ms"]
        for part in ("p50", "p99"):
            rows.append(row("call_setup", {"value": at_half[part], "label": "ms"}, over=transport, load="half", at=part))
    rows += memory_rows(site, options.calls, (rate or 500) / 2)
    return rows


def memory_rows(site, calls, rate):
    before = resident_bytes(site.pid)
    load = site.load(rate, calls, hold=int(1000 * (calls / rate + 3)), seconds=300)
    try:
        wait_until(lambda: site.calls_up() >= calls or load.poll() is not None, 200,
                   "all calls are up", 0.5)
        time.sleep(0.5)
        each = (resident_bytes(site.pid) - before) / calls
    finally:
        output, _ = load.communicate()
    verdict = json.loads(output)
    if verdict["failed"] or verdict["most_up"] < calls:
        print(f"absent: {calls} calls up over {site.transport}: {verdict['failed']}", file=sys.stderr)
        return []
    return [row("call_memory", {"value": each / 1024, "label": "KiB/call, process"}, over=site.transport, calls=calls)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4, help="of each rate that is tried")
    parser.add_argument("--calls", type=int, default=MOST_UP, help="that are up at once, for their memory")
    parser.add_argument("--transport", action="append", choices=sorted(SIP), help="only this one")
    parser.add_argument("--benchmark_format", help="json is the only one")
    options = parser.parse_args()
    begin("calls_bench")
    found = []
    for transport in options.transport or sorted(SIP):
        try:
            with CallLab() as lab:
                found += measure(lab, transport, options)
        except Failure as failure:
            print(f"absent: calls over {transport}: {failure}", file=sys.stderr)
    print_rows(found)


if __name__ == "__main__":
    main()
