"""A SIP party by script, over UDP: what it sends and answers is written down in a test, message by message."""
import re
import secrets
import time

from .process import Failure


class Message:
    """A request or an answer; headers by their names in lower case, of those that repeat the first."""

    def __init__(self, data):
        head, _, self.body = data.decode().partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.lines = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        self.headers = {}
        for name, value in self.lines:
            self.headers.setdefault(name.lower(), value)

    @property
    def method(self):
        return None if self.start.startswith("SIP/2.0") else self.start.split()[0]

    @property
    def status(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else None

    def keys(self):
        """What stands behind inline: in its description, without lifetimes."""
        return re.findall(r"inline:([^|\s]+)", self.body)

    def media_port(self):
        return int(re.search(r"m=audio (\d+)", self.body).group(1))


class Peer:
    """One party in the namespace of a laboratory's side, at port 5060, in one dialog at a time."""

    def __init__(self, side, name):
        self.side, self.name = side, name
        self.socket = side.namespace.udp_socket(side.client, 5060)
        self.socket.settimeout(0.1)
        self.requests = []  # all that were taken, but OPTIONS
        self.dialog = None
        self.cseq = 0

    def close(self):
        self.socket.close()

    def _send(self, text):
        self.socket.sendto(text.encode(), (self.side.gateway, 5060))

    def _next(self, deadline, what):
        """The next message; OPTIONS are answered and left out, requests that come again as well."""
        while time.monotonic() < deadline:
            try:
                message = Message(self.socket.recv(65535))
            except TimeoutError:
                continue
            if message.method == "OPTIONS":
                self.answer(message, 200)
            elif message.method is None or message.headers["via"] not in [r.headers["via"] for r in self.requests]:
                return message
        raise Failure(f"{self.name}: no {what}")

    def wait_for(self, method, seconds=10):
        """The next request of that method, once."""
        deadline = time.monotonic() + seconds
        while True:
            message = self._next(deadline, method)
            if message.method:
                self.requests.append(message)
            if message.method == method:
                return message

    def quiet(self, seconds):
        """Whether no request comes for so long."""
        try:
            request = self._next(time.monotonic() + seconds, "request")
        except Failure:
            return True
        self.requests.append(request)
        return False

    def answer(self, request, status, body=""):
        to = request.headers["to"]
        if "tag=" not in to:
            to += f";tag={self.name}"
        lines = [f"SIP/2.0 {status} Scripted"]
        lines += [f"Via: {value}" for name, value in request.lines if name.lower() == "via"]
        lines += [f"From: {request.headers['from']}", f"To: {to}", f"Call-ID: {request.headers['call-id']}",
                  f"CSeq: {request.headers['cseq']}", f"Contact: <sip:{self.name}@{self.side.client}:5060>"]
        self._send(self._with_body(lines, body))

    @staticmethod
    def _with_body(lines, body):
        if body:
            lines.append("Content-Type: application/sdp")
        return "\r\n".join(lines + [f"Content-Length: {len(body)}", "", body])

    def request(self, method, body="", cseq=None):
        """Within the dialog that invite() began."""
        uri, call_id, mine, theirs = self.dialog
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/UDP {self.side.client}:5060;branch=z9hG4bK{secrets.token_hex(8)}",
                 "Max-Forwards: 70", f"From: {mine}", f"To: {theirs}", f"Call-ID: {call_id}", f"CSeq: {cseq} {method}",
                 f"Contact: <sip:{self.name}@{self.side.client}:5060>"]
        self._send(self._with_body(lines, body))

    def request_call(self, number, body):
        """An INVITE that begins a dialog; answered() is to follow."""
        uri = f"sip:{number}@{self.side.gateway}"
        self.dialog = (uri, secrets.token_hex(8), f"<sip:{self.name}@{self.side.client}>;tag=1", f"<{uri}>")
        self.request("INVITE", body)

    def answered(self):
        """The final answer to the latest INVITE, a 200; acknowledged."""
        deadline = time.monotonic() + 10
        while True:
            message = self._next(deadline, "answer to INVITE")
            if message.method is None and message.status >= 200:
                break
        if message.status != 200:
            raise Failure(f"{self.name}: {message.start}")
        contact = re.search(r"<(.*?)>", message.headers["contact"]).group(1)
        self.dialog = (contact, *self.dialog[1:3], message.headers["to"])
        self.request("ACK", cseq=self.cseq)
        return message

    def invite_within(self, offer, other, answer):
        """A re-INVITE, that `other` answers at the far end."""
        self.request("INVITE", offer)
        other.answer(other.wait_for("INVITE"), 200, answer)
        self.answered()
        other.wait_for("ACK")

    def sdp(self, port, profile="RTP/AVP", *attributes, payload=0):
        lines = ["v=0", f"o=- 1 {secrets.randbelow(10**9)} IN IP4 {self.side.client}", "s=-",
                 f"c=IN IP4 {self.side.client}", "t=0 0", f"m=audio {port} {profile} {payload}"]
        return "\r\n".join(lines + [f"a={attribute}" for attribute in attributes]) + "\r\n"
