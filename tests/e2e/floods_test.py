#!/usr/bin/env python3
"""Overload refuses what is new and keeps what is up: INVITE, REGISTER and noise over UDP, half-open TLS, slow senders and
huge messages from one address, while a call talks and other phones go on registering and calling."""
import json
import sys
import threading
import time
from pathlib import Path

from lib.gateway import Gateway, lab_sections
from lib.lab import Lab, missing
from lib.process import Failure, wait_until
from lib.sip_party import SipParty, connect
from lib.tap import main

SECONDS = 8           # of each flood
PER_SECOND = 4000     # datagrams
RATE = 50             # sip.requests_per_peer here; the flood is far beyond
HALF_OPEN = 50        # sip.half_open_per_peer
BOTH_WAYS = 50        # RTP packets a second each way
LOSS = 0.01           # of RTP, for a machine on which the flood, the gateway and this test share two cores
MEMORY = 64           # MiB that the gateway may grow by


def sections(lab):
    site = lab_sections(lab)
    site["sip"] = {"listen": [f"{kind}:{lab.rtp.gateway}:{port}" for kind, port in
                              (("udp", 5060), ("tcp", 5060), ("tls", 5061))] + [f"udp:{lab.srtp.gateway}:5060"],
                   "requests_per_peer": RATE, "half_open_per_peer": HALF_OPEN, "handshake_timeout": 2,
                   "message_timeout": 2}
    site["tls"] = {"folder": lab.path("tls")}
    for number, name in enumerate(("ann", "ben", "cleo")):
        site[f"line.{name}"] = {"number": f"{number + 1}00", "port": (lab.srtp if name == "ben" else lab.rtp).port}
    return site


class Talk(threading.Thread):
    """RTP both ways through a call until stopped; counts what each side hears of the other."""

    def __init__(self, one, two):
        super().__init__(daemon=True)
        self.legs, self.over = (one, two), threading.Event()
        self.sent, self.heard = [0, 0], [0, 0]
        for leg in self.legs:
            leg.rtp.setblocking(False)

    def run(self):
        began = time.monotonic()
        while not self.over.is_set():
            if self.sent[0] < (time.monotonic() - began) * BOTH_WAYS:
                for number, leg in enumerate(self.legs):
                    leg.sequence = (leg.sequence + 1) % 65536
                    leg.rtp.sendto(b"\x80\x00" + leg.sequence.to_bytes(2, "big") + (leg.sequence * 160).to_bytes(4, "big") +
                                   leg.ssrc.to_bytes(4, "big") + bytes(160), leg.to)
                    self.sent[number] += 1
            self.hear()
            time.sleep(0.002)

    def hear(self):
        for number, leg in enumerate(self.legs):
            try:
                while leg.rtp.recv(2048):
                    self.heard[number] += 1
            except BlockingIOError:
                pass

    def stop(self):
        """Share of packets that did not arrive, both ways."""
        self.over.set()
        self.join()
        time.sleep(0.5)
        self.hear()
        return 1 - sum(self.heard) / sum(self.sent)


def memory(gateway):
    """MiB that the gateway has of its own."""
    with open(f"/proc/{gateway.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def patiently(what, attempts=5):
    """As a phone does: once more where no answer comes."""
    for left in reversed(range(attempts)):
        try:
            return what()
        except Failure:
            if left == 0:
                raise
    return None


def flood(lab, kind):
    argv = [sys.executable, Path(__file__).parent / "lib" / "flood.py", kind, "192.0.2.66", lab.rtp.gateway, SECONDS, PER_SECOND]
    return lab.start(lab.rtp.namespace, f"flood-{kind}", argv)


def result(process):
    if process.wait(60) != 0:
        raise Failure(f"the flood failed:\n{process.tail()}")
    return json.loads(process.output().splitlines()[-1])


def floods(tap):
    """floods, and a call that is up"""
    with Lab() as lab:
        lab.rtp.namespace.address("eth0", "192.0.2.66/24")
        gateway = Gateway(lab, sections(lab)).start()
        ann, cleo = (SipParty(lab.rtp, name, 5070 + number) for number, name in enumerate(("ann", "cleo")))
        ben = SipParty(lab.srtp, "ben", 5070)
        for party in (ann, ben, cleo):
            party.register()
        one, two = connect(ann, ben, 200)
        talk = Talk(one, two)
        talk.start()
        time.sleep(1)
        before = memory(gateway)
        running = {kind: flood(lab, kind) for kind in ("datagrams", "connections")}
        time.sleep(2)  # the flood has used up what it may do at once
        during(tap, gateway, ben, cleo)
        after = {kind: result(process) for kind, process in running.items()}
        grown = memory(gateway) - before
        lost = talk.stop()
        tap.note(f"RTP: {sum(talk.sent)} sent, {lost:.2%} lost; memory grew by {grown:.1f} MiB; {after}")
        tap.ok(lost <= LOSS, f"the call that is up loses at most {LOSS:.0%}", f"{lost:.2%} of {talk.sent}, heard {talk.heard}")
        tap.ok(grown < MEMORY, "memory is bounded", f"{grown:.1f} MiB more")
        refusals(tap, gateway, after)
        one.request("BYE")
        two.reply(two.wait("BYE"), 200)
        one.wait(200)
        tap.ok(True, "and it ends as ever")
        patiently(cleo.register)
        call(cleo, ben)
        tap.ok(True, "phones register and call after it")
        calm(tap, gateway)
        reloaded(tap, lab, gateway, cleo)


def call(caller, callee):
    """A call that is made and ended."""
    one, two = connect(caller, callee, 200)
    one.request("BYE")
    two.reply(two.wait("BYE"), 200)
    one.wait(200)


def during(tap, gateway, ben, cleo):
    limits = wait_until(lambda: gateway.json("status")["sip"]["limits"], 5, "a limit bites")
    tap.ok("requests_per_peer" in limits, "status says which limits bite", limits)
    patiently(cleo.register)
    tap.ok(True, "a phone registers while it lasts")
    for party in (ben, cleo):
        party.forget()
    patiently(lambda: call(cleo, ben))
    tap.ok(True, "and calls another, and hangs up")


def refusals(tap, gateway, after):
    seen, connections = after["datagrams"], after["connections"]
    tap.ok(gateway.process.running(), "the gateway lives")
    tap.ok(seen["503"] >= RATE, "who asks for too much is answered 503", seen)
    tap.equal(seen["without Retry-After"], 0, "each with Retry-After")
    tap.ok(seen["503"] <= RATE * (SECONDS + 5), "but not each datagram is answered", seen)
    tap.ok(connections["length that lies"].startswith("SIP/2.0 413 "), "a length beyond all bounds is answered 413", connections)
    tap.ok(connections["head without an end"] != "timed out", "and a head beyond them is not read on", connections)
    tap.equal(connections["half open left"], 0, "no half-open handshake is left")
    tap.equal(connections["slow left"], 0, "and no slow sender")
    sip = gateway.json("stats")["sip"]
    for limit in ("requests_per_peer", "unanswered", "half_open_per_peer"):
        tap.ok(sip["limits"].get(limit), f"counted: {limit}", sip)
    for reason in ("not_sip", "content_length", "too_large", "header_missing"):
        tap.ok(sip["malformed"].get(reason), f"malformed, counted: {reason}", sip)
    tap.ok(sip["requests"] < seen["sent"] / 4, "most of the flood was never a transaction", sip)


def calm(tap, gateway):
    wait_until(lambda: not gateway.json("status")["sip"]["limits"], 15, "no limit bites any more")
    begun = gateway.log().count("more requests a second than sip.requests_per_peer")
    tap.equal(begun, 2, "the log has a line when a limit begins to bite, and one when it is over")
    tap.ok(gateway.balanced(), "every packet is accounted for")


def reloaded(tap, lab, gateway, phone):
    """Other limits, by a reload."""
    site = sections(lab)
    site["sip"]["requests_per_peer"] = 1
    gateway.write(site)
    gateway.reload()
    gateway.wait_for_log("reloaded")
    phone.forget()
    for _ in range(20):
        phone.new_dialog("nobody").request("OPTIONS")
    refused = phone.wait(lambda message: message.status == 503, "a 503")
    tap.ok(int(refused["Retry-After"]) > 0, "a reload brings other limits")


if __name__ == "__main__":
    main([floods], missing())
