"""The gateway under test, as a process in its namespace, with one static stream per address."""

import signal

from kernel_path_lab import GATEWAY, expect, stop, wait_for

MEDIA_PORTS = "20000-29999"


class Port:
    """What the gateway is told about its one port."""

    def __init__(self, kind, device, addresses, mode="auto", tap=""):
        self.kind, self.device, self.addresses, self.mode, self.tap = kind, device, addresses, mode, tap

    def bare_addresses(self):
        return [address.split("/")[0] for address in self.addresses]


class Gateway:
    """sallyportd with a stream from plain RTP to plain RTP per address, used in both directions."""

    started = 0
    made = 0

    def __init__(self, lab, program, port, peers):
        """`peers`: the far end's address for each of the port's addresses, in the same order."""
        self.lab, self.program, self.port, self.peers = lab, program, port, peers
        Gateway.made += 1
        self.number = Gateway.made  # tells apart what two gateways of one lab keep in its folder
        self.process = None
        self.log_name = ""

    def launch(self):
        Gateway.started += 1
        self.log_name = f"gateway-{Gateway.started}.log"
        self.process = self.lab.start(GATEWAY, *self.command(), log=self.log_name)

    def start(self):
        self.launch()
        wait_for("gateway ready", lambda: self.ready(self.log()) or self.process.poll() is not None, 15)
        expect(self.process.poll() is None, f"the gateway ended with status {self.process.returncode}: {self.log()}")

    def refused(self):
        """Starts it where it must not start; returns what it says."""
        self.launch()
        wait_for("refusal", lambda: self.process.poll() is not None, 10)
        expect(self.process.returncode == 2, f"exit status 2 was expected, not {self.process.returncode}: {self.log()}")
        return self.log()

    def stop(self):
        status, seconds = stop(self.process)
        expect(status == 0, f"the gateway ended with status {status}: {self.log()}")
        expect(seconds < 2.0, f"the gateway took {seconds:.1f} s to end")

    def end(self):
        """As stop(), but without judging."""
        if self.process and self.process.poll() is None:
            stop(self.process)

    def kill(self):
        stop(self.process, signal.SIGKILL)

    def log(self):
        return self.lab.log(self.log_name)

    def command(self):
        path = self.lab.folder / f"sallyport-{self.number}.conf"
        path.write_text(self.configuration(), encoding="utf-8")
        return [self.program, "--config", path]

    def configuration(self):
        port = self.port
        lines = ["[control]", f"socket = {self.lab.folder}/control-{self.number}.sock", "[memory]", "size_mb = 256",
                 "[port.lab]", f"device = {port.kind}:{port.device}", f"media_ports = {MEDIA_PORTS}"]
        lines += [f"mode = {port.mode}"] if port.kind == "linux" else []
        lines += [f"tap = {port.tap}"] if port.tap else []
        lines += [f"address = {address}" for address in port.addresses]
        for number, (own, peer) in enumerate(zip(port.bare_addresses(), self.peers)):
            own, peer = (f"[{own}]", f"[{peer}]") if ":" in own else (own, peer)
            lines += [f"[stream.s{number}]", f"a.local = {own}:20000", f"a.remote = {peer}:30000",
                      f"b.local = {own}:20010", f"b.remote = {peer}:30010"]
        return "\n".join(lines) + "\n"

    def ready(self, log):
        return "is up" in log

    def legs(self):
        """Media per address: (our source port, gateway's port, our port of arrival, gateway's port of origin)."""
        return [(30000, 20000, 30010, 20010)]
