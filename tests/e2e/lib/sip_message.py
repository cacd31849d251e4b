"""A SIP message as it came in, and the wires that scripted parties talk over."""
import re
import ssl

_NAMES = {"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "l": "Content-Length",
          "c": "Content-Type", "x": "Session-Expires", "k": "Supported", "r": "Refer-To"}


class Message:
    """One message as it came in."""

    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = []
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.append((_NAMES.get(name.strip(), name.strip()), value.strip()))

    def __getitem__(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def status(self):
        """Of an answer; 0: a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self):
        """Of a request; "": an answer."""
        return "" if self.status else self.start.split()[0]

    def tag(self, name):
        found = re.search(r";tag=([^;>\s]+)", self[name])
        return found.group(1) if found else ""

    def keys(self):
        """What stands behind inline: in its description, without lifetimes."""
        return re.findall(r"inline:([^|\s]+)", self.body)

    def media(self):
        """Where it wants audio."""
        address = re.search(r"^c=IN IP4 (\S+)", self.body, re.M).group(1)
        return address, int(re.search(r"^m=audio (\d+)", self.body, re.M).group(1))


class UdpWire:
    """Datagrams between a port of a laboratory's side and the gateway."""
    protocol = "UDP"

    def __init__(self, side, port):
        self._socket = side.namespace.udp_socket(side.client, port)
        self._gateway = (side.gateway, 5060)
        self.port = self._socket.getsockname()[1]

    def send(self, text):
        self._socket.sendto(text.encode(), self._gateway)

    def receive(self, seconds):
        """The next message as text; None: none came."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            return self._socket.recv(65536).decode()
        except TimeoutError:
            return None

    def close(self):
        self._socket.close()


class TlsWire:
    """A TLS connection to the gateway, with a certificate. Messages are framed by their Content-Length."""
    protocol = "TLS"

    def __init__(self, side, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the gateway's is signed by itself
        context.load_cert_chain(certificate)
        raw = side.namespace.socket()
        raw.settimeout(5)
        raw.connect((side.gateway, 5061))
        self._socket = context.wrap_socket(raw)
        self.port = self._socket.getsockname()[1]
        self._left = b""

    def send(self, text):
        self._socket.settimeout(5)
        self._socket.sendall(text.encode())

    def _frame(self):
        head, end, rest = self._left.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(re.search(rb"^(?:Content-Length|l) *: *(\d+)", head, re.M | re.I).group(1))
        if len(rest) < length:
            return None
        self._left = rest[length:]
        return (head + end + rest[:length]).decode()

    def receive(self, seconds):
        """The next message as text; None: none came. OSError where there is no connection any more."""
        while (text := self._frame()) is None:
            self._socket.settimeout(max(seconds, 0.001))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise ConnectionResetError("the gateway has closed the connection")
            self._left += data
        return text

    def close(self):
        self._socket.close()
