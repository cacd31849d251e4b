"""tcpdump in a namespace, and the UDP packets of its file."""
import ipaddress
import re
import signal
import struct
import time
from collections import Counter
from typing import NamedTuple

from .process import Failure, wait_until

#: So long without a packet, and nothing is on its way through tcpdump any more.
_QUIET_SECONDS = 0.15

_ETHERTYPE_IPV4, _ETHERTYPE_IPV6, _UDP = 0x0800, 0x86DD, 17


class Datagram(NamedTuple):
    """A captured UDP datagram."""
    time: float
    source: str
    source_port: int
    destination: str
    destination_port: int
    payload: bytes

    # RTP header, RFC 3550 5.1
    @property
    def sequence(self):
        return int.from_bytes(self.payload[2:4], "big")

    @property
    def timestamp(self):
        return int.from_bytes(self.payload[4:8], "big")

    @property
    def ssrc(self):
        return int.from_bytes(self.payload[8:12], "big")


class Capture:
    """Records what crosses one interface of a namespace, both ways, from the moment that the constructor returns."""

    def __init__(self, lab, namespace, interface, name):
        self.file = lab.path(f"{name}.pcap")
        self._tcpdump = lab.start(namespace, f"tcpdump-{name}",
                                  ["tcpdump", "-Z", "root", "-i", interface, "-w", self.file, "-U", "--immediate-mode",
                                   "-s", "2048", "-B", "16384", "udp"])  # -s: the buffer has room for B/s packets
        wait_until(lambda: "listening on" in self._tcpdump.output(), 5, "tcpdump listens")

    def settle(self, expected, seconds=5):
        """Waits until so many datagrams came to each port, {port: count}, or the time is over: on a busy host the gateway
        may be kept from its core for a while, and late is not lost."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            seen = Counter(one.destination_port for one in self.datagrams())
            if all(seen[port] >= count for port, count in expected.items()):
                return
            time.sleep(0.05)

    def stop(self):
        """Once tcpdump has written what it was given. Failure if it could not keep up: then the file proves nothing."""
        size = -1
        while size != (size := self.file.stat().st_size):
            time.sleep(_QUIET_SECONDS)
        self._tcpdump.stop(signal.SIGINT)
        dropped = re.search(r"(\d+) packets? dropped by kernel", self._tcpdump.output())
        if dropped is None or int(dropped.group(1)):
            raise Failure(f"tcpdump missed packets:\n{self._tcpdump.tail()}")
        return self

    def datagrams(self, destination_port=None):
        """What was captured so far, all or to one port."""
        return [one for one in read_pcap(self.file) if destination_port in (None, one.destination_port)]

    def count_rtp(self, destination_port):
        """RTP or SRTP packets to a port that carries no RTCP."""
        return len(self.datagrams(destination_port))


def read_pcap(path):
    data = path.read_bytes()
    units = {b"\xd4\xc3\xb2\xa1": 1e6, b"\x4d\x3c\xb2\xa1": 1e9}
    assert data[:4] in units, "a little-endian pcap file with microseconds or nanoseconds"
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        datagram = _udp(seconds + fraction / units[data[:4]], frame)
        if datagram is not None:
            yield datagram


def _udp(time, frame):
    ether_type = int.from_bytes(frame[12:14], "big")
    if ether_type == _ETHERTYPE_IPV4 and frame[23] == _UDP:
        start, source, destination = 14 + (frame[14] & 15) * 4, frame[26:30], frame[30:34]
    elif ether_type == _ETHERTYPE_IPV6 and frame[20] == _UDP:
        start, source, destination = 54, frame[22:38], frame[38:54]
    else:
        return None
    source_port, destination_port, length = struct.unpack_from("!HHH", frame, start)
    return Datagram(time, str(ipaddress.ip_address(source)), source_port, str(ipaddress.ip_address(destination)),
                    destination_port, frame[start + 8:start + length])
