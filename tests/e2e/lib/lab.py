"""The laboratory: a party on plain RTP, the gateway, a secure party, each in a network namespace.

    [rtp] eth0 192.0.2.2 ---- 192.0.2.1 rtp0 [gw] srtp0 198.51.100.1 ---- 198.51.100.2 eth0 [srtp]

IPv6 beside it. The gateway's namespace does not forward: what crosses went through the gateway.
"""
import atexit
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .interrupt import shield
from .namespace import Namespace, make_folder, remove_stale
from .process import Failure, Processes

ROOT = Path(__file__).resolve().parents[3]
_TOOLS = ("ip", "setpriv", "tcpdump", "ffmpeg")


def build_folder():
    """Where the programs are: build/, or what SALLYPORT_BUILD names."""
    return Path(os.environ.get("SALLYPORT_BUILD", ROOT / "build"))


def program(name):
    """Path of one of our programs."""
    places = {"sallyportd": "controlplane", "sallyport": "controlplane", "srtp_check": "tests/demo",
              "srtp_protect": "tests/e2e", "find_secrets": "tests/secrets", "sallyport-load": "perf/load",
              "sallyport-call-load": "perf/calls"}
    return build_folder() / places[name] / name


def missing(*more_tools):
    """Why no laboratory can be had here, as a sentence; empty if one can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in (*_TOOLS, *more_tools):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    for name in ("sallyportd", "sallyport", "srtp_check"):
        if not program(name).exists():
            return f"{program(name)} is not built"
    return ""


@dataclass(frozen=True)
class Side:
    """One of the gateway's links: the party's end and the gateway's."""
    namespace: Namespace
    port: str              # the gateway's interface, and the name of its port
    client: str
    gateway: str
    client6: str
    gateway6: str


class Lab:
    """`with Lab() as lab:` lab.rtp and lab.srtp are the Sides, lab.gw the gateway's namespace."""

    def __init__(self):
        self.folder, self.processes, self._spaces, self._keep = None, None, [], False

    def __enter__(self):
        atexit.register(self.close)
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _build(self):
        remove_stale()
        with shield():
            self.folder = make_folder()
            self.processes = Processes(self.folder)
        self._lay_out()

    def _lay_out(self):
        """The namespaces and what connects them; a laboratory of another shape has its own."""
        self.gw = self._namespace("gw")
        self.rtp = self._side("rtp", "192.0.2", "2001:db8:1:")
        self.srtp = self._side("srtp", "198.51.100", "2001:db8:2:")

    def _namespace(self, label):
        with shield():
            space = Namespace(label)
            self._spaces.append(space)
        return space

    def _side(self, label, v4, v6):
        space, port = self._namespace(label), f"{label}0"
        side = Side(space, port, f"{v4}.2", f"{v4}.1", f"{v6}:2", f"{v6}:1")
        space.connect("eth0", self.gw, port)
        space.address("eth0", f"{side.client}/24")
        space.address("eth0", f"{side.client6}/64")
        self.gw.address(port, f"{side.gateway}/24")
        self.gw.address(port, f"{side.gateway6}/64")
        return side

    def start(self, space, name, argv, **options):
        """Starts argv in a namespace; stopped with the laboratory at the latest."""
        return self.processes.start(space.command(*argv), name, **options)

    def path(self, name):
        return self.folder / name

    def secret(self, name, text):
        """A file that only we can read."""
        path = self.path(name)
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def close(self):
        """Takes everything down. Calling it twice is harmless."""
        with shield():
            if self.processes is not None:
                self.processes.close()
            while self._spaces:
                try:
                    self._spaces.pop().close()
                except Failure as failure:
                    print(f"cannot clean up: {failure}")
            if self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)
            self.processes = self.folder = None
            atexit.unregister(self.close)
