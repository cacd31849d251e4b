#!/usr/bin/env python3
"""Soak: half a minute, or ten (`./run test --long`), at 80 % of what this machine holds, with two percent of bad
packets of every kind, while other sessions come, speak and go (requirements M1, M4, M5, O1). Every packet is accounted for,
each drop has the reason that it should have, memory is flat, and no packet buffer is left behind."""
import json
import os
import statistics
import time
from collections import Counter
from pathlib import Path

from lib.gateway import Gateway, render, two_workers
from lib.lab import Lab, missing, program
from lib.process import Failure
from lib.tap import main

SECONDS = 600 if os.environ.get("SALLYPORT_LONG") else 30
CM80, GCM128, GCM256 = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"
STREAMS = 128
#: Packets per second in each direction: what the search tries, and what is offered where it finds nothing.
LOWEST, HIGHEST = 1000, 150000
LOAD_SHARE = 0.8
EACH_KIND = 0.4     # percent
#: What is done on purpose, and the reason under which the gateway has to drop it.
BAD = {"sent_twice": "replayed", "bad_tags": "auth_failed", "malformed": "not_rtp"}
#: Drops that only say that the machine is too slow for the rate.
OVERLOAD = {"tx_full", "hand_over_full"}
#: Findings of the judge that no slow machine excuses.
WRONG = ("wrong_payload", "wrong_header", "extra_copies", "disorder", "unauthentic", "wrong_source", "unexpected",
         "reports_wrong")
LOSS = ("lost", "late", "reports_lost")
#: Packets of a session that comes and goes, in each direction.
CALL_PACKETS, CALL_STREAMS, CALL_RATE = 50, 4, 400
#: The least that Linux can give; beyond warm-up nothing should need memory at all.
RSS_ALLOWANCE_KB = 1024


class SoakLab(Lab):
    """No network: the generators are at memif sockets."""

    def _lay_out(self):
        self.gw = self._namespace("gw")


class Streams:
    """A set of streams with keys of their own, and the generator that speaks and listens at both of their ends."""

    def __init__(self, lab, name, first_port, count, suites, ports):
        self.lab, self.folder = lab, lab.path(name)
        (a, a_net), (b, b_net) = ports
        links = ["--link", f"memif:{lab.path(a)}.sock", "--mac", f"02:00:00:00:{a_net:02x}:02",
                 "--peer-mac", f"02:00:00:00:{a_net:02x}:01"]
        if a != b:
            links += ["--sink-link", f"memif:{lab.path(b)}.sock", "--sink-mac", f"02:00:00:00:{b_net:02x}:02",
                      "--sink-peer-mac", f"02:00:00:00:{b_net:02x}:01"]
        emitted = self._start("emit", "--emit-config", self.folder, "--streams", count, "--rtcp", "pair",
                              "--from", f"10.{a_net}.0.2:{first_port}", "--to", f"10.{a_net}.0.1:{first_port}",
                              "--sink", f"10.{b_net}.0.3:{first_port}",
                              "--sink-from", f"10.{b_net}.0.1:{first_port + 2}", "--port-step", 4, "--suite", suites[0], "--sink-suite", suites[1], *links)
        if emitted.wait(20) != 0:
            raise Failure(f"--emit-config: {emitted.tail()}")
        self.sections = (self.folder / "streams.conf").read_text().replace("[stream.load", f"[stream.{name}-")

    def _start(self, what, *options):
        return self.lab.start(self.lab.gw, what, list(map(str, [program("sallyport-load"), *options])))

    def load(self, *options):
        """The generator, started."""
        return self._start("load", "--config", self.folder / "load.conf", "--bidirectional", "--engine", "ipsec_mb",
                           "--json", "--late", 10000, *options)


def port_section(lab, name, net):
    return {"device": f"memif:{lab.path(name)}.sock", "kernel_path": "none", "mac": f"02:00:00:00:{net:02x}:01",
            "address": f"10.{net}.0.1/24",
            "neighbour": [f"10.{net}.0.{host} 02:00:00:00:{net:02x}:02" for host in (2, 3)]}


PORTS = {"west": 1, "east": 2, "calls": 3}


class Soak:
    """The gateway, the sets of streams that it has at a time, and what is observed of it."""

    def __init__(self, lab):
        self.lab = lab
        sections = {"workers": two_workers(), "memory": {"size_mb": 256}, "control": {"socket": lab.path("control.sock")},
                    **{f"port.{name}": port_section(lab, name, net) for name, net in PORTS.items()}}
        self.common = render(sections)
        self.gateway = Gateway(lab, sections)

    def use(self, *sets):
        """These sets of streams and no others, by a reload."""
        fresh = self.lab.secret("gateway.conf.new", self.common + "\n".join(one.sections for one in sets))
        os.rename(fresh, self.gateway.config)
        done = self.gateway.ask("reload", timeout=30)
        if done.returncode != 0:
            raise Failure(f"reload: {done.stderr}")

    def resident_kb(self):
        status = Path(f"/proc/{self.gateway.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def buffers(self):
        return sum(pool["in_use"] for pool in self.gateway.json("status")["packet_buffers"])

    def counters(self):
        """Sums over workers and ports, once nothing moves any more."""
        before = None
        for _ in range(100):
            now = self._sums()
            if now == before:
                return now
            before = now
            time.sleep(0.2)
        raise Failure(f"packets move although nobody sends: {before}")

    def _sums(self):
        sums, workers = Counter(), self.gateway.json("stats")["workers"]
        for worker in workers:
            sums.update({key: worker[key] for key in ("rx", "tx", "from_kernel", "generated", "handed_in", "handed_out",
                                                      "punted", "consumed", "parked", "resumed", "dropped")})
            sums.update({f"drop {reason}": count for reason, count in worker["drops"].items()})
            sums["unbalanced"] += not worker["balanced"]
        for port in self.gateway.json("status")["ports"]:
            sums.update({f"{key} {port['name']}": port[key] for key in ("rx", "tx", "refused", "missed")})
        return sums


def findings(process, seconds, what):
    status = process.wait(seconds)
    if status not in (0, 1):
        raise Failure(f"{what}: {process.tail()}" if status is not None else f"{what}: no end after {seconds:g} s")
    return json.loads(process.output())


def total(reports, names):
    return sum(direction[name] for report in reports for direction in report["directions"] for name in names)


def sustained_rate(tap, soak):
    """What the machine holds, packets per second in each direction, by a short search with streams of its own."""
    streams = Streams(soak.lab, "search", 20000, STREAMS, (CM80, GCM128), list(PORTS.items())[:2])
    soak.use(streams)
    found = findings(streams.load("--find-rate", f"{LOWEST}-{HIGHEST}", "--duration", 1, "--resolution", 15,
                                  "--allowed-loss", 0.1), 120, "the search for a rate")
    rate = found["pps"] or LOWEST / LOAD_SHARE
    tap.note(f"this machine holds {rate:.0f} packets/s in each direction now; {LOAD_SHARE:.0%} of that is offered")
    return rate * LOAD_SHARE


def calls_come_and_go(soak, streams, load, deadline):
    """Short sessions beside the load until it ends. What their judges found, and samples of the gateway's memory."""
    reports, samples, call = [], [], None
    while load.running():
        if time.monotonic() > deadline:
            raise Failure("the generator does not end")
        number = len(reports)
        call = Streams(soak.lab, f"call{number}", 30000 + number % 8 * 100, CALL_STREAMS, ("RTP", GCM256),
                       [("calls", PORTS["calls"])] * 2)
        soak.use(streams, call)
        judged = call.load("--packets", CALL_PACKETS, "--pps", CALL_RATE, "--settle", 3000)
        reports.append(findings(judged, 60, "a session beside the load"))
        samples.append((time.monotonic(), soak.resident_kb(), soak.buffers()))
    soak.use(streams)
    return reports, samples


def check_identity(tap, change, reports):
    """`change`: of the gateway's counters, while the generators offered what `reports` say."""
    offered = total(reports, ["offered", "sent_twice", "reports_offered"]) - total(reports, ["withheld"])
    came_back = (total(reports, ["received", "reports_right", "reports_wrong"]) +
                 sum(report["own_missed"] + report["foreign_frames"] for report in reports))
    tap.equal(change["rx"], offered, f"each of {offered} packets that were sent was received")
    tap.equal(change["rx"] + change["from_kernel"] + change["generated"] + change["resumed"],
              change["tx"] + change["punted"] + change["consumed"] + change["parked"] + change["dropped"],
              "what was received is sent, or dropped for a reason")
    tap.equal(change["tx"], came_back, f"each of {change['tx']} packets that were sent arrived at the judge")
    tap.equal(change["handed_in"], change["handed_out"], "what a worker handed over, another one took")
    tap.equal(change["unbalanced"], 0, "no worker ever found its accounts out of balance")
    by_reason = sum(count for name, count in change.items() if name.startswith("drop "))
    tap.equal(by_reason, change["dropped"], "no drop is without a reason")


def check_drops(tap, change, reports):
    """The reasons that they should have; what overload took is said, and is all that the judge misses."""
    drops = {name.removeprefix("drop "): count for name, count in change.items() if name.startswith("drop ") and count}
    overload = sum(drops.get(reason, 0) for reason in OVERLOAD)
    for finding, reason in BAD.items():
        meant, seen = total(reports, [finding]), drops.get(reason, 0)
        tap.ok(0 < meant and meant - drops.get("hand_over_full", 0) <= seen <= meant,
               f"{meant} packets {finding.replace('_', ' ')} on purpose are dropped as {reason}", drops)
    tap.equal(sorted(set(drops) - OVERLOAD - set(BAD.values())), [], "no packet was dropped for another reason")
    lost = total(reports, LOSS)
    excused = overload + sum(report["own_missed"] for report in reports)
    excused += sum(change[f"missed {port}"] for port in PORTS)
    if lost:
        tap.note(f"this machine was too slow: {lost} packets lost, {overload} of them dropped by the gateway as "
                 f"{' or '.join(sorted(OVERLOAD & set(drops)))}")
    tap.ok(lost <= excused, "nothing is lost that was not counted as the machine being too slow",
           f"lost {lost}, counted {excused}")


def check_memory(tap, samples, before, after):
    third = len(samples) // 3
    warm, late = samples[third:2 * third], samples[2 * third:]
    if not warm:
        raise Failure(f"only {len(samples)} samples of memory: expected 3 at least")
    resident = [statistics.median(sample[1] for sample in part) for part in (warm, late)]
    buffers = [statistics.median(sample[2] for sample in part) for part in (warm, late)]
    tap.note(f"resident memory {resident[0] / 1024:.1f} MiB, then {resident[1] / 1024:.1f} MiB; packet buffers in use "
             f"{buffers[0]:.0f}, then {buffers[1]:.0f}")
    tap.ok(resident[1] - resident[0] <= RSS_ALLOWANCE_KB, "resident memory is flat", [sample[1] for sample in samples])
    tap.ok(buffers[1] <= buffers[0] + 1024, "so is the number of packet buffers in use",
           [sample[2] for sample in samples])
    tap.equal(after, before, "every packet buffer came back")


def soak(tap):
    """Soak"""
    with SoakLab() as lab:
        run = Soak(lab)
        run.gateway.start()
        rate = sustained_rate(tap, run)
        streams = Streams(lab, "soak", 20000 + 4 * STREAMS, STREAMS, (CM80, GCM128), list(PORTS.items())[:2])
        run.use(streams)
        before = run.counters()
        buffers_before = run.buffers()
        kinds = [word for kind in ("loss", "duplicate", "reorder", "bad-tag", "malformed")
                 for word in (f"--{kind}", EACH_KIND)]
        load = streams.load("--pps", f"{rate:.0f}", "--duration", SECONDS, "--settle", 5000, *kinds)
        calls, samples = calls_come_and_go(run, streams, load, time.monotonic() + 2 * SECONDS + 60)
        judged = findings(load, 1, "the generator")
        after = run.counters()
        change = Counter({name: after[name] - before[name] for name in after})
        reports = [judged, *calls]
        tap.note(f"{judged['seconds']:.0f} s at {judged['offered_pps']:.0f} packets/s in each direction (asked for "
                 f"{judged['asked_pps']:.0f}); {len(calls)} times {CALL_STREAMS} sessions came and went")
        wrong = {name: total(reports, [name]) for name in WRONG if total(reports, [name])}
        tap.ok(not wrong and total(reports, ["right"]) > 0,
               f"{total(reports, ['right'])} packets came back decrypted right, none wrong", wrong)
        check_identity(tap, change, reports)
        check_drops(tap, change, reports)
        check_memory(tap, samples, buffers_before, run.buffers())
        status, _ = run.gateway.stop()
        tap.equal(status, 0, "the gateway ends in order")


if __name__ == "__main__":
    main([soak], missing())
