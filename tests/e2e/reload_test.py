#!/usr/bin/env python3
"""What keys remember over reloads (requirements M1, M5; field cases 13, 16, 24): a stream that goes elsewhere with its
keys accepts no packet twice and uses no keystream twice, and a key that was in use comes back nowhere else."""
import os
import struct
import time
from collections import defaultdict
from contextlib import ExitStack, closing

from lib.capture import Capture
from lib.gateway import endpoint
from lib.lab import missing, program
from lib.process import wait_until
from lib.streams import SUITE, laboratory, numbering_faults, pass_media, stop_when_settled
from lib.tap import main
from lib.traffic import Traffic, numbering_fault

#: SRTCP's index and tag are the last bytes (RFC 3711 3.4).
SRTCP_INDEX = slice(-14, -10)


class Recorder:
    """Somebody on the wire: keeps every packet that the secure party protects."""

    def __init__(self, protect):
        self.protect, self.packets = protect, []

    def __call__(self, packet):
        self.packets.append(self.protect(packet))
        return self.packets[-1]


class Call:
    """Media and RTCP both ways through stream s0, wherever a reload takes it."""

    def __init__(self, lab, streams, gateway, stack):
        self.lab, self.streams, self.gateway = lab, streams, gateway
        self.section = streams.sections["stream.s0"]
        self.wire = Recorder(streams.protector(stack, 0))
        self.plain = stack.enter_context(closing(streams.plain_flow(0)))
        self.secure = stack.enter_context(closing(streams.secure_flow(0, self.wire)))
        self.rtcp = stack.enter_context(closing(lab.rtp.namespace.udp_socket(lab.rtp.client, 30001)))
        self.heard = Capture(lab, lab.rtp.namespace, "eth0", "heard")
        self.sent = Capture(lab, lab.srtp.namespace, "eth0", "sent")

    def talk(self, count=20):
        """Both parties send; what the gateway forwarded to the plain one."""
        before = len(self.heard.datagrams(30000))
        for _ in range(count):
            self.plain.send()
            self.secure.send()
            self.rtcp.sendto(struct.pack("!BBHIQIII", 0x80, 200, 6, self.plain.ssrc, 0, 0, 0, 0),
                             (self.plain.to[0], self.plain.to[1] + 1))
            time.sleep(0.005)
        self.heard.settle({30000: before + count})
        return len(self.heard.datagrams(30000)) - before

    def replay(self):
        """Everything that the secure party has ever sent, once more; how many came through, and how many were refused."""
        heard, refused = len(self.heard.datagrams(30000)), self.refused()
        for packet in self.wire.packets:
            self.secure.socket.sendto(packet, self.secure.to)
            time.sleep(0.0005)
        wait_until(lambda: self.refused() - refused == len(self.wire.packets) or
                   len(self.heard.datagrams(30000)) > heard, 5, "the gateway has judged every packet")
        return len(self.heard.datagrams(30000)) - heard, self.refused() - refused

    def refused(self):
        return sum(self.gateway.sides("s0")["b"]["dropped"].values())

    def to_secure(self, *ports):
        return [one for port in ports for one in self.sent.datagrams(port)]

    def reload(self, **changes):
        """With other settings of the stream; "local" of a side is followed by its party."""
        self.section.update(changes)
        self.gateway.write(self.streams.sections)
        done = self.gateway.ask("reload")
        for letter, flow in (("a", self.plain), ("b", self.secure)):
            address, port = self.section[f"{letter}.local"].rsplit(":", 1)
            flow.to = (address, int(port))
        self.gateway.wait_for_next_hops()
        return done


def moved_streams(tap):
    """A stream that goes elsewhere takes along what its keys remember"""
    with laboratory(1) as (lab, streams, gateway), ExitStack() as stack:
        call = Call(lab, streams, gateway, stack)
        for jump in (30000, 30000, 10000):  # over the wrap: the ROC of what is received is 1
            call.secure.send()
            call.secure.skip(jump)
        call.heard.settle({30000: 3})
        tap.equal(call.talk(), 20, "media flows")
        ours, theirs = lab.srtp.gateway, lab.srtp.client
        workers = set()
        for what, changes in (
                ("another remote", {"b.remote": endpoint(theirs, 30010)}),
                ("another local port, another worker", {"b.local": endpoint(ours, 20004)}),
                ("another local port, the same worker", {"b.local": endpoint(ours, 20008)}),
                ("another port on the plain side", {"a.local": endpoint(lab.rtp.gateway, 20012)}),
                ("RTCP on RTP's port", {"b.rtcp": "mux"}),
                ("RTCP on its own port, keys with a remote", {"b.rtcp": "pair", "b.remote": endpoint(theirs, 30000)})):
            done = call.reload(**changes)
            tap.equal(done.returncode, 0, f"{what}: the reload is taken")
            workers.add(gateway.sides("s0")["b"]["worker"])
            tap.equal(call.replay(), (0, len(call.wire.packets)), f"{what}: nothing that was received is accepted again")
            tap.equal(call.talk(), 20, f"{what}: media flows on, with its ROC")
        tap.equal(len(workers), min(2, len(os.sched_getaffinity(0))), "as many workers have had the stream as can be")
        check_sent(tap, call)
        tap.ok(gateway.balanced(), "every packet is accounted for", gateway.json("stats"))


def check_sent(tap, call):
    """No index twice towards the secure party, by the packets themselves and by libSRTP."""
    call.sent.settle({30000: 60, 30010: 80})
    call.sent.stop()
    packets = call.to_secure(30000, 30010)
    rtp = [one for one in packets if one.payload[1] & 0x7F not in range(72, 77)]
    rtcp = [one for one in call.to_secure(30000, 30001, 30010, 30011) if one.payload[1] & 0x7F in range(72, 77)]
    numbers = [(one.ssrc, one.sequence) for one in rtp]
    tap.ok(len(set(numbers)) == len(numbers) == 140, "no SSRC and sequence number was sent twice", len(numbers))
    tap.equal(len({one.ssrc for one in rtp}), 1, "one SSRC all the time")
    indices = [int.from_bytes(one.payload[SRTCP_INDEX], "big") & 0x7FFFFFFF
               for one in sorted(rtcp, key=lambda one: one.time)]
    tap.ok(len(indices) >= 100 and indices == sorted(set(indices)), "SRTCP's index only goes up", indices)
    seen = call.streams.witness(call.sent, 0)
    tap.ok(seen["authentic"] == seen["packets"] > 0, "libSRTP takes all of it", seen)


def other_remotes(tap):
    """Other remotes under load"""
    count = 100  # so many that a packet comes while the reload is at work
    with laboratory(count) as (lab, streams, gateway), ExitStack() as stack:
        to_a, to_b = streams.captures()
        plain, secure = streams.flows(stack, count, 4)
        with Traffic(plain + secure):
            for first in (30400, 30800, 31200):
                time.sleep(0.3)
                for index in range(count):
                    streams.sections[f"stream.s{index}"]["b.remote"] = endpoint(lab.srtp.client, first + 2 * index)
                gateway.write(streams.sections)
                tap.equal(gateway.ask("reload").returncode, 0, "other remotes are taken")
            time.sleep(0.3)
        gateway.wait_for_log(f"{count} streams kept, 0 re-keyed, 0 replaced, 0 added, 0 removed; {count} adjusted", count=3)
        stop_when_settled(to_a, secure)
        to_b.stop()
        got = defaultdict(list)
        for one in to_b.datagrams():
            if one.destination == lab.srtp.client:
                got[(one.destination_port - 30000) % 400 // 2].append(one)
        faults = [numbering_fault(flow.sent, got[index]) for index, flow in enumerate(plain)]
        tap.equal([fault for fault in faults if fault], [], "nothing lost, SSRC and sequence go on")
        tap.equal(numbering_faults(secure, to_a), [], "nor the other way")


def used_keys(tap):
    """A key that was in use comes back nowhere"""
    with laboratory(1) as (lab, streams, gateway), closing(streams.plain_flow(0)) as flow:
        section = dict(streams.sections["stream.s0"])

        def attempt(**changed):
            streams.sections.update(changed)
            for name in [name for name, keys in streams.sections.items() if keys is None]:
                del streams.sections[name]
            gateway.write(streams.sections)
            return gateway.ask("reload")

        def refused(done, what, *words):
            tap.ok(done.returncode == 1 and all(word in done.stderr for word in
                                                ("a key that this gateway has used before", *words)), what, done.stderr)

        pass_media(streams, [flow])
        ssrc = gateway.sides("s0")["b"]["ssrc_out"]
        for key, value in (("b.suite", "AES_CM_128_HMAC_SHA1_32"), ("b.suite", "F8_128_HMAC_SHA1_80"),
                           ("b.session_parameters", "KDR=16"), ("b.replay_window", "256")):
            done = attempt(**{"stream.s0": {**section, key: value}})
            refused(done, f"{key} = {value} with the same keys", "stream s0: b.send_key", "along with another suite")
        other_name = {"stream.s0": None, "stream.other": section}
        refused(attempt(**other_name), "under another name", "stream other: b.send_key", "keystream")
        tap.equal(attempt(**{"stream.s0": section, "stream.other": None}).returncode, 0, "what was there is still right")
        tap.ok(pass_media(streams, [flow]) == 25 and gateway.sides("s0")["b"]["ssrc_out"] == ssrc, "and goes on as it was")

        tap.equal(attempt(**{"stream.s0": None}).returncode, 0, "the stream is taken out")
        refused(attempt(**{"stream.s0": section}), "and does not come back with its keys", "stream s0: b.send_key")
        fresh = lab.secret("fresh.key", streams.keys[0, "send"].random(SUITE).base64 + "\n")
        old_received = {**section, "b.send_key": f"file:{fresh}"}
        refused(attempt(**{"stream.s0": old_received}), "nor with one of them", "stream s0: b.receive_key", "old packets")
        swapped = {**section, "b.send_key": section["b.receive_key"], "b.receive_key": section["b.send_key"]}
        refused(attempt(**{"stream.s0": swapped}), "nor with them the other way round", "stream s0: b.send_key")
        salted = streams.keys[0, "send"].octets[:16] + bytes(14)
        other_salt = lab.secret("salted.key", type(streams.keys[0, "send"])(SUITE, salted).base64 + "\n")
        refused(attempt(**{"stream.s0": {**section, "b.send_key": f"file:{other_salt}"}}), "nor with another salt",
                "stream s0: b.send_key")
        streams.rekey(0)
        tap.equal(attempt(**{"stream.s0": section}).returncode, 0, "but with new keys")
        gateway.wait_for_next_hops()
        tap.equal(pass_media(streams, [flow]), 25, "and media flows")


if __name__ == "__main__":
    main([moved_streams, other_remotes, used_keys], missing() or ("" if program("srtp_protect").exists() else "srtp_protect is not built"))
