"""A scripted SIP party over UDP with plain RTP: says what a test tells it to, message by message."""
import random
import re
import struct
import time

from .process import Failure

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
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self):
        return self["CSeq"].split()[1]

    def tag(self, name):
        found = re.search(r";tag=([^;>\s]+)", self[name])
        return found.group(1) if found else ""

    def media(self):
        """Where it wants audio."""
        address = re.search(r"^c=IN IP4 (\S+)", self.body, re.M).group(1)
        return address, int(re.search(r"^m=audio (\d+)", self.body, re.M).group(1))


class Dialog:
    """One call of a party."""

    def __init__(self, party, call_id, local, remote, target):
        self.party, self.call_id, self.local, self.remote, self.target = party, call_id, local, remote, target
        self.cseq = random.randrange(1, 1000)
        self.branch = ""
        self.rtp = party.side.namespace.udp_socket(party.side.client)
        self.rtp.settimeout(0.02)
        self.version = 0
        self.ssrc, self.sequence = random.getrandbits(32), random.randrange(65536)

    def sdp(self, more=""):
        self.version += 1
        port = self.rtp.getsockname()[1]
        address = self.party.side.client
        return (f"v=0\r\no=- {self.ssrc} {self.version} IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n{more}")

    def request(self, method, more=(), body="", cseq=None, kind="application/sdp"):
        """Sends one; returns its CSeq number."""
        if cseq is None:
            self.cseq += 1
        number = cseq or self.cseq
        self.branch = self.branch if method == "CANCEL" else f"z9hG4bK{random.getrandbits(64):x}"
        self.party.send([f"{method} {self.target} SIP/2.0",
                         f"Via: SIP/2.0/UDP {self.party.address}:{self.party.port};branch={self.branch};rport",
                         "Max-Forwards: 70", f"From: {self.local}", f"To: {self.remote}", f"Call-ID: {self.call_id}",
                         f"CSeq: {number} {method}", f"Contact: <sip:{self.party.name}@{self.party.address}:{self.party.port}>",
                         *more], body, kind)
        return number

    def ack(self, answer, body=""):
        self.remote = answer["To"]
        contact = re.search(r"<([^>]+)>", answer["Contact"])
        if contact:
            self.target = contact.group(1)
        self.request("ACK", body=body, cseq=int(answer["CSeq"].split()[0]))

    def wait(self, what, seconds=5):
        """The next message of this call with that status, or that method of a request."""
        return self.party.wait(lambda m: m["Call-ID"] == self.call_id and
                               (m.status == what if isinstance(what, int) else not m.status and m.method == what),
                               f"{what} in its call", seconds)

    def reply(self, request, status, more=(), body=""):
        tag = "" if request.tag("To") else f";tag={self.local_tag}"
        self.party.send([f"SIP/2.0 {status} Some", *(f"Via: {via}" for via in request.all("Via")),
                         *(f"Record-Route: {route}" for route in request.all("Record-Route")),
                         f"From: {request['From']}", f"To: {request['To']}{tag}", f"Call-ID: {self.call_id}",
                         f"CSeq: {request['CSeq']}", f"Contact: <sip:{self.party.name}@{self.party.address}:{self.party.port}>",
                         *more], body)

    @property
    def local_tag(self):
        return re.search(r";tag=([^;>\s]+)", self.local).group(1)

    @property
    def remote_tag(self):
        return re.search(r";tag=([^;>\s]+)", self.remote).group(1)

    def replaces(self):
        """As Replaces in a URI names it, seen by the other side of this dialog."""
        return f"{self.call_id}%3Bto-tag%3D{self.remote_tag}%3Bfrom-tag%3D{self.local_tag}".replace("@", "%40")

    def talk(self, to, packets=10, payload=0):
        for _ in range(packets):
            self.sequence = (self.sequence + 1) % 65536
            self.rtp.sendto(struct.pack("!BBHII", 0x80, payload, self.sequence, self.sequence * 160, self.ssrc) +
                            self.party.name.encode().ljust(160, b"\xff"), to)
            time.sleep(0.005)

    def hears(self):
        """Names of those whose packets have come since the last time."""
        heard = set()
        try:
            while True:
                heard.add(self.rtp.recv(2048)[12:].rstrip(b"\xff").decode(errors="replace"))
        except TimeoutError:
            return heard


class SipParty:
    """A party in the namespace of a laboratory's side."""

    def __init__(self, side, name, port):
        self.side, self.name, self.address = side, name, side.client
        self.socket = side.namespace.udp_socket(side.client, port)
        self.port = self.socket.getsockname()[1]
        self.gateway = (side.gateway, 5060)
        self.left = []

    def send(self, lines, body="", kind="application/sdp"):
        lines = list(lines)
        if body:
            lines.append(f"Content-Type: {kind}")
        lines += [f"Content-Length: {len(body)}", "", body]
        self.socket.sendto("\r\n".join(lines).encode(), self.gateway)

    def wait(self, fits, what, seconds=5):
        """The first message that fits, of those that nobody has waited for yet."""
        end = time.monotonic() + seconds
        while True:
            for message in self.left:
                if fits(message):
                    self.left.remove(message)
                    return message
            left = end - time.monotonic()
            if left <= 0:
                raise Failure(f"{self.name}: {what} did not come; there were {[m.start for m in self.left]}")
            self.socket.settimeout(left)
            try:
                self.left.append(Message(self.socket.recv(65536).decode()))
            except TimeoutError:
                pass

    def forget(self):
        """Drops what came and nobody waited for (copies that were sent again)."""
        self.socket.settimeout(0.05)
        try:
            while True:
                self.socket.recv(65536)
        except TimeoutError:
            self.left = []

    def new_dialog(self, number):
        call_id = f"{random.getrandbits(64):x}@{self.address}"
        return Dialog(self, call_id, f"<sip:{self.name}@{self.side.gateway}>;tag={random.getrandbits(40):x}",
                      f"<sip:{number}@{self.side.gateway}>", f"sip:{number}@{self.side.gateway}")

    def register(self):
        dialog = self.new_dialog(self.name)
        dialog.target = f"sip:{self.side.gateway}"
        dialog.request("REGISTER", ["Expires: 300"])
        dialog.wait(200)

    def call(self, number, more=(), body=None):
        """Sends an INVITE with an offer."""
        dialog = self.new_dialog(number)
        dialog.invite_cseq = dialog.request("INVITE", more, dialog.sdp() if body is None else body)
        return dialog

    def called(self, seconds=5):
        """An INVITE that came in, and its dialog."""
        invite = self.wait(lambda m: not m.status and m.method == "INVITE" and not m.tag("To"), "an INVITE", seconds)
        contact = re.search(r"<([^>]+)>", invite["Contact"]).group(1)
        dialog = Dialog(self, invite["Call-ID"], f"{invite['To']};tag={random.getrandbits(40):x}", invite["From"], contact)
        return dialog, invite


def connect(caller, callee, number):
    """A call that is up: both dialogs, and where each sends its RTP."""
    mine = caller.call(number)
    theirs, invite = callee.called()
    theirs.reply(invite, 180)
    mine.wait(180)
    theirs.reply(invite, 200, body=theirs.sdp())
    answer = mine.wait(200)
    mine.ack(answer)
    theirs.wait("ACK")
    mine.to, theirs.to = answer.media(), invite.media()
    return mine, theirs
