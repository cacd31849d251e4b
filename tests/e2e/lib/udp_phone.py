"""A phone of a UDP socket and a few lines: sends the SIP requests that a test writes, and sees every byte of the
answers and of what the gateway asks of it."""
import hashlib
import re
import time

from .process import Failure


class Message:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        match = re.match(r"SIP/2.0 (\d+)", self.start)
        self.status = int(match.group(1)) if match else None
        self.method = None if match else self.start.split()[0]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def value(self, name):
        return next(iter(self.all(name)), "")


class UdpPhone:
    """One user at one address of a laboratory's side."""

    def __init__(self, side, user, password="", port=5070):
        self.side, self.user, self.password, self.port = side, user, password, port
        self.udp = side.namespace.udp_socket(side.client, port)
        self.count = 0

    @property
    def contact(self):
        return f"<sip:{self.user}@{self.side.client}:{self.port}>"

    def send(self, method, uri, to, *more, body="", call_id=None):
        """A request of its own; returns its Call-ID."""
        self.count += 1
        call_id = call_id or f"{self.user}-{self.count}-{time.monotonic_ns()}"
        kind = ["Content-Type: application/sdp"] if body else []
        self._put([f"{method} {uri} SIP/2.0",
                   f"Via: SIP/2.0/UDP {self.side.client}:{self.port};branch=z9hG4bK{time.monotonic_ns()};rport",
                   "Max-Forwards: 70", f"From: <sip:{self.user}@{self.side.gateway}>;tag={self.user}{self.count}",
                   f"To: {to}", f"Call-ID: {call_id}", f"CSeq: {self.count} {method}", f"Contact: {self.contact}",
                   *more, *kind], body)
        return call_id

    def _put(self, lines, body=""):
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        self.udp.sendto(text.encode(), (self.side.gateway, 5060))

    def receive(self, seconds, wanted, what):
        """The next message for which wanted(message) is true; others are passed over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.udp.settimeout(left)
            try:
                message = Message(self.udp.recv(65536).decode())
            except TimeoutError:
                break
            if wanted(message):
                return message
        raise Failure(f"{self.user} has not seen {what} within {seconds} s")

    def final(self, call_id, seconds=5):
        return self.receive(seconds, lambda m: m.status and m.status >= 200 and m.value("Call-ID") == call_id,
                            "a final answer")

    def asked(self, method, seconds=5):
        return self.receive(seconds, lambda m: m.method == method, method)

    def silent(self, method, seconds=1):
        try:
            self.asked(method, seconds)
        except Failure:
            return True
        return False

    def answer(self, request, status, *more, body=""):
        same = [f"{key}: {value}" for key, value in request.headers if key in ("Via", "From", "Call-ID", "CSeq")]
        to = request.value("To")
        kind = ["Content-Type: application/sdp"] if body else []
        tag = "" if ";tag=" in to else f";tag=a{self.user}"
        self._put([f"SIP/2.0 {status} Answer", *same, f"To: {to}{tag}", f"Contact: {self.contact}", *more, *kind], body)

    def register(self, *more):
        """One REGISTER; the answer."""
        domain = f"sip:{self.side.gateway}"
        return self.final(self.send("REGISTER", domain, f"<sip:{self.user}@{self.side.gateway}>", "Expires: 300", *more))

    def credentials(self, challenge, count=1, method="REGISTER", uri=None):
        """The Authorization that a 401 asks for, by MD5; `uri`: of the request, else the gateway's."""
        values = [value for value in challenge.all("WWW-Authenticate") if "algorithm=MD5" in value]
        realm, nonce = (re.search(rf'{name}="([^"]*)"', values[0]).group(1) for name in ("realm", "nonce"))
        uri = uri or f"sip:{self.side.gateway}"

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        secret = md5(f"{self.user}:{realm}:{self.password}")
        response = md5(f"{secret}:{nonce}:{count:08x}:cn:auth:{md5(f'{method}:{uri}')}")
        return (f'Authorization: Digest username="{self.user}",realm="{realm}",nonce="{nonce}",uri="{uri}",'
                f'algorithm=MD5,qop=auth,nc={count:08x},cnonce="cn",response="{response}"')

    def close(self):
        self.udp.close()
