"""A DNS server of a few records that a test changes while it runs: A and SRV over UDP (RFC 1035, 2782)."""
import ipaddress
import struct
import threading

_A, _SRV = 1, 33
_NO_SUCH_NAME = 3


def _name(text):
    labels = [label for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def _question(packet):
    """Name and type that are asked for, and the question's bytes."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
        at += 1 + packet[at]
    end = at + 5
    return ".".join(labels), struct.unpack("!H", packet[at + 1:at + 3])[0], packet[12:end]


class DnsServer:
    """Serves in the namespace of a laboratory's side, from a thread of this process."""

    def __init__(self, side, port=5353):
        self.at = f"{side.client}:{port}"
        self.silent = False    # nothing is answered
        self.asked = []        # names, in order
        self._records = {}
        self._socket = side.namespace.udp_socket(side.client, port)
        self._socket.settimeout(0.1)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def a(self, name, *addresses, ttl=60):
        self._records[name, _A] = (ttl, [ipaddress.IPv4Address(address).packed for address in addresses])

    def srv(self, name, *servers, ttl=60):
        """`servers`: (priority, weight, port, target)."""
        self._records[name, _SRV] = (ttl, [struct.pack("!HHH", *server[:3]) + _name(server[3]) for server in servers])

    def forget(self, name):
        self._records = {key: value for key, value in self._records.items() if key[0] != name}

    def _answer(self, packet):
        name, kind, question = _question(packet)
        self.asked.append(name)
        ttl, data = self._records.get((name, kind), (0, []))
        known = any(key[0] == name for key in self._records)
        flags = 0x8580 | (0 if known else _NO_SUCH_NAME)
        answers = b"".join(struct.pack("!HHHIH", 0xc00c, kind, 1, ttl, len(each)) + each for each in data)
        return packet[:2] + struct.pack("!HHHHH", flags, 1, len(data), 0, 0) + question + answers

    def _serve(self):
        while not self._ends.is_set():
            try:
                packet, sender = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            if not self.silent:
                self._socket.sendto(self._answer(packet), sender)

    def close(self):
        self._ends.set()
        self._thread.join()
        self._socket.close()
