"""Network namespaces, veth pairs between them, and what was left of ones whose owner was killed."""
import ctypes
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .interrupt import shield
from .process import Failure, wait_until

_NAME = re.compile(r"^sp(\d+)-[a-z0-9]+$")
_FOLDER = re.compile(r"^sallyport-(\d+)-")
_CLONE_NEWNET = 0x40000000
_SO_NETNS_COOKIE = 71


def _ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, start_new_session=True)
    if done.returncode != 0:
        raise Failure(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _entered(name):
    """This thread is inside the namespace for the length of the block; no signal leaves it there."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(descriptor):
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there, shield():
        enter(there.fileno())
        try:
            yield
        finally:
            enter(home.fileno())


def _remove_runtime_files(name):
    """What a gateway that was killed there left under /run: the next one would have removed it, but there is none."""
    with _entered(name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        cookie = struct.unpack("Q", probe.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8))[0]
    for path in Path("/run/sallyport").glob(f"{cookie}-*"):
        path.unlink(missing_ok=True)


def _remove(name):
    _remove_runtime_files(name)
    for pid in _ip("netns", "pids", name).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    _ip("netns", "delete", name)


def _alive(pid):
    return os.path.exists(f"/proc/{pid}")


def remove_stale():
    """Removes namespaces, the processes in them, and folders, of owners that no longer live. Returns the names."""
    stale = []
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0]
        match = _NAME.match(name)
        if match and not _alive(int(match.group(1))):
            with shield():
                _remove(name)
            stale.append(name)
    for folder in Path(tempfile.gettempdir()).glob("sallyport-*"):
        match = _FOLDER.match(folder.name)
        if match and not _alive(int(match.group(1))):
            shutil.rmtree(folder, ignore_errors=True)
    return stale


def make_folder():
    """A folder of ours alone (mode 0700), removed as the namespaces are."""
    return Path(tempfile.mkdtemp(prefix=f"sallyport-{os.getpid()}-"))


class Namespace:
    """One network namespace, named after this process, so that no two runs meet."""

    def __init__(self, label):
        self.name = f"sp{os.getpid()}-{label}"
        _ip("netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        return _ip("-n", self.name, *words)

    def command(self, *argv):
        """The command line that runs argv inside."""
        return ["ip", "netns", "exec", self.name, *map(str, argv)]

    def run(self, *argv, check=True, timeout=20):
        done = subprocess.run(self.command(*argv), capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, start_new_session=True)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(map(str, argv))}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def connect(self, interface, other, other_interface):
        """A veth pair from here to another namespace, both ends up."""
        self.ip("link", "add", interface, "type", "veth", "peer", "name", other_interface, "netns", other.name)
        for space, name in ((self, interface), (other, other_interface)):
            space.ip("link", "set", name, "up")

    def address(self, interface, address):
        """An address with prefix length. IPv6 ones are usable at once: duplicate detection would take a second."""
        extra = ["nodad"] if ":" in address else []
        self.ip("address", "add", address, "dev", interface, *extra)

    def wait_for_udp(self, port, seconds=5):
        """Until some program inside has bound that UDP port."""
        wait_until(lambda: self.run("ss", "-Hlun", "sport", "=", f":{port}").stdout.strip(), seconds,
                   f"UDP port {port} is bound in {self.name}")

    def sockets(self, count, *kind):
        """Sockets of this namespace, for use from here; `kind` as for socket.socket()."""
        with _entered(self.name):
            return [socket.socket(*kind) for _ in range(count)]

    def socket(self, *kind):
        return self.sockets(1, *kind)[0]

    def udp_socket(self, address, port=0):
        """A UDP socket of this namespace, bound there."""
        udp = self.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((address, port))
        return udp

    def close(self):
        with shield():
            _remove(self.name)
