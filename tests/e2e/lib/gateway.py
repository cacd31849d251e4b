"""sallyportd in a namespace of the laboratory: its configuration, its life, what it says over its control socket."""
import json
import os
import signal
import subprocess
import time

from .lab import program
from .process import Failure, wait_until

#: A gateway that does not answer by then does not start at all.
START_SECONDS = 20


def render(sections):
    """{"section": {"key": value or list of values}} as the text of a configuration file."""
    lines = []
    for name, keys in sections.items():
        lines.append(f"[{name}]")
        for key, value in keys.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                lines.append(f"{key} = {one}")
        lines.append("")
    return "\n".join(lines)


def lab_sections(lab, mode="auto"):
    """What every gateway of the laboratory has: a small memory and a port on each link."""
    sections = {
        "memory": {"size_mb": 256},
        "control": {"socket": lab.path("control.sock")},
    }
    for side in (lab.rtp, lab.srtp):
        sections[f"port.{side.port}"] = {"device": f"linux:{side.port}", "mode": mode,
                                         "address": [f"{side.gateway}/24", f"{side.gateway6}/64"]}
    return sections


def two_workers():
    """[workers] for two workers, on every machine that has two cores."""
    return {"cores": ",".join(map(str, sorted(os.sched_getaffinity(0))[:2]))}


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def stream_side(letter, local, remote, **keys):
    """The keys of one side of a stream; `local` and `remote` are (address, port) pairs."""
    side = {f"{letter}.local": endpoint(*local), f"{letter}.remote": endpoint(*remote)}
    side.update({f"{letter}.{key}": value for key, value in keys.items()})
    return side


class Gateway:
    """One gateway. The configuration may be changed by write() before reload() or start()."""

    def __init__(self, lab, sections, name="gateway"):
        self.lab, self.name, self.process = lab, name, None
        self.config = lab.secret(f"{name}.conf", "")
        self.socket = sections["control"]["socket"]
        self.write(sections)

    def write(self, sections):
        """Replaced as a whole, so that no reload sees half of it."""
        fresh = self.lab.secret(f"{self.name}.conf.new", render(sections))
        os.rename(fresh, self.config)

    def command(self, *arguments):
        return [program("sallyportd"), "--config", self.config, *arguments]

    def start(self, *arguments):
        """Starts it and waits until it answers and knows the way to every party."""
        self.process = self.lab.start(self.lab.gw, self.name, self.command(*arguments))
        wait_until(self._answers, START_SECONDS, "the gateway answers on its control socket")
        return self

    def _answers(self):
        if not self.process.running():
            raise Failure(f"sallyportd ended with status {self.process.popen.returncode}:\n{self.process.tail()}")
        try:
            return self.ask("status").returncode == 0
        except subprocess.TimeoutExpired:
            return False  # it makes its certificates, on a busy machine

    def wait_for_next_hops(self, seconds=5):
        def resolved():
            sides = [side for stream in self.json("streams")["streams"] for side in stream["sides"]]
            return all(side["next_hop"] != "unresolved" for side in sides)
        wait_until(resolved, seconds, "the gateway knows the MAC address of every next hop")

    def ask(self, *words, timeout=5):
        """Runs the command line tool."""
        argv = [program("sallyport"), "--socket", self.socket, *words]
        return subprocess.run(list(map(str, argv)), capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, start_new_session=True)

    def json(self, *words):
        done = self.ask("--json", *words)
        if done.returncode != 0:
            raise Failure(f"sallyport --json {' '.join(words)}: {done.stderr.strip() or self.process.tail()}")
        return json.loads(done.stdout)

    def sides(self, stream):
        """The two sides of a stream, by letter."""
        for entry in self.json("streams")["streams"]:
            if entry["name"] == stream:
                return {side["side"]: side for side in entry["sides"]}
        raise Failure(f"the gateway knows no stream {stream}")

    def balanced(self):
        return all(worker["balanced"] for worker in self.json("stats")["workers"])

    def log(self):
        return self.process.output()

    def reload(self):
        self.process.popen.send_signal(signal.SIGHUP)

    def wait_for_log(self, text, seconds=5, count=1):
        wait_until(lambda: self.log().count(text) >= count, seconds, f"the gateway's log says '{text}'")

    def stop(self, number=signal.SIGTERM):
        """Its exit status, and how long it took to end."""
        start = time.monotonic()
        status = self.process.stop(number)
        return status, time.monotonic() - start

    def kill(self):
        self.process.popen.kill()
        self.process.popen.wait()
