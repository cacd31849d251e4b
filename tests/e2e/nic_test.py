#!/usr/bin/env python3
"""The gateway on NICs that DPDK owns, without a NIC: in a Debian guest whose processor and NICs QEMU emulates.

The NICs are bound to vfio-pci behind an IOMMU, their queues are in huge pages. From outside come RTP and SRTP, judged
packet by packet (requirement M1), and ARP and ping for Linux behind the TAP twins. The guest's processors have neither
AVX-512 nor SHA instructions: the programs run on any x86-64-v2 processor, with the engine that suits it."""
import re
import shutil
from dataclasses import dataclass

from lib.gateway import endpoint
from lib.lab import Lab, build_folder, missing, program
from lib.process import Failure, wait_until
from lib.tap import main
from nic_guest import Guest, GuestGateway, Nic
from nic_image import kernel

CM80, CM256, GCM128, GCM256 = ("AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80", "AEAD_AES_128_GCM",
                               "AEAD_AES_256_GCM")
#: Name: suite on either side, whether by IPv6.
SETS = {"from-rtp": ("RTP", GCM256, False), "from-srtp": (CM80, GCM128, False), "ipv6": (CM256, "RTP", True)}
STREAMS, PACKETS, RATE, LATE_MS = 4, 100, 400, 2000
PINGS = 5
TOO_NEW = {"avx512f", "vaes", "vpclmulqdq", "sha_ni"}


@dataclass(frozen=True)
class Link:
    """A NIC and the addresses on its cable."""
    nic: Nic
    gateway: str
    outside: str
    gateway6: str
    outside6: str

    @property
    def section(self):
        return {"device": f"pci:{self.nic.address}", "address": [f"{self.gateway}/24", f"{self.gateway6}/64"]}


def link(number, name, model, driver):
    nic = Nic(name, model, driver, 4 + number, f"to-{name}", f"52:54:00:00:00:{number:02x}")
    v4, v6 = f"10.9.{number}", f"fd09:{number}:"
    return Link(nic, f"{v4}.1", f"{v4}.2", f"{v6}:1", f"{v6}:2")


class NicLab(Lab):
    """One namespace, where the cables of both NICs end."""

    def _lay_out(self):
        self.outside = self._namespace("outside")

    def plug(self, one):
        """The TAP interface at the far end of a NIC's cable."""
        self.outside.ip("tuntap", "add", one.nic.tap, "mode", "tap")
        self.outside.ip("link", "set", one.nic.tap, "up")
        self.outside.address(one.nic.tap, f"{one.outside}/24")
        self.outside.address(one.nic.tap, f"{one.outside6}/64")


class Streams:
    """Streams of one pair of suites from link a to link b and back, and the generator that judges them."""

    def __init__(self, lab, number, name, a, b):
        self.lab, self.name, self.folder = lab, name, lab.path(name)
        *self.suites, v6 = SETS[name]
        ours, theirs = ([endpoint(address, first + 100 * number) for address in addresses] for first, addresses in (
            (20000, [one.gateway6 if v6 else one.gateway for one in (a, b)]),
            (30000, [one.outside6 if v6 else one.outside for one in (a, b)])))
        self._generator("emit", "--emit-config", self.folder, "--streams", STREAMS, "--rtcp", "pair",
                        "--from", theirs[0], "--to", ours[0], "--sink", theirs[1], "--sink-from", ours[1],
                        "--suite", self.suites[0], "--sink-suite", self.suites[1])

    def sections(self):
        """For the gateway's configuration; holds keys."""
        return (self.folder / "streams.conf").read_text().replace("[stream.load", f"[stream.{self.name}-")

    def _generator(self, what, *options):
        """Its exit status and what it says."""
        done = self.lab.start(self.lab.outside, f"{what}-{self.name}",
                              list(map(str, [program("sallyport-load"), *options])))
        status = done.wait(30)
        if status not in (0, 1):
            raise Failure(f"sallyport-load: {done.tail()}")
        return status, done.output()

    def judge(self):
        return self._generator("load", "--config", self.folder / "load.conf", "--bidirectional", "--packets", PACKETS,
                               "--pps", RATE, "--late", LATE_MS, "--settle", 1000)


def check_processor(tap, guest, gateway, processor, engine):
    flags = set(re.search(r"flags\s*:(.*)", guest.run("cat /proc/cpuinfo").stdout).group(1).split())
    tap.ok(not flags & TOO_NEW, f"{processor}: the guest's processor has neither AVX-512 nor SHA instructions", flags)
    engines = {row["suite"]: row["engine"] for row in gateway.json("status")["engines"]}
    tap.ok(set(engines.values()) == {engine}, f"{processor}: {engine} serves every suite", engines)


def check_ports(tap, guest, gateway, links):
    status = gateway.json("status")
    tap.ok(status["huge_pages"], "the gateway works in huge pages", status)
    for one in links:
        port = next(port for port in status["ports"] if port["name"] == one.nic.name)
        bound = guest.run(f"readlink /sys/bus/pci/devices/{one.nic.address}/driver").stdout.strip()
        tap.ok(bound.endswith("/vfio-pci") and port["device"].startswith(f"{one.nic.driver} on {one.nic.address}") and
               port["mac"] == one.nic.mac and port["link"] == "up",
               f"{one.nic.name}: {one.nic.driver} drives the NIC over vfio-pci, its link is up", f"{bound}\n{port}")


def check_linux(tap, lab, guest, one):
    """ARP, neighbour discovery and ping from outside, and ping from the guest, all through the TAP twin."""
    for address in (one.gateway, one.gateway6):
        pings = lab.outside.run("ping", "-n", "-c", PINGS, "-i", "0.1", "-W", "2", address, check=False)
        tap.ok(f" {PINGS} received" in pings.stdout,
               f"{one.nic.name}: Linux in the guest answers {PINGS} pings to {address}", pings.stdout + pings.stderr)
        neighbour = lab.outside.ip("neighbour", "show", address, "dev", one.nic.tap)
        tap.ok(one.nic.mac in neighbour, f"{one.nic.name}: {address} is at the NIC's MAC address", neighbour)
    back = guest.run(f"ping -c {PINGS} -i 0.1 -W 2 {one.outside}")
    tap.ok(f"{PINGS} packets received" in back.stdout,
           f"{one.nic.name}: {PINGS} pings from the guest are answered outside", back.stdout)


def check_media(tap, gateway, sets):
    for streams in sets:
        status, findings = streams.judge()
        tap.ok(status == 0, f"{' to '.join(streams.suites)} and back: every packet, and RTCP, comes out as it should",
               findings)
    sides = [side for stream in gateway.json("streams")["streams"] for side in stream["sides"]]
    dropped = [(side["side"], side["dropped"]) for side in sides if side["dropped"]]
    tap.ok(len(sides) == 2 * STREAMS * len(sets) and not dropped, "no stream dropped a packet", dropped)
    tap.ok(gateway.balanced(), "the gateway accounts for every packet", gateway.json("stats"))


def on_nics(tap, processor, engine, a, b):
    """Links `a` and `b`; `engine` is the fastest that the processor has."""
    with NicLab() as lab:
        for one in (a, b):
            lab.plug(one)
        sets = [Streams(lab, number, name, a, b) for number, name in enumerate(SETS)]
        gateway = GuestGateway(lab, {"workers": {"cores": 1}, "memory": {"size_mb": 128, "huge_pages": "always"},
                                     "control": {"socket": "/run/sallyport.sock"},
                                     **{f"port.{one.nic.name}": one.section for one in (a, b)}},
                               "".join(streams.sections() for streams in sets))
        guest = Guest(lab, lab.outside, kernel(kernel_folder()), processor, [a.nic, b.nic], gateway.config).boot()
        if guest.boots > 1:
            tap.note(f"the guest came up at attempt {guest.boots} only")
        gateway.start_in(guest)
        wait_until(lambda: all(port["link"] == "up" for port in gateway.json("status")["ports"]), 10,
                   "the links are up", 0.2)
        gateway.wait_for_next_hops()
        check_processor(tap, guest, gateway, processor, engine)
        check_ports(tap, guest, gateway, (a, b))
        for one in (a, b):
            check_linux(tap, lab, guest, one)
        check_media(tap, gateway, sets)
        status, seconds = gateway.stop()
        tap.ok(status == 0, "the gateway ends in order", f"status {status} after {seconds:.1f} s\n{gateway.log()}")


def e1000e_and_virtio(tap):
    """Intel 82574L and virtio, on a processor with AES instructions"""
    on_nics(tap, "Westmere", "ipsec_mb", link(1, "e1000e", "e1000e", "net_e1000_em"),
            link(2, "virtio", "virtio-net-pci,disable-legacy=on,iommu_platform=on", "net_virtio"))


def e1000e_and_vmxnet3(tap):
    """Intel 82574L and vmxnet3, on a processor without"""
    on_nics(tap, "Nehalem", "openssl", link(1, "e1000e", "e1000e", "net_e1000_em"),
            link(2, "vmxnet3", "vmxnet3", "net_vmxnet3"))


def kernel_folder():
    """Where `./run nic-test` unpacks Debian's kernel package."""
    return build_folder() / "nic-guest"


def cannot_run():
    for tool in ("qemu-system-x86_64", "busybox"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed: ./run nic-test installs it"
    if kernel(kernel_folder()) is None:
        return f"there is no kernel in {kernel_folder()}: ./run nic-test puts it there"
    return missing()


if __name__ == "__main__":
    main([e1000e_and_virtio, e1000e_and_vmxnet3], cannot_run())
