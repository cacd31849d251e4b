"""A Debian guest in QEMU, emulated in software, with two PCI NICs whose cables end in TAP interfaces of a namespace."""
import re
import socket
import subprocess
import time
from dataclasses import dataclass

from lib.gateway import Gateway, render
from lib.process import Failure, wait_until
from nic_image import write_image

_MEGABYTES = 1024
# Seen: 4 s on an idle host; now and then a guest hangs before it says a word.
_BOOT_SECONDS, _BOOTS = 45, 3
_COMMAND_SECONDS = 20
_END = re.compile(rb"\nEND (\d+)\n$")


@dataclass(frozen=True)
class Nic:
    """One NIC of the guest, and the end of its cable outside."""
    name: str        # of the gateway's port
    model: str       # QEMU's name of the device, with options
    driver: str      # DPDK's
    slot: int        # on the guest's PCI bus
    tap: str
    mac: str

    @property
    def address(self):
        return f"0000:00:{self.slot:02x}.0"

    @property
    def options(self):
        return ["-netdev", f"tap,id={self.name},ifname={self.tap},script=no,downscript=no,vhost=off",
                "-device", f"{self.model},netdev={self.name},mac={self.mac},addr={self.slot:#x}"]


class Guest:
    """One boot of the guest in a namespace of the laboratory; it ends with the laboratory at the latest."""

    def __init__(self, lab, namespace, kernel, processor, nics, configuration):
        self._lab, self._namespace, self._nics, self._processor = lab, namespace, nics, processor
        self._vmlinuz, modules = kernel
        self._image = lab.path("initramfs")
        write_image(self._image, modules, configuration)
        self.process = self._console = self._socket = self._line = None
        self.boots = 0

    def _command(self):
        return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", self._processor, "-smp", 2,
                "-m", _MEGABYTES, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-M", "q35,kernel-irqchip=split", "-device", "intel-iommu,intremap=on",
                "-kernel", self._vmlinuz, "-initrd", self._image,
                "-append", "console=ttyS0 quiet panic=-1 intel_iommu=on",
                "-serial", f"file:{self._console}", "-serial", f"unix:{self._socket},server=on,wait=off",
                *(option for nic in self._nics for option in nic.options)]

    def boot(self):
        """Tries again where it does not come up, a few times. Returns itself."""
        while True:
            self.boots += 1
            self._console = self._lab.path(f"console-{self.boots}.log")
            self._socket = self._lab.path(f"guest-{self.boots}.sock")
            self._console.touch()
            self.process = self._lab.start(self._namespace, f"qemu-{self.boots}", list(map(str, self._command())))
            try:
                wait_until(self._ready, _BOOT_SECONDS, "the guest is up")
                self._line = socket.socket(socket.AF_UNIX)
                self._line.connect(str(self._socket))
                return self
            except Failure as failure:
                self.process.popen.kill()
                self.process.popen.wait()
                if self.boots == _BOOTS:
                    raise Failure(f"{failure}, {_BOOTS} times\n{self.process.tail()}\n{self.console()}") from failure

    def console(self):
        return self._console.read_text(errors="replace").replace("\r", "")

    def _ready(self):
        if not self.process.running():
            raise Failure(f"QEMU ended with status {self.process.popen.returncode}")
        return "guest ready" in self.console()

    def run(self, command, timeout=_COMMAND_SECONDS):
        """Runs a line of shell inside, as subprocess.run() would."""
        self._line.sendall(command.encode() + b"\n")
        answer, end = b"", time.monotonic() + timeout
        while not (found := _END.search(answer)):
            self._line.settimeout(max(0.01, end - time.monotonic()))
            try:
                part = self._line.recv(65536)
            except TimeoutError:
                part = b""
            if not part:
                raise Failure(f"the guest does not answer within {timeout:g} s: {command}\n{self.console()}")
            answer += part
        return subprocess.CompletedProcess(command, int(found.group(1)), answer[:found.start()].decode(), "")


class GuestGateway(Gateway):
    """sallyportd inside a guest, started by hand over its serial line."""

    def __init__(self, lab, sections, more):
        """`more`: text of further sections."""
        super().__init__(lab, sections)
        lab.secret(self.config.name, render(sections) + more)
        self.guest = None

    def start_in(self, guest):
        self.guest = guest
        guest.run("sallyportd --config /etc/sallyport.conf >/run/gateway.log 2>&1 & echo $! >/run/gateway.pid")
        wait_until(self._answers, 20, "the gateway answers on its control socket", 0.2)
        return self

    def _answers(self):
        if self.guest.run("kill -0 $(cat /run/gateway.pid)").returncode != 0:
            raise Failure(f"sallyportd ended:\n{self.log()}")
        return self.ask("status").returncode == 0

    def ask(self, *words, timeout=_COMMAND_SECONDS):
        return self.guest.run(" ".join(["sallyport", "--socket", str(self.socket), *words]), timeout)

    def log(self):
        return self.guest.run("cat /run/gateway.log").stdout

    def stop(self, _number=None):
        """Its exit status after SIGTERM, and how long it took to end."""
        begin = time.monotonic()
        done = self.guest.run("kill $(cat /run/gateway.pid) && wait $(cat /run/gateway.pid)")
        return done.returncode, time.monotonic() - begin
