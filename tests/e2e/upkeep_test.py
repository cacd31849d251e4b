#!/usr/bin/env python3
"""What the gateway does for a call by itself (requirements M5, G1): a key whose lifetime a party has limited is followed
by new ones in time, by a re-INVITE to that party alone; a leg that sends no media is told from one on hold, and ended."""
import struct
import time
from contextlib import closing

from lib.gateway import Gateway, lab_sections, stream_side
from lib.lab import Lab, missing, program
from lib.process import wait_until
from lib.sip_party import SipParty
from lib.suites import MasterKey
from lib.tap import main
from lib.traffic import Flow, Protector

SUITE = "AES_CM_128_HMAC_SHA1_80"
LIFETIME = 256       # packets of the party's key, 2^8
TIMEOUT = 6          # seconds without media


def sections(lab):
    site = lab_sections(lab)
    site["sip"] = {"listen": [f"udp:{lab.rtp.gateway}:5060", f"udp:{lab.srtp.gateway}:5060"],
                   "media_timeout": TIMEOUT, "media_timeout_ends": "yes"}
    site["trunk.dave"] = {"target": f"udp:{lab.srtp.client}:5060", "port": lab.srtp.port, "sdes_insecure_ok": "yes"}
    site["trunk.carol"] = {"target": f"udp:{lab.rtp.client}:5060", "port": lab.rtp.port, "srtp": "never"}
    site["route.carol"] = {"number": "300", "to": "trunk:carol"}
    return site


def crypto(key):
    return f"crypto:1 {SUITE} inline:{key.base64}|2^8"


def talk(flow, packets):
    for _ in range(packets):
        flow.send()
        time.sleep(0.002)


def leg(gateway, number=0):
    return gateway.json("call", "show", "1")["call"]["legs"][number]


def secure(dialog, key, *attributes):
    """Dave's description."""
    return dialog.describe(40000, "RTP/SAVP", crypto(key), *attributes)


def set_up(gateway, dave, carol, key):
    """Dave calls carol, who only listens. Both dialogs, and what dave is answered."""
    mine = dave.new_dialog("300")
    mine.invite(body=secure(mine, key))
    theirs, invite = carol.called()
    theirs.reply(invite, 200, body=theirs.describe(40002, "RTP/AVP", "recvonly"))
    answer = mine.wait(200)
    mine.ack(answer)
    theirs.wait("ACK")
    wait_until(lambda: gateway.json("calls")["calls"][0]["state"] == "up", 5, "the call is up")
    return mine, theirs, answer


def upkeep(tap):
    """a key that wears out, and a leg that falls silent"""
    with Lab() as lab:
        for side in (lab.rtp, lab.srtp):
            side.namespace.ip("route", "add", "default", "via", side.gateway)
        gateway = Gateway(lab, sections(lab)).start()
        keys = [MasterKey.random(SUITE) for _ in range(2)]
        protectors = [Protector(key, lab.secret(f"dave.{i}.key", key.base64)) for i, key in enumerate(keys)]
        with closing(SipParty(lab.srtp, "dave", 5060)) as dave, closing(SipParty(lab.rtp, "carol", 5060)) as carol:
            mine, theirs, answer = set_up(gateway, dave, carol, keys[0])
            flow = Flow(lab.srtp.namespace, (lab.srtp.client, 40000), answer.media(), 7, 1, protectors[0])
            taken_port(tap, lab, gateway, answer.media()[1])
            renewal(tap, gateway, mine, theirs, flow, answer, keys[1], protectors[1])
            silence(tap, gateway, mine, theirs, keys[1])
            flow.close()
        for protector in protectors:
            protector.close()


def taken_port(tap, lab, gateway, port):
    late = sections(lab)
    late["stream.late"] = stream_side("a", (lab.srtp.gateway, port), (lab.srtp.client, 41000))
    late["stream.late"].update(stream_side("b", (lab.rtp.gateway, 39000), (lab.rtp.client, 41002)))
    gateway.write(late)
    gateway.reload()
    gateway.wait_for_log(f"a call has {lab.srtp.gateway}:{port} now")
    tap.equal(gateway.json("streams")["streams"], [], "a reload does not take the port of a call")
    gateway.write(sections(lab))


def numbers(tap):
    """payload types that differ from leg to leg"""
    with Lab() as lab:
        gateway = Gateway(lab, sections(lab)).start()
        with closing(SipParty(lab.srtp, "dave", 5060)) as dave, closing(SipParty(lab.rtp, "carol", 5060)) as carol, \
                closing(lab.srtp.namespace.udp_socket(lab.srtp.client, 40000)) as daves, \
                closing(lab.rtp.namespace.udp_socket(lab.rtp.client, 40002)) as carols:
            mine = dave.new_dialog("300")
            mine.invite(body=mine.describe(40000, "RTP/AVP", "rtpmap:96 opus/48000/2", payloads="96"))
            theirs, invite = carol.called()
            theirs.reply(invite, 200, body=theirs.describe(40002, "RTP/AVP", "rtpmap:97 opus/48000/2", payloads="97"))
            answer = mine.wait(200)
            mine.ack(answer)
            theirs.wait("ACK")
            to_gateway = {daves: answer.media(), carols: invite.media()}
            tap.equal(passed_as(daves, carols, to_gateway, 0x80 | 96), 0x80 | 97, "what dave sends, by carol's number")
            tap.equal(passed_as(carols, daves, to_gateway, 97), 96, "what carol sends, by dave's")
            tap.equal(passed_as(carols, daves, to_gateway, 96), 96, "and by the number that it was offered by")
            tap.equal(passed_as(daves, carols, to_gateway, 13), 13, "comfort noise that nobody spoke of")
        tap.ok(gateway.balanced(), "every packet is accounted for")


def passed_as(source, sink, to_gateway, kind):
    """The second byte with which a packet of that kind comes out. Sent again until it does: next hops may be unknown."""
    sink.settimeout(0.2)
    for sequence in range(25):
        source.sendto(struct.pack("!BBHII", 0x80, kind, sequence + kind * 64, 0, kind) + bytes(160), to_gateway[source])
        try:
            return sink.recv(2048)[1]
        except TimeoutError:
            continue
    return None


def renewal(tap, gateway, mine, theirs, flow, answer, key, protector):
    talk(flow, LIFETIME - 20)
    first = mine.wait("INVITE", 10)
    tap.ok(first.keys() and first.keys()[0] not in answer.keys(), "a key that is nearly worn out: an offer of new ones")
    mine.reply(first, 491)
    mine.wait("ACK")
    again = mine.wait("INVITE", 10)
    tap.ok(True, "an offer that crosses another one is made again")
    mine.reply(again, 200, body=secure(mine, key))
    mine.wait("ACK")
    gateway.wait_for_log("has new keys")
    flow.protect = protector
    talk(flow, LIFETIME - 20)
    wait_until(lambda: leg(gateway)["packets"]["received"] >= 2 * (LIFETIME - 20), 5, "all packets are received")
    tap.equal(leg(gateway)["packets"]["dropped"], 0, "no packet is lost over it, and more than one lifetime has passed")
    tap.ok(theirs.quiet("INVITE"), "the other party hears nothing of it")
    # The second key is as short-lived; its party keeps it.
    mine.reply(mine.wait("INVITE", 10), 200, body=secure(mine, key))
    mine.wait("ACK")


def silence(tap, gateway, mine, theirs, key):
    tap.equal([leg(gateway, number)["silent"] for number in (0, 1)], [False, False], "no leg is silent yet")
    mine.reinvite(secure(mine, key, "inactive"), theirs, theirs.describe(40002, "RTP/AVP", "inactive"))
    time.sleep(TIMEOUT + 2)
    tap.equal(gateway.json("calls")["calls"][0]["state"], "up", "a leg on hold is not missed")
    tap.equal(leg(gateway)["silent"], False, "and not shown as silent")
    mine.reinvite(secure(mine, key), theirs, theirs.describe(40002, "RTP/AVP", "recvonly"))
    began = time.monotonic()
    mine.reply(mine.wait("BYE", 4 * TIMEOUT), 200)
    tap.ok(time.monotonic() - began > TIMEOUT - 1, "it has as long as any other when it is back")
    theirs.reply(theirs.wait("BYE"), 200)
    call = wait_until(lambda: [c for c in gateway.json("calls")["calls"] if c["state"] == "over"], 5, "the call is over")[0]
    tap.equal(call["why"], "no media from trunk dave", "the record says why it ended")


if __name__ == "__main__":
    main([upkeep, numbers], missing() or ("" if program("srtp_protect").exists() else "srtp_protect is not built"))
