"""rtpengine as Debian ships it, forwarding in user space: another gateway for the same generator and judge.

    [load] eth0 192.0.2.2 ---- 192.0.2.1 media0 [gw]        IPv6 beside it

Generator and gateway in a namespace each, one veth pair between them that carries both sides of every stream.
"""
import os
import shutil
import socket

from .lab import Lab
from .process import Failure, wait_until

LOAD, GATEWAY = "192.0.2.2", "192.0.2.1"
LOAD6, GATEWAY6 = "2001:db8:1::2", "2001:db8:1::1"
INTERFACE = "media0"                     # the gateway's end
NG_PORT = 2223
MEDIA_PORTS = (20000, 39998)


def absent():
    """Why there is no rtpengine here, as a sentence; empty if there is one."""
    return "" if shutil.which("rtpengine") else "rtpengine is not installed (Debian: rtpengine-daemon)"


class PairLab(Lab):
    """`lab.load` and `lab.gw`, with nothing else between them than a veth pair."""

    def _lay_out(self):
        self.gw, self.load = self._namespace("gw"), self._namespace("load")
        self.load.connect("eth0", self.gw, INTERFACE)
        for load, gateway, bits in ((LOAD, GATEWAY, 24), (LOAD6, GATEWAY6, 64)):
            self.load.address("eth0", f"{load}/{bits}")
            self.gw.address(INTERFACE, f"{gateway}/{bits}")


class Rtpengine:
    """One rtpengine in the gateway's namespace, without its kernel module and without what /etc says."""

    def __init__(self, lab, core=None):
        self.lab = lab
        pinned = [] if core is None else ["taskset", "--cpu-list", core]
        first, last = MEDIA_PORTS
        self.process = lab.start(lab.gw, "rtpengine", [
            *pinned, "rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=4", "--table=-1",
            f"--interface={GATEWAY}", f"--interface={GATEWAY6}", f"--listen-ng={GATEWAY}:{NG_PORT}", f"--port-min={first}", f"--port-max={last}",
            "--delete-delay=0"])
        wait_until(self._answers, 10, "rtpengine answers over ng")

    @property
    def pid(self):
        return self.process.pid

    @property
    def ng(self):
        return f"{GATEWAY}:{NG_PORT}"

    def _answers(self):
        if not self.process.running():
            raise Failure(f"rtpengine ended with status {self.process.popen.returncode}:\n{self.process.tail()}")
        return b"4:pong" in self._ask(b"d7:command4:pinge", 0.3)

    def has_calls(self):
        return b"5:callsle" not in self._ask(b"d7:command4:liste", 3)

    def _ask(self, question, seconds):
        """The raw answer; empty where none comes."""
        with self.lab.load.udp_socket(LOAD) as udp:
            udp.settimeout(seconds)
            udp.connect((GATEWAY, NG_PORT))
            try:
                udp.send(os.urandom(8).hex().encode() + b" " + question)
                return udp.recv(65536)
            except (socket.timeout, ConnectionRefusedError):
                return b""
