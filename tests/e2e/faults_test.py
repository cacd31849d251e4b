#!/usr/bin/env python3
"""Faults of ports and packet buffers (requirement O1): a link goes down and up, an interface is removed, a port takes
nothing more, packet buffers run out. Each is counted, said in the log and by `sallyport status`, hurts nothing else,
and all but the removed interface recover by themselves."""
import ctypes
import os
import re
import signal
import time
from contextlib import ExitStack, closing, contextmanager

from lib.capture import Capture
from lib.gateway import Gateway, two_workers
from lib.lab import Lab, missing, program
from lib.process import Failure, Process, wait_until
from lib.streams import Streams
from lib.tap import main

SETTLES = 10  # seconds: nothing here takes one


def port(gateway, name):
    return next(one for one in gateway.json("status")["ports"] if one["name"] == name)


def warned(gateway, words):
    return any(words in warning for warning in gateway.json("status")["warnings"])


class Talk:
    """Both parties of the lab's one stream, and what each heard."""

    def __init__(self, lab, streams, stack):
        self.plain = stack.enter_context(closing(streams.plain_flow(0)))
        self.secure = stack.enter_context(closing(streams.secure_flow(0, streams.protector(stack, 0))))
        self.at_plain = Capture(lab, lab.rtp.namespace, "eth0", "at-plain")
        self.at_secure = Capture(lab, lab.srtp.namespace, "eth0", "at-secure")

    def heard(self):
        return len(self.at_plain.datagrams(30000)), len(self.at_secure.datagrams(30000))

    def say(self, *flows, count=20):
        """Each of the flows sends; one whose own link is down may fail."""
        for _ in range(count):
            for flow in flows or (self.plain, self.secure):
                try:
                    flow.send()
                except OSError:
                    pass
            time.sleep(0.005)

    def flows_both_ways(self):
        def both():
            before = self.heard()
            self.say(count=5)
            time.sleep(0.05)
            return all(now > then for now, then in zip(self.heard(), before))
        wait_until(both, SETTLES, "media flows both ways", 0.1)
        return True


@contextmanager
def one_stream(mode):
    """The lab with one stream. Linux does not forget the next hops of a cable that was pulled, and queues are short: a
    port whose link is down is sent to all the same, and soon full."""
    with Lab() as lab:
        streams = Streams(lab, 1)
        for side in (lab.rtp, lab.srtp):
            mac = re.search(r"link/ether (\S+)", side.namespace.ip("link", "show", "eth0")).group(1)
            lab.gw.ip("neighbour", "replace", side.client, "lladdr", mac, "nud", "permanent", "dev", side.port)
            streams.sections[f"port.{side.port}"].update(mode=mode, descriptors=64)
        gateway = Gateway(lab, streams.sections).start()
        gateway.wait_for_next_hops()
        yield lab, streams, gateway


def link_down_and_up(tap):
    """A link goes down and up"""
    for mode in ("af_xdp", "af_packet"):
        for where in ("gateway", "party"):
            with one_stream(mode) as (lab, streams, gateway), ExitStack() as stack:
                talk = Talk(lab, streams, stack)
                what = f"{mode}, link down at the {where}"
                tap.ok(talk.flows_both_ways(), f"{what}: media flows")
                space, interface = (lab.gw, "rtp0") if where == "gateway" else (lab.rtp.namespace, "eth0")
                space.ip("link", "set", interface, "down")
                gateway.wait_for_log("port rtp0: the link of rtp0 is down", SETTLES)
                tap.ok(port(gateway, "rtp0")["link"] == "down" and port(gateway, "srtp0")["link"] == "up" and
                       warned(gateway, "the link of rtp0 is down"), f"{what}: status says so", gateway.json("status"))
                talk.say(talk.secure, count=200)  # towards the link that is down
                received = gateway.sides("s0")["b"]["received"]
                wait_until(lambda: gateway.sides("s0")["b"]["received"] >= 200, SETTLES,
                           f"{what}: what comes from the other port is taken all the same (now {received})")
                space.ip("link", "set", interface, "up")
                gateway.wait_for_log("port rtp0: the link of rtp0 is up again", SETTLES)
                tap.ok(talk.flows_both_ways(), f"{what}: media flows again")
                wait_until(lambda: not warned(gateway, "rtp0"), SETTLES, "status is content", 0.1)
                row = port(gateway, "rtp0")
                tap.ok(row["link"] == "up" and row["link_downs"] == 1,
                       f"{what}: and status is content", gateway.json("status"))
                tap.ok(gateway.balanced(), f"{what}: every packet is accounted for", gateway.json("stats"))


def removed_interface(tap):
    """An interface is removed"""
    for mode in ("af_xdp", "af_packet"):
        with one_stream(mode) as (lab, streams, gateway), ExitStack() as stack:
            talk = Talk(lab, streams, stack)
            talk.flows_both_ways()
            lab.gw.ip("link", "delete", "rtp0")
            gateway.wait_for_log("port rtp0: rtp0 was removed", SETTLES)
            tap.ok(port(gateway, "rtp0")["link"] == "gone" and warned(gateway, "was removed"),
                   f"{mode}: status says that the interface is gone", gateway.json("status"))
            before = gateway.sides("s0")["b"]["received"]
            talk.say(talk.secure, count=100)
            wait_until(lambda: gateway.sides("s0")["b"]["received"] >= before + 100, SETTLES, "the other port works on")
            tap.ok(gateway.balanced(), f"{mode}: the other port works on, every packet is accounted for",
                   gateway.json("stats"))
            status, _ = gateway.stop()
            tap.equal(status, 0, f"{mode}: the gateway ends in order")


class MemifLab(Lab):
    """A gateway between two memif sockets; the far party's addresses are there for sockets that hear nothing."""

    def _lay_out(self):
        self.gw = self._namespace("gw")
        self.gw.address("lo", "10.2.0.2/32")

    def generator(self, name, *options):
        return self.start(self.gw, name, list(map(str, [program("sallyport-load"), *options])))

    def emit(self, name, *options):
        emitted = self.generator("emit", "--emit-config", self.path(name), *options)
        if emitted.wait(20) != 0:
            raise Failure(f"--emit-config: {emitted.tail()}")
        return (self.path(name) / "streams.conf").read_text().replace("[stream.load", f"[stream.{name}-")

    def link(self, name, net, prefix=""):
        return [f"--{prefix}link", f"memif:{self.path(name)}.sock", f"--{prefix}mac", f"02:00:00:00:{net:02x}:02",
                f"--{prefix}peer-mac", f"02:00:00:00:{net:02x}:01"]

    def port(self, name, net):
        return {"device": f"memif:{self.path(name)}.sock", "kernel_path": "none", "mac": f"02:00:00:00:{net:02x}:01",
                "address": f"10.{net}.0.1/24",
                "neighbour": [f"10.{net}.0.{host} 02:00:00:00:{net:02x}:02" for host in (2, 3)]}

    def gateway(self, streams, **memory):
        sections = {"workers": two_workers(), "memory": {"size_mb": 256, **memory},
                    "control": {"socket": self.path("control.sock")},
                    "port.west": self.port("west", 1), "port.east": self.port("east", 2)}
        gateway = Gateway(self, sections)
        self.secret(gateway.config.name, gateway.config.read_text() + streams)
        return gateway.start()


def stopped_peer(tap):
    """A port's other end stops without a word"""
    with MemifLab() as lab:
        east = lab.link("east", 2)
        idle = lab.emit("idle", "--streams", 1, "--from", "10.2.0.2:31000", "--to", "10.2.0.1:31000",
                        "--sink", "10.2.0.3:31002", "--sink-from", "10.2.0.1:31002", *east)
        busy = lab.emit("busy", "--streams", 16, "--from", "10.1.0.2:32000", "--to", "10.1.0.1:32000",
                        "--sink", "10.2.0.2:32000", "--sink-from", "10.2.0.1:32000", *lab.link("west", 1))
        config = lab.path("busy") / "load.conf"
        lines = config.read_text().splitlines(True)
        config.write_text("".join(line for line in lines if not line.startswith("sink-link")))
        gateway = lab.gateway(idle + busy)
        peer = lab.generator("peer", "--config", lab.path("idle") / "load.conf", "--duration", 120, "--pps", 200)
        wait_until(lambda: port(gateway, "east")["link"] == "up", SETTLES, "the peer is there", 0.1)
        sender = lab.generator("sender", "--config", config, "--sink-link", "udp", "--duration", 120, "--pps", 8000)
        wait_until(lambda: port(gateway, "east")["tx"] > 2000, SETTLES, "media flows", 0.1)
        tap.equal(port(gateway, "east")["refused"], 0, "a peer that takes packets has them all")
        peer.popen.send_signal(signal.SIGSTOP)
        gateway.wait_for_log("port east does not take all packets", SETTLES)
        row = port(gateway, "east")
        tap.ok(row["refused"] > 0 and warned(gateway, "port east does not take all packets"),
               "a peer that stops: packets are counted as not taken, and status says so", row)
        tap.equal(port(gateway, "west")["refused"], 0, "the other port has nothing to do with it")
        peer.popen.send_signal(signal.SIGCONT)
        gateway.wait_for_log("port east takes packets again", 3 * SETTLES)
        sent = port(gateway, "east")["tx"]
        wait_until(lambda: port(gateway, "east")["tx"] > sent + 2000, SETTLES, "media flows again", 0.1)
        tap.ok(not warned(gateway, "port east"), "the peer goes on: so does media, without a restart", gateway.log())
        for process in (sender, peer):
            process.stop(signal.SIGINT)
        drops = sum(worker["drops"].get("tx_full", 0) for worker in gateway.json("stats")["workers"])
        refused = sum(one["refused"] for one in gateway.json("status")["ports"])
        tap.ok(drops == refused and gateway.balanced(), "every packet is accounted for, by port as well",
               gateway.json("stats"))


#: <sys/ptrace.h>
_PTRACE_SEIZE, _PTRACE_INTERRUPT, _PTRACE_DETACH, _WALL = 0x4206, 0x4207, 17, 0x40000000


def worker_thread(process: Process, number):
    """The thread of a worker; DPDK counts the main thread as its first."""
    for task in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{task}/comm", encoding="ascii") as name:
            if name.read().strip().endswith(f"worker-{number + 1}"):
                return int(task)
    raise Failure(f"no thread of worker {number}")


@contextmanager
def frozen(thread):
    """A thread that gets no processor for the length of the block, as on a host that is badly overloaded."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long

    def ptrace(request):
        if libc.ptrace(request, thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    ptrace(_PTRACE_SEIZE)
    ptrace(_PTRACE_INTERRUPT)
    os.waitpid(thread, _WALL)
    try:
        yield
    finally:
        ptrace(_PTRACE_DETACH)


def no_buffers(tap):
    """Packet buffers run out"""
    if len(os.sched_getaffinity(0)) < 2:
        tap.skip("packet buffers run out", "one core has one worker, and nothing to hand over")
        return
    with MemifLab() as lab:
        # Ports 2 and 3 modulo 4 are the second of two workers': all of it is handed over.
        streams = lab.emit("all", "--streams", 16, "--from", "10.1.0.2:32000", "--to", "10.1.0.1:32002",
                           "--sink", "10.2.0.2:32000", "--sink-from", "10.2.0.1:32002", "--port-step", 4,
                           *lab.link("west", 1), *lab.link("east", 2, "sink-"))
        gateway = lab.gateway(streams, mbufs=2047)
        lab.generator("load", "--config", lab.path("all") / "load.conf", "--duration", 120, "--pps", 8000)
        wait_until(lambda: port(gateway, "east")["tx"] > 2000, SETTLES, "media flows", 0.1)
        with ExitStack() as stack:
            try:
                stack.enter_context(frozen(worker_thread(gateway.process, 1)))
            except PermissionError as refused:
                tap.skip("packet buffers run out", f"no worker can be held: {refused}")
                return
            gateway.wait_for_log("the packet buffers are used up", SETTLES)
            status = gateway.json("status")
            pool = status["packet_buffers"][0]
            tap.ok(pool["in_use"] > 2047 - 64 and pool["times_used_up"] == 1 and
                   warned(gateway, "packet buffers are used up"),
                   "one of two workers stands still: status says that no packet buffer is left", status)
        gateway.wait_for_log("there are packet buffers again", SETTLES)
        sent = port(gateway, "east")["tx"]
        wait_until(lambda: port(gateway, "east")["tx"] > sent + 2000, SETTLES, "media flows again", 0.1)
        wait_until(lambda: not gateway.json("status")["warnings"], SETTLES, "status is content", 0.2)
        tap.ok(gateway.balanced(), "media flows again, every packet is accounted for", gateway.json("stats"))


if __name__ == "__main__":
    main([link_down_and_up, removed_interface, stopped_peer, no_buffers], missing())
