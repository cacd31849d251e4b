"""Many small RTP flows from this process, 50 packets a second each, and what the gateway made of them."""
import itertools
import struct
import subprocess
import threading
import time

from .clients import PACKET_MS, PACKET_SAMPLES
from .lab import program

_PERIOD = PACKET_MS / 1000


class Protector:
    """libSRTP in a process of its own, one key, packet by packet."""

    def __init__(self, key, key_file):
        self._process = subprocess.Popen([program("srtp_protect"), key.suite, key_file], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, start_new_session=True)

    def __call__(self, packet):
        self._process.stdin.write(packet.hex() + "\n")
        self._process.stdin.flush()
        return bytes.fromhex(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(5)
        self._process.stdout.close()


class Flow:
    """One sender: its socket, where to, its RTP numbers. `protect` turns RTP into SRTP and may be replaced any time."""

    def __init__(self, namespace, source, to, ssrc, sequence=1, protect=None):
        self.socket = namespace.udp_socket(*source)
        self.to, self.ssrc, self.sequence, self.timestamp, self.protect = to, ssrc, sequence, 0, protect
        self.sent = []     # extended sequence numbers, in order

    def send(self):
        """A packet whose payload is its number, again and again, as 160 bytes."""
        header = struct.pack("!BBHII", 0x80, 0, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        packet = header + struct.pack("!I", self.sequence) * (PACKET_SAMPLES // 4)
        self.socket.sendto(self.protect(packet) if self.protect else packet, self.to)
        self.sent.append(self.sequence)
        self.sequence += 1
        self.timestamp += PACKET_SAMPLES

    def skip(self, count):
        """A jump ahead, as after a long loss."""
        self.sequence += count
        self.timestamp += count * PACKET_SAMPLES

    def close(self):
        self.socket.close()


class Traffic:
    """Sends every flow's packets on a thread of its own while the `with` block does something else."""

    def __init__(self, flows):
        self.flows = list(flows)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failure = None

    def _run(self):
        start = time.monotonic()
        try:
            for tick in itertools.count():
                for flow in self.flows:
                    flow.send()
                if self._stop.wait(max(0.0, start + (tick + 1) * _PERIOD - time.monotonic())):
                    return
        except Exception as failure:  # told to the main thread, which joins
            self.failure = failure

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(5)
        if self.failure:
            raise self.failure


def numbering_fault(sent, datagrams):
    """Why the captured packets are not all the sent ones, in order, under one SSRC with one offset; empty if they are.

    `sent`: extended sequence numbers; the gateway may number otherwise, but as evenly.
    """
    if len(sent) != len(datagrams):
        return f"{len(datagrams)} of {len(sent)} packets"
    ssrcs = {datagram.ssrc for datagram in datagrams}
    if len(ssrcs) != 1:
        return f"{len(ssrcs)} SSRCs"
    offsets = {(datagram.sequence - number) % 65536 for number, datagram in zip(sent, datagrams)}
    return "" if len(offsets) == 1 else f"{len(offsets)} different sequence offsets"
