"""The gateways that peers_bench.py compares and latency_bench.py measures, each with what it tells about its own work:
how many packets came in, and what they cost. One instance per measurement."""
import collections
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "e2e"))

from lib.gateway import Gateway  # noqa: E402
from lib.lab import program  # noqa: E402
from lib.process import Failure  # noqa: E402
from lib.rtpengine import GATEWAY, INTERFACE, LOAD, Rtpengine  # noqa: E402

#: Seconds between two samples, and the packets that came in meanwhile. `process`: user and system time of the process;
#: `busy`: time in which it had work.
Cost = collections.namedtuple("Cost", "packets process busy")

#: A second address of both ends, where one has not enough ports for all streams.
FAR_LOAD, FAR_GATEWAY = "198.51.100.2", "198.51.100.1"
LOAD_MAC, GATEWAY_MAC = "02:00:00:00:00:02", "02:00:00:00:00:01"


def process_seconds(pid):
    """User and system time of a process (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def received_packets(pid):
    """Into the gateway's interface, as a process of its network namespace sees it (/proc/net/dev)."""
    for line in Path(f"/proc/{pid}/net/dev").read_text(encoding="ascii").splitlines():
        name, _, fields = line.partition(":")
        if name.strip() == INTERFACE:
            return int(fields.split()[1])
    raise Failure(f"process {pid} has no interface {INTERFACE}")


class RtpenginePeer:
    """Sleeps when it has nothing to do: all its CPU time is work."""

    over = "veth"

    def __init__(self, lab, suite, streams, core):
        self.engine = Rtpengine(lab, core)
        self.options = ["--gateway", f"rtpengine={self.engine.ng}", "--from", f"{LOAD}:40000", "--sink",
                        f"{LOAD}:50000", "--sink-suite", suite, "--streams", streams]
        self._before = None

    def packets(self):
        return received_packets(self.engine.pid)

    def begin(self):
        self._before = (self.packets(), process_seconds(self.engine.pid))

    def end(self):
        packets, seconds = self._before
        spent = process_seconds(self.engine.pid) - seconds
        return Cost(self.packets() - packets, spent, spent)


class SallyportPeer:
    """Polls: its worker counts the time of the passes that found work (`load` of `sallyport status`), wall-clock time,
    so that what else runs on its core is in it, too."""

    def __init__(self, lab, suite, streams, core, over, idle_polls=64):
        """`idle_polls`: as in [workers] of the configuration; 0: the worker never sleeps."""
        self.over, self._before = over, None
        folder = lab.path("config")
        options = ["--sink-suite", suite, "--streams", streams, "--from", f"{LOAD}:30000", "--to", f"{GATEWAY}:30000"]
        if over == "memif":
            socket = lab.path("memif.sock")
            device = f"memif:{socket}"
            options += ["--link", device, "--mac", LOAD_MAC, "--peer-mac", GATEWAY_MAC, "--sink", f"{FAR_LOAD}:30000",
                        "--sink-from", f"{FAR_GATEWAY}:30000"]
        else:
            device = f"linux:{INTERFACE}"
            options += ["--sink", f"{LOAD}:50000", "--sink-from", f"{GATEWAY}:50000"]
        lab.load.run(program("sallyport-load"), *options, "--emit-config", folder, "--port-config", f"a={device}")
        self.gateway = Gateway(lab, {"memory": {"size_mb": 512, "max_streams": max(4096, 3 * streams)},
                                     "workers": {"cores": core, "idle_polls": idle_polls},
                                     "control": {"socket": lab.path("control.sock")}})
        with open(self.gateway.config, "a", encoding="utf-8") as config:
            config.write((folder / "streams.conf").read_text(encoding="utf-8"))
        self.gateway.start()
        if over == "veth":
            self.gateway.wait_for_next_hops()
        self.options = ["--config", folder / "load.conf"]

    def packets(self):
        return sum(worker["rx"] for worker in self.gateway.json("stats")["workers"])

    def _status(self):
        """Rates since it was asked before."""
        status = self.gateway.json("status")
        return status["uptime_s"], process_seconds(self.gateway.process.pid), status["workers"][0]

    def begin(self):
        self._before = self._status()

    def end(self):
        began, seconds, _ = self._before
        now, spent, worker = self._status()
        return Cost(worker["rx_pps"] * (now - began), spent - seconds, worker["load_percent"] / 100 * (now - began))
