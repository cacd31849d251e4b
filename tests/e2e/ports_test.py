#!/usr/bin/env python3
"""Nothing but the configured ports is open, and nothing answers on the rest (requirement O3): every TCP and every UDP port
of the gateway's address is tried from the other namespace."""
import errno
import socket
import struct
from collections import Counter

from lib.gateway import Gateway, lab_sections, stream_side
from lib.lab import Lab, missing
from lib.process import wait_until
from lib.sip_party import SipParty
from lib.tap import main

MEDIA = range(20000, 40000)
STREAM_PORTS = {20000, 20001}   # RTP and RTCP of the one stream, at the address that is scanned
ICMP_UNREACHABLE = 3
BATCH = 1000
_ICMP_QUOTED_PORT = 20 + 8 + 20 + 2  # outer IP header, ICMP header, quoted IP header, quoted source port


def gateway_with_a_stream(lab):
    sections = lab_sections(lab)
    sections["stream.only"] = {**stream_side("a", (lab.rtp.gateway, 20000), (lab.rtp.client, 30000)),
                               **stream_side("b", (lab.srtp.gateway, 20002), (lab.srtp.client, 30000))}
    gateway = Gateway(lab, sections).start()
    gateway.wait_for_next_hops()
    return gateway


def drops(gateway):
    total = Counter()
    for worker in gateway.json("stats")["workers"]:
        total.update(worker["drops"])
    return total


def open_tcp_ports(lab, address):
    """Those of all 65535 that take a connection, or do not refuse it at once."""
    found = []
    for first in range(1, 65536, BATCH):
        ports = range(first, min(first + BATCH, 65536))
        for port, probe in zip(ports, lab.rtp.namespace.sockets(len(ports), socket.AF_INET, socket.SOCK_STREAM)):
            probe.settimeout(0.5)
            if probe.connect_ex((address, port)) != errno.ECONNREFUSED:
                found.append(port)
            probe.close()
    return found


def tcp(tap):
    """TCP"""
    with Lab() as lab:
        gateway_with_a_stream(lab)
        tap.equal(open_tcp_ports(lab, lab.rtp.gateway), [], "every one of 65535 TCP ports is refused by Linux")
        listening = lab.gw.run("ss", "-Htuln").stdout
        tap.equal(listening, "", "the gateway's namespace has no listening socket of its own")


def sip(tap):
    """with SIP on UDP, TCP and TLS"""
    with Lab() as lab:
        sections = lab_sections(lab)
        address = lab.rtp.gateway
        sections["sip"] = {"listen": [f"udp:{address}:5060", f"tcp:{address}:5060", f"tls:{address}:5061"]}
        sections["tls"] = {"folder": lab.path("tls")}
        sections["line.ann"] = {"port": lab.rtp.port}
        gateway = Gateway(lab, sections).start()
        tap.equal(open_tcp_ports(lab, address), [5060, 5061], "of 65535 TCP ports those of [sip] listen are open")
        listening = [line.split() for line in lab.gw.run("ss", "-Htuln").stdout.splitlines()]
        tap.equal({(words[0], words[4]) for words in listening}, {("udp", f"{address}:5060"), ("tcp", f"{address}:5060"), ("tcp", f"{address}:5061")},
                  "Linux listens nowhere else in the gateway's namespace")
        with lab.rtp.namespace.udp_socket(lab.rtp.client) as probe:
            ask_everywhere(gateway, probe, address)
            tap.equal(received(probe), [], "no UDP port answers what is no SIP")
        ann = SipParty(lab.rtp, "ann")
        ann.register()
        tap.ok(True, "that of SIP is open all the same")


def udp(tap):
    """UDP"""
    with Lab() as lab:
        gateway = gateway_with_a_stream(lab)
        address = lab.rtp.gateway
        with lab.rtp.namespace.udp_socket(lab.rtp.client) as probe, raw_icmp(lab) as icmp:
            unused = ask_everywhere(gateway, probe, address, STREAM_PORTS)
            answers, unreachable = received(probe), quoted_ports(icmp)
        tap.equal(answers, [], "no UDP port answers")
        tap.equal(drops(gateway)["no_stream"], unused, f"datagrams to the {unused} unused media ports: dropped, counted")
        tap.ok(unreachable and not unreachable & set(MEDIA), "ICMP says unreachable for Linux's ports and is silent for media",
               f"{len(unreachable)} ports, of media: {sorted(unreachable & set(MEDIA))[:5]}")
        refused = gateway.sides("only")["a"]["dropped"]
        tap.ok(sum(refused.values()) == len(STREAM_PORTS), "what is no RTP is dropped by the stream and counted", refused)
        tap.ok(gateway.balanced(), "every packet is accounted for", gateway.json("stats"))


def ask_everywhere(gateway, probe, address, taken=frozenset()):
    """A datagram to every UDP port. How many went to media ports that no stream has `taken`."""
    probe.setblocking(False)
    unused = 0
    for first in range(1, 65536, BATCH):
        ports = range(first, min(first + BATCH, 65536))
        for port in ports:
            probe.sendto(b"who is there?", (address, port))
        unused += len(set(ports) & set(MEDIA) - taken)
        wait_until(lambda: drops(gateway)["no_stream"] >= unused, 5,
                   f"{unused} datagrams to unused media ports are counted")  # and none is left in a queue
    return unused


def raw_icmp(lab):
    """All ICMP that comes to the scanning party."""
    icmp = lab.rtp.namespace.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    icmp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    return icmp


def received(probe):
    """Datagrams that wait in a socket, and where they came from."""
    found = []
    while True:
        try:
            found.append(probe.recvfrom(2048))
        except (BlockingIOError, ConnectionRefusedError):
            return found


def quoted_ports(icmp):
    """The UDP ports that ICMP called unreachable."""
    ports = set()
    icmp.setblocking(False)
    while True:
        try:
            packet = icmp.recv(2048)
        except BlockingIOError:
            return ports
        if packet[20] == ICMP_UNREACHABLE and len(packet) >= _ICMP_QUOTED_PORT + 2:
            ports.add(struct.unpack_from("!H", packet, _ICMP_QUOTED_PORT)[0])


if __name__ == "__main__":
    main([tcp, sip, udp], missing())
