"""A scripted SIP party, over UDP with plain RTP or over TLS with keys: says what a test tells it to, message by message."""
import random
import re
import struct
import time

from .process import Failure
from .sip_message import Message, TlsWire, UdpWire
from .suites import MasterKey

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
        self.key = MasterKey.random("AES_CM_128_HMAC_SHA1_80") if party.secure else None

    def sdp(self, *attributes):
        """Audio at its own port, as every phone offers it; with a key where the party is secure."""
        crypto = [f"crypto:1 {self.key.suite} inline:{self.key.base64}"] if self.key else []
        return self.describe(self.rtp.getsockname()[1], "RTP/SAVP" if self.key else "RTP/AVP", "rtpmap:0 PCMU/8000",
                             "rtpmap:101 telephone-event/8000", *crypto, *attributes, payloads="0 101")

    def describe(self, port, profile, *attributes, payloads="0"):
        """Audio somewhere."""
        self.version += 1
        address = self.party.address
        lines = ["v=0", f"o=- {self.ssrc} {self.version} IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
                 f"m=audio {port} {profile} {payloads}", *(f"a={attribute}" for attribute in attributes)]
        return "\r\n".join([*lines, ""])

    def request(self, method, more=(), body="", cseq=None, kind="application/sdp"):
        """Sends one; returns its CSeq number."""
        if cseq is None:
            self.cseq += 1
        number = cseq or self.cseq
        self.branch = self.branch if method == "CANCEL" else f"z9hG4bK{random.getrandbits(64):x}"
        self.party.send([f"{method} {self.target} SIP/2.0",
                         f"Via: SIP/2.0/{self.party.protocol} {self.party.host};branch={self.branch};rport",
                         "Max-Forwards: 70", f"From: {self.local}", f"To: {self.remote}", f"Call-ID: {self.call_id}",
                         f"CSeq: {number} {method}", f"Contact: {self.party.contact}", *more], body, kind)
        return number

    def invite(self, more=(), body=""):
        self.invite_cseq = self.request("INVITE", more, body)

    def reinvite(self, offer, other, answer):
        """A further INVITE, that `other` answers at the far end."""
        self.invite(body=offer)
        other.reply(other.wait("INVITE"), 200, body=answer)
        self.ack(self.wait(200))
        other.wait("ACK")

    def ack(self, answer, body=""):
        self.remote = answer["To"]
        contact = re.search(r"<([^>]+)>", answer["Contact"])
        if contact:
            self.target = contact.group(1)
        self.request("ACK", body=body, cseq=int(answer["CSeq"].split()[0]))

    def wait(self, what, seconds=5):
        """The next message of this call with that status, or that method of a request."""
        return self.party.wait(lambda m: m["Call-ID"] == self.call_id and
                               (m.status if isinstance(what, int) else m.method) == what,
                               f"{what} in its call", seconds)

    def quiet(self, method):
        """Whether no request of that method has come that nobody waited for."""
        while self.party.take(0.01):
            pass
        return all((message["Call-ID"], message.method) != (self.call_id, method) for message in self.party.left)

    def reply(self, request, status, more=(), body=""):
        self.party.reply(request, status, more, body, self.local_tag)

    @property
    def local_tag(self):
        return re.search(r";tag=([^;>\s]+)", self.local).group(1)

    @property
    def remote_tag(self):
        return re.search(r";tag=([^;>\s]+)", self.remote).group(1)

    def replaces(self):
        """As Replaces in a URI names it, seen by the other side of this dialog."""
        return f"{self.call_id}%3Bto-tag%3D{self.remote_tag}%3Bfrom-tag%3D{self.local_tag}".replace("@", "%40")

    def refer(self, target):
        """Sends REFER and takes its 202 and first NOTIFY."""
        self.request("REFER", [f"Refer-To: <{target}>"])
        self.wait(202)
        first = self.wait("NOTIFY")
        self.reply(first, 200)
        return first

    def last_notify(self):
        """What the NOTIFY said that ended the subscription."""
        while True:
            notify = self.wait("NOTIFY")
            self.reply(notify, 200)
            if notify["Subscription-State"].startswith("terminated"):
                return notify.body.split()[1]

    def talk(self, to, packets, payload=0):
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
    """A party in the namespace of a laboratory's side: at a UDP port, or by TLS where it has a certificate. One by TLS
    offers SRTP, and sends none."""

    def __init__(self, side, name, port=0, certificate=None):
        self.side, self.name, self.address, self.secure = side, name, side.client, certificate is not None
        self._wire = TlsWire(side, certificate) if certificate else UdpWire(side, port)
        self.protocol, self.host = self._wire.protocol, f"{self.address}:{self._wire.port}"
        self.contact = f"<sip:{name}@{self.host}{';transport=tls' if self.secure else ''}>"
        self.left, self._taken = [], set()

    def send(self, lines, body="", kind="application/sdp"):
        lines = list(lines)
        if body:
            lines.append(f"Content-Type: {kind}")
        lines += [f"Content-Length: {len(body)}", "", body]
        self._wire.send("\r\n".join(lines))

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
            self.take(left)

    def take(self, seconds):
        """Reads a message. False: none came. OPTIONS are answered; a request that comes again is left out."""
        text = self._wire.receive(seconds)
        if text is None:
            return False
        message = Message(text)
        if message.method == "OPTIONS":
            self.reply(message, 200)
        elif not message.method or (message["Via"], message["CSeq"]) not in self._taken:
            self.left.append(message)
        if message.method:
            self._taken.add((message["Via"], message["CSeq"]))
        return True

    def reply(self, request, status, more=(), body="", tag=""):
        """`tag`: of the To header, where it has none."""
        to = request["To"] if request.tag("To") else f"{request['To']};tag={tag or self.name}"
        self.send([f"SIP/2.0 {status} Some", *(f"Via: {via}" for via in request.all("Via")),
                   *(f"Record-Route: {route}" for route in request.all("Record-Route")),
                   f"From: {request['From']}", f"To: {to}", f"Call-ID: {request['Call-ID']}", f"CSeq: {request['CSeq']}",
                   f"Contact: {self.contact}", *more], body)

    def close(self):
        self._wire.close()

    def forget(self):
        """Drops what came and nobody waited for (copies that were sent again)."""
        while self.take(0.05):
            pass
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
        dialog.invite(more, dialog.sdp() if body is None else body)
        return dialog

    def call_phone(self, number):
        """A call that is up, to a phone that answers by itself."""
        dialog = self.call(number)
        dialog.ack(dialog.wait(200))
        return dialog

    def called(self, seconds=5):
        """An INVITE that came in, and its dialog."""
        invite = self.wait(lambda m: m.method == "INVITE" and not m.tag("To"), "an INVITE", seconds)
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
