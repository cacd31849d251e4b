#!/usr/bin/env python3
"""Proof of the kernel path, end to end: kernel_path_test.py PROGRAM [CASE...]

PROGRAM is sallyportd. In every case one port carries, all at once and over IPv4 and IPv6: ping, TLS
downloads and uploads of 20 MB, media, and a UDP service of Linux's own; with no duplicate, no ICMP error and no stalled
connection. Then the gateway is killed and must leave nothing that its successor cannot remove.
Exit status: 0 all cases passed, 1 what differed is printed, 77 cannot run here (the reason is printed).
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import traceback

from kernel_path_gateway import Gateway, Port
from kernel_path_lab import GATEWAY, PEER, SKIPPED, WIRE, Failure, Lab, expect, wait_for

TRAFFIC = pathlib.Path(__file__).with_name("kernel_path_traffic.py")
RESERVED = "/proc/sys/net/ipv4/ip_local_reserved_ports"
PEER_ADDRESSES = ["10.9.0.1/24", "fd09::1/64"]
OWN_ADDRESSES = ["10.9.0.2/24", "fd09::2/64"]
PEERS = ["10.9.0.1", "fd09::1"]
PORT_ADDRESSES = [address.split("/")[0] for address in OWN_ADDRESSES]
TAP = "sp-lab"


class Case:
    """A form of the kernel path: how the cable is laid, what the gateway is told, what is gone at the end."""

    roles = (PEER, GATEWAY)
    wanted = ""  # what the gateway must say about its port
    fragments = True  # whether the cable carries them

    def lay_cable(self, lab):
        """Before the gateway: namespaces, interfaces."""

    def plug_in(self, lab):
        """After the gateway: the far end that needs it."""

    def port(self, lab):
        raise NotImplementedError

    def traces(self, lab):
        """What is left of a gateway in the kernel; empty after an orderly end."""
        found = [line for line in lab.run(GATEWAY, "nft", "list", "tables").splitlines() if line]
        reserved = lab.run(GATEWAY, "cat", RESERVED).strip()
        found += [f"reserved ports {reserved}"] if reserved != "8080" else []
        prefix = f"{lab.namespace_cookie(GATEWAY)}-"
        found += [path.name for path in pathlib.Path("/run/sallyport").glob(prefix + "*")]
        links = lab.run(GATEWAY, "ip", "-o", "link")
        found += ["an XDP program"] if "xdp" in links else []
        found += [f"interface {TAP}"] if TAP in links else []
        return found


class Shared(Case):
    """A Linux interface; offloads of the veth stay as they are, on."""

    def __init__(self, mode, wanted):
        self.mode, self.wanted = mode, wanted

    def lay_cable(self, lab):
        lab.veth(PEER, "wan", GATEWAY, "lan")
        lab.address(PEER, "wan", *PEER_ADDRESSES)
        lab.address(GATEWAY, "lan", *OWN_ADDRESSES)

    def port(self, lab):
        return Port("linux", "lan", OWN_ADDRESSES, mode=self.mode)


class SharedFallback(Shared):
    """An interface that AF_XDP cannot have with one worker, since it spreads what it receives over two queues."""

    def __init__(self):
        super().__init__("auto", "because AF_XDP failed: port")

    def lay_cable(self, lab):
        super().lay_cable(lab)
        lab.run(GATEWAY, "ethtool", "-L", "lan", "rx", "2")


class Tap(Case):
    """A memif port, which Linux does not see; another process bridges it to a TAP of the peer's."""

    wanted = "memif server"

    def port(self, lab):
        return Port("memif", lab.folder / "memif.sock", OWN_ADDRESSES, tap=TAP)

    def plug_in(self, lab):
        self.bridge(lab, PEER, "net_tap0,iface=wan")
        lab.address(PEER, "wan", *PEER_ADDRESSES)

    def bridge(self, lab, role, device):
        prefix = f"spbridge{os.getpid()}"
        lab.litter.append(f"/var/run/dpdk/{prefix}")
        lab.bridge = lab.start(role, "dpdk-testpmd", "--lcores=0@(0-1),1@(0-1)", "--no-huge", "--no-shconf", "-m", "128",
                               "--no-pci", "--no-telemetry", f"--file-prefix={prefix}",
                               f"--vdev=net_memif0,role=client,socket={lab.folder}/memif.sock,socket-abstract=no,"
                               "rsize=12",
                               f"--vdev={device}", "--", "--forward-mode=io", "--auto-start", "--total-num-mbufs=8192",
                               "--no-mlockall", log="bridge.log")
        wait_for("bridge forwarding", lambda: "start packet forwarding" in lab.log("bridge.log") or
                 "io packet forwarding" in lab.log("bridge.log"), 15)
        time.sleep(0.5)  # the two ends of the memif find each other

    def unplug(self, lab):
        lab.bridge.kill()
        lab.bridge.wait(5)


class TapUnfinished(Tap):
    """The same, but the peer leaves its checksums to hardware that is not there: a packet socket takes them as they are."""

    roles = (PEER, WIRE, GATEWAY)
    fragments = False  # the bridge's packet socket reassembles them into what no Ethernet frame can hold

    def lay_cable(self, lab):
        lab.run(WIRE, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
        lab.veth(PEER, "wan", WIRE, "wire")
        lab.address(PEER, "wan", *PEER_ADDRESSES)
        # Checksum offload stays on. Super frames of 64 KB would not fit through a packet socket: that is the lab's limit.
        lab.run(PEER, "ethtool", "-K", "wan", "tso", "off", "gso", "off")

    def plug_in(self, lab):
        self.bridge(lab, WIRE, "net_af_packet0,iface=wire,framecnt=8192")


CASES = {
    "shared-af_xdp": lambda: Shared("auto", "af_xdp on lan with own program, 1 queue"),
    "shared-af_packet": lambda: Shared("af_packet", "af_packet on lan, 1 queue"),
    "shared-fallback": SharedFallback,
    "tap": Tap,
    "tap-unfinished-checksums": TapUnfinished,
}


def start_servers(lab):
    certificate, key = lab.folder / "cert.pem", lab.folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=lab", "-days", "2", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=20)
    lab.start(GATEWAY, TRAFFIC, "serve", certificate, key, *PORT_ADDRESSES, log="servers.log")
    wait_for("servers", lambda: "SERVING" in lab.log("servers.log"), 10)


def pass_traffic(lab, gateway, fragments):
    plan = {"addresses": {address: gateway.legs() for address in PORT_ADDRESSES}, "peers": dict(zip(PORT_ADDRESSES, PEERS)), "media": 150,
            "pings": 20, "unused_port": 25000, "fragments": fragments}
    before = {role: lab.icmp_errors(role) for role in (PEER, GATEWAY)}
    report = json.loads(lab.run(PEER, TRAFFIC, "load", json.dumps(plan), timeout=90))
    for name, figures in report.items():
        print(f"    {name}: {', '.join(f'{key} {value}' for key, value in figures.items())}")
    wrong = [f"{name}: {figures['error']}" for name, figures in report.items() if "error" in figures]
    for role, counters in before.items():
        after = lab.icmp_errors(role)
        wrong += [f"{role}: {name} went from {value} to {after[name]}" for name, value in counters.items()
                  if after[name] != value]
    expect(not wrong, "\n    ".join(wrong))


def check_one_gateway_per_port(lab, program, case):
    words = Gateway(lab, program, case.port(lab), PEERS).refused()
    expect("in use by another" in words, f"a second gateway on the same port was not told why: {words}")


def run_case(case, program):
    with Lab(case.roles) as lab:
        lab.run(GATEWAY, "sh", "-c", f"echo 8080 > {RESERVED}")
        case.lay_cable(lab)
        gateway = Gateway(lab, program, case.port(lab), PEERS)
        try:
            gateway.start()
            expect(case.wanted in gateway.log(), f"the gateway does not say '{case.wanted}'")
            case.plug_in(lab)
            start_servers(lab)
            pass_traffic(lab, gateway, case.fragments)
            check_one_gateway_per_port(lab, program, case)

            gateway.kill()
            print(f"    after kill -9: {', '.join(case.traces(lab)) or 'nothing left'}")
            gateway.start()
            expect("left" in gateway.log(), "the second gateway does not say what it removed")
            gateway.stop()
            left = case.traces(lab)
            expect(not left, f"left behind after an orderly end: {', '.join(left)}")
        except Failure as failure:
            gateway.end()  # with its counters in its log
            raise Failure(f"{failure}\n    the gateway's log:\n{gateway.log()}") from failure


def reason_to_skip():
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    missing = [tool for tool in ("ip", "nft", "ping", "openssl", "ethtool", "dpdk-testpmd") if not shutil.which(tool)]
    if missing:
        return f"needs the programs {', '.join(missing)}"
    try:
        with Lab((PEER, GATEWAY)) as lab:
            lab.veth(PEER, "a", GATEWAY, "b")
    except (Failure, subprocess.SubprocessError) as error:
        return f"cannot make network namespaces: {error}"
    return ""


def interrupted(_, frame):
    """Out of time: says where it was, and ends through every `finally`."""
    print("INTERRUPTED here:", *traceback.format_stack(frame), sep="\n", flush=True)
    sys.exit(1)


def main():
    signal.signal(signal.SIGTERM, interrupted)
    program, wanted = sys.argv[1], sys.argv[2:] or list(CASES)
    if reason := reason_to_skip():
        print(f"SKIPPED: {reason}")
        return SKIPPED
    failed = 0
    print(f"1..{len(wanted)}")
    for number, name in enumerate(wanted, 1):
        try:
            run_case(CASES[name](), os.path.abspath(program))
            print(f"ok {number} - kernel path {name}", flush=True)
        except (Failure, subprocess.SubprocessError) as error:
            failed += 1
            print(f"not ok {number} - kernel path {name}\n# {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
