"""Streams between the laboratory's plain and secure side: their configuration, their keys, media through them."""
import json
import subprocess
import time
from contextlib import closing, contextmanager

from .capture import Capture
from .gateway import Gateway, lab_sections, stream_side
from .lab import Lab, program
from .suites import MasterKey
from .traffic import Flow, Protector, numbering_fault

SUITE = "AES_CM_128_HMAC_SHA1_80"


class Streams:
    """Streams between the lab's plain and secure side, as a configuration and as flows into both ends."""

    def __init__(self, lab, count, **keys):
        self.lab, self.sections, self.keys = lab, lab_sections(lab), {}
        for index in range(count):
            self.add(index, **keys)

    @staticmethod
    def name(index):
        return f"s{index}"

    def add(self, index, **keys):
        lab = self.lab
        self.rekey(index)
        self.sections[f"stream.{self.name(index)}"] = {
            **stream_side("a", (lab.rtp.gateway, 20000 + 4 * index), (lab.rtp.client, 30000 + 2 * index)),
            **stream_side("b", (lab.srtp.gateway, 20002 + 4 * index), (lab.srtp.client, 30000 + 2 * index), suite=SUITE,
                          send_key=f"file:{self.key_file(index, 'send')}",
                          receive_key=f"file:{self.key_file(index, 'receive')}"), **keys}

    def remove(self, index):
        del self.sections[f"stream.{self.name(index)}"]

    def rekey(self, index):
        """Fresh keys in the same files; the ones before stay beside them for who still needs them."""
        for way in ("send", "receive"):
            path = self.key_file(index, way)
            if path.exists():
                path.rename(path.with_suffix(".old"))
            key = self.keys[index, way] = MasterKey.random(SUITE)
            self.lab.secret(path.name, key.base64 + "\n")

    def key_file(self, index, way):
        return self.lab.path(f"s{index}.{way}.key")

    def plain_flow(self, index):
        lab = self.lab
        return Flow(lab.rtp.namespace, (lab.rtp.client, 30000 + 2 * index), (lab.rtp.gateway, 20000 + 4 * index),
                    0x1000 + index)

    def secure_flow(self, index, protect):
        lab = self.lab
        return Flow(lab.srtp.namespace, (lab.srtp.client, 30000 + 2 * index), (lab.srtp.gateway, 20002 + 4 * index),
                    0x2000 + index, protect=protect)

    def flows(self, stack, plain, secure):
        """What the parties of the first streams send: so many plain ones, and so many secure ones; closed with the stack."""
        return ([stack.enter_context(closing(self.plain_flow(index))) for index in range(plain)],
                [stack.enter_context(closing(self.secure_flow(index, self.protector(stack, index))))
                 for index in range(secure)])

    def captures(self):
        """What crosses the plain parties' interface, and the secure ones'."""
        return (Capture(self.lab, self.lab.rtp.namespace, "eth0", "to-a"),
                Capture(self.lab, self.lab.srtp.namespace, "eth0", "to-b"))

    def protector(self, stack, index):
        """SRTP with the key that the gateway now receives with; closed with the stack."""
        path = self.key_file(index, "receive")
        return stack.enter_context(closing(Protector(self.keys[index, "receive"], path)))

    def witness(self, capture, index, key_file=None):
        """libSRTP on what went to the secure party."""
        argv = [program("srtp_check"), "--pcap", capture.file, "--port", str(30000 + 2 * index), "--suite", SUITE,
                "--key-file", key_file or self.key_file(index, "send")]
        return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout)


def stop_when_settled(capture, flows):
    """Ends the capture of what the gateway sends where the flows' other parties are, once it is complete."""
    capture.settle({30000 + 2 * index: len(flow.sent) for index, flow in enumerate(flows)})
    capture.stop()


def numbering_faults(flows, capture):
    """What is wrong with the numbering of each flow at the other side."""
    found = {index: numbering_fault(flow.sent, capture.datagrams(30000 + 2 * index)) for index, flow in enumerate(flows)}
    return [(index, fault) for index, fault in found.items() if fault]


@contextmanager
def laboratory(count, mode="auto", **keys):
    """A lab, `count` streams and a gateway that has them."""
    with Lab() as lab:
        streams = Streams(lab, count, **keys)
        for side in (lab.rtp, lab.srtp):
            streams.sections[f"port.{side.port}"]["mode"] = mode
        gateway = Gateway(lab, streams.sections).start()
        gateway.wait_for_next_hops()
        yield lab, streams, gateway


def pass_media(streams, flows, count=25):
    """Sends a few packets and tells how many reached the other side."""
    lab = streams.lab
    capture = Capture(lab, lab.srtp.namespace, "eth0", f"pass-{time.monotonic_ns()}")
    for _ in range(count):
        for flow in flows:
            flow.send()
        time.sleep(0.005)
    capture.settle({30000 + 2 * index: count for index in range(len(flows))})
    capture.stop()
    return sum(len(capture.datagrams(30000 + 2 * index)) for index in range(len(flows)))
