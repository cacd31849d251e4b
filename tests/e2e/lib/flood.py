#!/usr/bin/env python3
"""A peer that means no good, run inside a namespace: floods by UDP, or wears out connections, for so many seconds.

    flood.py datagrams|connections FROM TO SECONDS [PER_SECOND]

Prints what it saw as one line of JSON. Its pace is bounded: what counts is that it is far beyond the gateway's limits."""
import json
import re
import socket
import sys
import time

HALF_OPEN = 500
SLOW = 20


def request(method, number, source, more="", length=0):
    """A sound request of somebody who is no line."""
    return (f"{method} sip:100@gw.test SIP/2.0\r\nVia: SIP/2.0/UDP {source}:5060;branch=z9hG4bK{number:x};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:mallory@gw.test>;tag=m{number}\r\nTo: <sip:100@gw.test>{more}\r\n"
            f"Call-ID: {number}@{source}\r\nCSeq: 1 {method}\r\nContact: <sip:mallory@{source}>\r\n"
            f"Content-Length: {length}\r\n\r\n").encode()


def datagrams(source, target, seconds, per_second):
    """INVITE, REGISTER, requests of calls that are none, lies about lengths, huge ones and noise."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((source, 5060))
    udp.setblocking(False)
    noise = bytes(range(256)) * 4
    makers = [lambda n: request("INVITE", n, source), lambda n: request("REGISTER", n, source),
              lambda n: request("INVITE", n, source), lambda n: request("OPTIONS", n, source),
              lambda n: request("BYE", n, source, ";tag=none"), lambda n: request("INVITE", n, source, ";tag=none"),
              lambda n: request("INVITE", n, source, length=999999999), lambda n: request("INVITE", n, source, length=100),
              lambda n: request("INVITE", n, source).replace(b"Call-ID", b"Called"),
              lambda n: noise[n % 256:], lambda n: request("INVITE", n, source, length=60000) + bytes(60000) if n % 97 == 0
              else b"SIP/2.0 200 OK\r\n\r\n"]
    seen = {"sent": 0, "503": 0, "without Retry-After": 0}
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        while seen["sent"] < now * per_second:
            try:
                udp.sendto(makers[seen["sent"] % len(makers)](seen["sent"]), (target, 5060))
            except BlockingIOError:
                pass
            seen["sent"] += 1
        hear(udp, seen)
        time.sleep(0.002)
    time.sleep(0.5)
    hear(udp, seen)
    return seen


def hear(udp, seen):
    while True:
        try:
            answer = udp.recv(65536)
        except (BlockingIOError, ConnectionError):
            return
        status = answer.split(b" ", 2)[1].decode()
        seen[status] = seen.get(status, 0) + 1
        if status == "503" and not re.search(rb"\r\nRetry-After: \d+\r\n", answer):
            seen["without Retry-After"] += 1


def connected(source, address):
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.bind((source, 0))
    tcp.settimeout(5)
    tcp.connect(address)
    return tcp


def connections(source, target, seconds, _):
    """Handshakes that stop half-way, messages that never end, and messages that are too large."""
    slow = [connected(source, (target, 5060)) for _ in range(SLOW)]
    large = {"length that lies": connected(source, (target, 5060)), "head without an end": connected(source, (target, 5060))}
    give(large["length that lies"], request("INVITE", 1, source, length=999999999).replace(b"UDP", b"TCP"))
    give(large["head without an end"], request("INVITE", 2, source).replace(b"UDP", b"TCP")[:-2] + b"X: " + b"x" * 100_000)
    seen = {name: first_line(tcp) for name, tcp in large.items()}
    half_open = [connected(source, (target, 5061)) for _ in range(HALF_OPEN)]
    for tcp in half_open[::2]:
        give(tcp, b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
    text = request("INVITE", 3, source, length=60_000).replace(b"UDP", b"TCP")
    began = time.monotonic()
    sent = 0
    while time.monotonic() - began < seconds:
        for tcp in slow:
            give(tcp, text[sent:sent + 1])
        sent += 1
        time.sleep(0.1)
    seen["half open left"] = sum(not ended(tcp) for tcp in half_open)
    seen["slow left"] = sum(not ended(tcp) for tcp in slow)
    return seen


def give(tcp, data):
    try:
        tcp.sendall(data)
    except OSError:
        pass


def first_line(tcp):
    try:
        return tcp.recv(4096).split(b"\r\n")[0].decode()
    except OSError as error:
        return str(error)


def ended(tcp):
    """Whether the other side has closed it."""
    try:
        tcp.setblocking(False)
        return tcp.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


if __name__ == "__main__":
    kind, mine, theirs, length, *pace = sys.argv[1:]
    run = {"datagrams": datagrams, "connections": connections}[kind]
    print(json.dumps(run(mine, theirs, float(length), int(*pace) if pace else 0)))
