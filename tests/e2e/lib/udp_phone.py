"""A scripted party with a password, for one request at a time: sends what a test writes, and waits for its final answer."""
import hashlib
import re
import time

from .process import Failure
from .sip_party import SipParty


class UdpPhone(SipParty):
    """One user at one address of a laboratory's side."""

    def __init__(self, side, user, password="", port=5070):
        super().__init__(side, user, port)
        self.user, self.password, self.count = user, password, 0

    def ask(self, method, uri, to, *more, body=""):
        """A request of its own; returns its Call-ID."""
        self.count += 1
        call_id = f"{self.user}-{self.count}-{time.monotonic_ns()}"
        self.send([f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {self.host};branch=z9hG4bK{time.monotonic_ns()};rport",
                   "Max-Forwards: 70", f"From: <sip:{self.user}@{self.side.gateway}>;tag={self.user}{self.count}",
                   f"To: {to}", f"Call-ID: {call_id}", f"CSeq: {self.count} {method}", f"Contact: {self.contact}", *more],
                  body)
        return call_id

    def final(self, call_id):
        return self.wait(lambda message: message.status >= 200 and message["Call-ID"] == call_id, "a final answer")

    def asked(self, method, seconds=5):
        return self.wait(lambda message: message.method == method, method, seconds)

    def silent(self, method, seconds):
        try:
            self.asked(method, seconds)
        except Failure:
            return True
        return False

    def register(self, *more):
        """One REGISTER; the answer."""
        domain = f"sip:{self.side.gateway}"
        return self.final(self.ask("REGISTER", domain, f"<sip:{self.user}@{self.side.gateway}>", "Expires: 300", *more))

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
