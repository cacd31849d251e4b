#!/usr/bin/env python3
"""Traffic of the kernel path's end-to-end test, at the far end of the cable and (servers) in the gateway's namespace.

Run as a program inside a namespace: `serve CERT KEY ADDRESS...` or `load JSON`; see main().
"""

import concurrent.futures
import hashlib
import json
import re
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time

TLS_PORT, UDP_PORT = 4433, 5060
TRANSFER_BYTES = 20_000_000
STALL_SECONDS = 5.0  # a connection that moves nothing for so long has stalled
# Media and pings compete with TCP for a veth's 256 slots and a TAP's queue; what these cannot hold is lost on the wire,
# as in any network.
MEDIA_SHARE = 0.98
PING_SHARE = 0.9
BLOCK = bytes(range(256)) * 64


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def blocks(total):
    for start in range(0, total, len(BLOCK)):
        yield BLOCK[:total - start]


def expected_digest(total):
    digest = hashlib.sha256()
    for block in blocks(total):
        digest.update(block)
    return digest.hexdigest()


def read_exactly(stream, total):
    digest = hashlib.sha256()
    while total:
        block = stream.recv(min(65536, total))
        if not block:
            raise ConnectionError(f"closed {total} bytes too early")
        digest.update(block)
        total -= len(block)
    return digest.hexdigest()


# -- servers, behind the gateway's addresses

class TlsHandler(socketserver.BaseRequestHandler):
    """One request of 16 bytes, GET or PUT and a length; GET is answered with the bytes, PUT with their digest."""

    def handle(self):
        self.request.settimeout(STALL_SECONDS)
        verb, length = self.request.recv(16).decode().split()
        if verb == "GET":
            for block in blocks(int(length)):
                self.request.sendall(block)
        else:
            self.request.sendall(read_exactly(self.request, int(length)).encode())


class TlsServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address, context):
        self.address_family = family(address)
        self.context = context
        super().__init__((address, TLS_PORT), TlsHandler)

    def get_request(self):
        stream, peer = super().get_request()
        return self.context.wrap_socket(stream, server_side=True), peer


def echo_udp(address):
    service = socket.socket(family(address), socket.SOCK_DGRAM)
    service.bind((address, UDP_PORT))
    while True:
        data, peer = service.recvfrom(2048)
        service.sendto(data, peer)


def serve(certificate, key, *addresses):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    for address in addresses:
        threading.Thread(target=TlsServer(address, context).serve_forever, daemon=True).start()
        threading.Thread(target=echo_udp, args=(address,), daemon=True).start()
    print("SERVING", flush=True)
    threading.Event().wait()


# -- load, from the peer: each returns a dictionary of figures, and raises where something went wrong

def transfer(address, verb, _):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    begin = time.monotonic()
    with socket.create_connection((address, TLS_PORT), STALL_SECONDS) as plain:
        with context.wrap_socket(plain) as stream:
            stream.sendall(f"{verb} {TRANSFER_BYTES}".ljust(16).encode())
            if verb == "GET":
                digest = read_exactly(stream, TRANSFER_BYTES)
            else:
                for block in blocks(TRANSFER_BYTES):
                    stream.sendall(block)
                digest = stream.recv(64).decode()
    if digest != expected_digest(TRANSFER_BYTES):
        raise ValueError(f"{verb} over {address}: the bytes are not those that were sent")
    return {"seconds": round(time.monotonic() - begin, 2)}


def ping(address, _, plan):
    count = plan["pings"]
    done = subprocess.run(["ping", "-n", "-c", str(count), "-i", "0.1", "-W", "2", address], capture_output=True,
                          text=True, timeout=60, check=False)
    received = re.search(r"(\d+) received", done.stdout)
    if "DUP!" in done.stdout or "duplicates" in done.stdout:
        raise ValueError(f"ping {address}: duplicates\n{done.stdout}")
    answered = int(received.group(1)) if received else 0
    if answered < PING_SHARE * count:
        raise ValueError(f"ping {address}: {answered} of {count} answered\n{done.stdout}{done.stderr}")
    return {"answered": answered}


def rtp(sequence):
    """G.711, 20 ms: version 2, payload type 0 (RFC 3550 5.1)."""
    return struct.pack("!BBHII", 0x80, 0, sequence, sequence * 160, 0x5A11) + bytes([sequence & 0xFF]) * 160


def media(address, leg, plan):
    """Packets to the gateway's port leg[1] from our leg[0] must arrive at our leg[2] from its leg[3], each once."""
    source, target, arrival, origin = leg
    own = plan["peers"][address]
    receiver = sender = socket.socket(family(address), socket.SOCK_DGRAM)
    sender.bind((own, source))
    if arrival != source:
        receiver = socket.socket(family(address), socket.SOCK_DGRAM)
        receiver.bind((own, arrival))
    receiver.settimeout(0.02)
    if arrival == source:
        sender.connect((address, target))  # so that an ICMP error is told to us
    received, strays = [], 0
    end = None
    sent = 0
    while end is None or time.monotonic() < end:
        if sent < plan["media"]:
            packet = rtp(sent)
            sender.send(packet) if arrival == source else sender.sendto(packet, (address, target))
            sent += 1
            end = time.monotonic() + 1.0
        try:
            data, peer = receiver.recvfrom(2048)
            if peer[1] != origin or len(data) != 172:
                strays += 1
            else:
                received.append(struct.unpack_from("!4xI", data)[0])  # by timestamp: it may have a new sequence number
        except TimeoutError:
            pass
    if len(received) < MEDIA_SHARE * sent or len(set(received)) != len(received) or strays:
        raise ValueError(f"media {address} {leg}: {sent} sent, {len(received)} came back, "
                         f"{len(set(received))} different ones, {strays} strays")
    return {"passed": len(received)}


def unwanted_media(address, _, plan):
    """Media that nobody waits for, whole and in fragments: nothing may come back, least of all an ICMP error."""
    knock = socket.socket(family(address), socket.SOCK_DGRAM)
    knock.settimeout(1.0)
    knock.connect((address, plan["unused_port"]))
    for size in (172, 4000, 172, 4000):
        knock.send(bytes(size))
        time.sleep(0.05)
    try:
        knock.recv(2048)
    except TimeoutError:
        return {"silent": True}
    raise ValueError(f"media to the unused port {plan['unused_port']} of {address} was answered")


def kernel_udp(address, _, plan):
    """A service of Linux's own; two of its datagrams come in fragments where the cable carries them."""
    client = socket.socket(family(address), socket.SOCK_DGRAM)
    client.settimeout(2.0)
    client.connect((address, UDP_PORT))
    for number in range(10):
        text = bytes([number]) * (1900 if plan["fragments"] and number in (3, 7) else 100)
        client.send(text)
        try:
            answer = client.recv(4096)
        except TimeoutError:
            answer = None
        if answer != text:
            raise ValueError(f"UDP {UDP_PORT} of {address}: datagram {number} of {len(text)} bytes was answered by "
                             f"{'nothing' if answer is None else 'something else'}")
    return {"answered": 10}


def load(plan):
    """Everything at once."""
    jobs = []
    for address, legs in plan["addresses"].items():
        jobs += [(f"download {address}", transfer, address, "GET"), (f"upload {address}", transfer, address, "PUT"),
                 (f"ping {address}", ping, address, None), (f"udp {address}", kernel_udp, address, None),
                 (f"unwanted media {address}", unwanted_media, address, None)]
        jobs += [(f"media {address} to {leg[1]}", media, address, leg) for leg in legs]
    report = {}
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        running = {name: pool.submit(work, address, detail, plan) for name, work, address, detail in jobs}
        for name, job in running.items():
            try:
                report[name] = job.result()
            except Exception as error:  # pylint: disable=broad-except; every kind of it belongs into the report
                report[name] = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(report))


def main():
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        load(json.loads(sys.argv[2]))


if __name__ == "__main__":
    main()
