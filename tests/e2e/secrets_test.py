#!/usr/bin/env python3
"""Where the gateway has its keys while it runs: in no memory that a core dump would have, neither as configured nor as
derived; and nowhere when their stream is gone. (Design 3, requirement M5.)"""
import os
import re
import subprocess
import time
from contextlib import ExitStack, closing

from lib.gateway import Gateway, endpoint, lab_sections, stream_side
from lib.lab import Lab, missing, program
from lib.suites import KEY_BYTES, MasterKey
from lib.tap import main
from lib.traffic import Flow, Protector, Traffic


class Streams:
    """One stream for each suite that the lab knows; half of them have their keys in files, the others in the
    configuration itself."""

    def __init__(self, lab):
        self.lab, self.sections, self.keys = lab, lab_sections(lab), []
        for index, suite in enumerate(KEY_BYTES):
            send, receive = self.key(index, suite, "send"), self.key(index, suite, "receive")
            self.sections[f"stream.s{index}"] = {
                **stream_side("a", (lab.rtp.gateway, 20000 + 4 * index), (lab.rtp.client, 30000 + 2 * index)),
                **stream_side("b", (lab.srtp.gateway, 20002 + 4 * index), (lab.srtp.client, 30000 + 2 * index),
                              suite=suite, send_key=send, receive_key=receive)}

    def key(self, index, suite, way):
        """A fresh key, as the configuration names it."""
        key = MasterKey.random(suite)
        self.keys.append(key)
        path = self.lab.secret(f"s{index}.{way}.key", key.base64 + "\n")
        return f"file:{path}" if index % 2 == 0 else key.base64

    def change(self):
        """Every stream elsewhere, with other keys whose session keys change; the keys."""
        before = len(self.keys)
        for index, suite in enumerate(KEY_BYTES):
            self.sections[f"stream.s{index}"].update({
                "a.local": endpoint(self.lab.rtp.gateway, 25000 + 4 * index), "b.session_parameters": "KDR=16",
                "b.send_key": self.key(index, suite, "send"), "b.receive_key": self.key(index, suite, "receive")})
        return self.keys[before:]

    def flows(self, stack):
        lab = self.lab
        for index in range(len(KEY_BYTES)):
            receive = Protector(self.keys[2 * index + 1], lab.path(f"s{index}.receive.key"))
            stack.enter_context(closing(receive))
            yield stack.enter_context(closing(Flow(
                lab.rtp.namespace, (lab.rtp.client, 30000 + 2 * index), (lab.rtp.gateway, 20000 + 4 * index),
                0x1000 + index)))
            yield stack.enter_context(closing(Flow(
                lab.srtp.namespace, (lab.srtp.client, 30000 + 2 * index), (lab.srtp.gateway, 20002 + 4 * index),
                0x2000 + index, protect=receive)))

    def remove(self):
        for index in range(len(KEY_BYTES)):
            del self.sections[f"stream.s{index}"]


def found(gateway, keys):
    """What the gateway's memory has of these keys: (kind, pieces, "dumped" or "kept out", mapping) each."""
    wanted = "".join(f"{key.suite} {key.base64}\n" for key in keys)
    done = subprocess.run([program("find_secrets"), str(gateway.process.pid)], input=wanted, capture_output=True,
                          text=True, check=True)
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def live_and_gone(tap):
    """keys are in no core dump, and nowhere when their streams are gone"""
    with Lab() as lab, ExitStack() as stack:
        streams = Streams(lab)
        gateway = Gateway(lab, streams.sections).start()
        gateway.wait_for_next_hops()
        with Traffic(list(streams.flows(stack))):
            time.sleep(1)
        seen = [gateway.sides(f"s{index}")["b"]["dropped"].get("auth_failed", 0) for index in range(len(KEY_BYTES))]
        tap.equal(seen, [0] * len(KEY_BYTES), "the gateway has the keys of the parties")
        places = found(gateway, streams.keys)
        tap.ok(any(kind != "master key" and place == "kept out" for kind, _, place, _ in places),
               "the search finds what is made of the keys", places)
        tap.equal([place for place in places if place[2] == "dumped"], [], "no core dump would have a key")
        with open(f"/proc/{gateway.process.pid}/limits", encoding="utf-8") as limits:
            tap.ok(re.search(r"^Max core file size +0 +0 ", limits.read(), re.M), "and none is written")
        with open(f"/proc/{gateway.process.pid}/cmdline", "rb") as arguments:
            line = arguments.read()
            tap.ok(not any(key.base64.encode() in line for key in streams.keys), "no key in the arguments")
        streams.remove()
        gateway.write(streams.sections)
        gateway.reload()
        gateway.wait_for_log("removed")
        time.sleep(0.5)
        tap.equal(found(gateway, streams.keys), [], "nothing is left of streams that were removed")


def refused(tap):
    """nothing is left of keys that came with a reload that was refused"""
    with Lab() as lab:
        streams = Streams(lab)
        streams.sections["workers"] = {"cores": min(os.sched_getaffinity(0))}
        streams.sections["memory"]["max_streams"] = 2 * len(KEY_BYTES)
        gateway = Gateway(lab, streams.sections).start()
        gateway.wait_for_next_hops()
        keys = streams.change()
        gateway.write(streams.sections)
        done = gateway.ask("reload")
        tap.ok(done.returncode == 1 and "raise memory.max_streams" in done.stderr,
               "a worker that is full takes nobody new before others have left", done.stderr)
        tap.equal(found(gateway, keys), [], "nothing is left of the keys that were not taken")


if __name__ == "__main__":
    main([live_and_gone, refused], missing())
