"""Network namespaces and processes for the kernel path's end-to-end test: made here, and gone when the lab closes."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

PEER, GATEWAY, WIRE = "peer", "gateway", "wire"
SKIPPED = 77  # exit status by which a test says that it cannot run here


class Failure(Exception):
    """What differed from what was expected, as a sentence."""


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def wait_for(what, condition, seconds=10.0):
    """Polls until condition() is true; Failure that names `what` where it does not become so in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


class Lab:
    """Namespaces by role (PEER, GATEWAY, WIRE), a folder for files, and every process that was started in them."""

    def __init__(self, roles):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-lab-"))
        self._names = {role: f"sp{os.getpid()}{role}" for role in roles}
        self._processes = []
        self._made = []
        self.litter = []  # folders elsewhere that go when the lab closes

    def __enter__(self):
        try:
            for name in self._names.values():
                subprocess.run(["ip", "netns", "add", name], check=True, timeout=10)
                self._made.append(name)
            for role in self._names:
                self.run(role, "ip", "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
        for name in self._made:
            subprocess.run(["ip", "netns", "del", name], check=False, timeout=10)
        for folder in [self.folder, *self.litter]:
            shutil.rmtree(folder, ignore_errors=True)

    def command(self, role, *command):
        return ["ip", "netns", "exec", self._names[role], *map(str, command)]

    def run(self, role, *command, timeout=30):
        """Runs a command to its end and returns what it printed; Failure where it fails."""
        done = subprocess.run(self.command(role, *command), timeout=timeout, capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"{' '.join(map(str, command))}: {(done.stdout + done.stderr).strip()}")
        return done.stdout

    def start(self, role, *command, log):
        """Starts a command whose output goes to the file `log` of the lab's folder. Killed when the lab closes."""
        with open(self.folder / log, "w", encoding="utf-8") as output:
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen(self.command(role, *command), stdin=subprocess.PIPE, stdout=output,
                                       stderr=subprocess.STDOUT)
        self._processes.append(process)
        return process

    def log(self, name):
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")

    def namespace_cookie(self, role):
        """The kernel's number for the namespace."""
        ask = "import socket, sys; sys.stdout.write(str(int.from_bytes(socket.socket().getsockopt(1, 71, 8), 'little')))"
        return int(self.run(role, "python3", "-c", ask))  # SOL_SOCKET, SO_NETNS_COOKIE

    def veth(self, role_a, name_a, role_b, name_b):
        """A cable with offloads as they are by default."""
        self.run(role_a, "ip", "link", "add", "name", name_a, "type", "veth", "peer", "name", name_b, "netns",
                 self._names[role_b])
        for role, name in ((role_a, name_a), (role_b, name_b)):
            self.run(role, "ip", "link", "set", "dev", name, "up")

    def address(self, role, interface, *addresses):
        for address in addresses:
            nodad = ["nodad"] if ":" in address else []
            self.run(role, "ip", "addr", "add", address, "dev", interface, *nodad)

    def icmp_errors(self, role):
        """ICMP and ICMPv6 errors that this namespace has received and sent so far, by the kernel's names."""
        counters = {}
        lines = self.run(role, "cat", "/proc/net/snmp").splitlines()
        names, values = [line.split()[1:] for line in lines if line.startswith("Icmp:")]
        counters.update(zip(("Icmp" + name for name in names), map(int, values)))
        for line in self.run(role, "cat", "/proc/net/snmp6").splitlines():
            name, value = line.split()
            counters[name] = int(value)
        kinds = re.compile(r"Icmp6?(In|Out)(DestUnreachs|TimeExcds|ParmProbs|ParmProblems|PktTooBigs)$")
        return {name: value for name, value in counters.items() if kinds.match(name)}


def stop(process, how=signal.SIGTERM, seconds=5.0):
    """Sends a signal and waits; returns exit status and how long it took."""
    begin = time.monotonic()
    process.send_signal(how)
    try:
        return process.wait(seconds), time.monotonic() - begin
    except subprocess.TimeoutExpired as late:
        raise Failure(f"the gateway did not end within {seconds:g} s of {how.name}") from late
