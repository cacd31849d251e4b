#!/usr/bin/env python3
"""Media between real programs through the gateway: ffmpeg and gstreamer, every suite, both ways at once, and the sound
at the far end compared with what was played. The packets are judged by libSRTP as well."""
from lib.call import Call, Party, check_packets, check_secrecy, check_sound, hold_calls, witness
from lib.capture import Capture
from lib.gateway import Gateway, lab_sections
from lib.lab import Lab, missing
from lib.tap import main

CM80, CM32 = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
GCM128, GCM256 = "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"
CM256_80, CM256_32 = "AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32"
RTCP_SENDER_REPORT = 200


#: What the judge can read; of other suites and of MKIs it is gstreamer that has to authenticate every packet.
WITNESSED = (CM80, CM32, GCM128, GCM256)


def call(index, name, a=None, b=None, a_tool="ffmpeg", b_tool="ffmpeg", b_v6=False, mki=b""):
    """A call between suites a and b; None is plain RTP. `mki`: of b's keys."""
    return Call(name, index, Party("a", "ode", a, a_tool), Party("b", "minuet", b, b_tool, b_v6, mki))


def check_plain_rtcp(tap, lab, captures, one, party):
    """The other end's sender reports, decrypted, about the SSRC that the media has."""
    port = one.own(lab, party)[1]
    media = {packet.ssrc for packet in captures[party.letter].datagrams(port)}
    reports = [packet for packet in captures[party.letter].datagrams(port + 1)
               if packet.payload[1] == RTCP_SENDER_REPORT]
    senders = {int.from_bytes(packet.payload[4:8], "big") for packet in reports}
    tap.ok(reports and senders == media, f"{one.name}: sender reports reach {party.letter} and name its SSRC",
           f"{len(reports)} reports of {senders}, media of {media}")


def check_witness(tap, lab, captures, relay, secure):
    """The judge can see what it looks for: in plain RTP all of the sound, and nothing that authenticates."""
    seen = witness(lab, captures["b"], secure, secure.b, relay.own(lab, relay.b)[1], "send_key")
    tap.ok(seen["packets"] > 100 and seen["clear_on_wire"] > seen["packets"] * 0.6 and seen["authentic"] == 0,
           "plain RTP: the judge finds the sound in the clear, and no packet that is authentic", seen)


def check(tap, lab, captures, one):
    for party in (one.a, one.b):
        check_sound(tap, lab, one, party)
        check_packets(tap, lab, captures, one, party)
        if party.suite in WITNESSED and not party.mki:
            check_secrecy(tap, lab, captures, one, party)
        elif not party.suite and one.other(party).tool == "ffmpeg":
            check_plain_rtcp(tap, lab, captures, one, party)


def run_calls(tap, mode, calls):
    """One gateway with all the calls at once."""
    with Lab() as lab:
        sections = lab_sections(lab, mode)
        for one in calls:
            sections[f"stream.{one.name}"] = one.section(lab)
        gateway = Gateway(lab, sections).start()
        gateway.wait_for_next_hops()
        used = {port["device"] for port in gateway.json("status")["ports"]}
        captures = {letter: Capture(lab, link.namespace, "eth0", f"{letter}-side")
                    for letter, link in (("a", lab.rtp), ("b", lab.srtp))}
        hold_calls(lab, gateway, calls, captures)
        for capture in captures.values():
            capture.stop()
        for one in calls:
            check(tap, lab, captures, one)
        relays = [one for one in calls if not one.a.suite and not one.b.suite]
        secure = [one for one in calls if one.b.suite]
        if relays and secure:
            check_witness(tap, lab, captures, relays[0], secure[0])
        check_counters(tap, gateway, calls)
        status, seconds = gateway.stop()
        tap.ok(status == 0 and seconds < 2, f"{mode}: the gateway ends in order", f"status {status} after {seconds:.1f} s")
        return used


def check_counters(tap, gateway, calls):
    sides = [(one.name, letter, side) for one in calls for letter, side in gateway.sides(one.name).items()]
    wrong = [(name, letter, side["suite"], side["dropped"]) for name, letter, side in sides if side["dropped"]]
    tap.equal(wrong, [], "no packet of a stream was dropped")
    unlike = [(name, letter, side["suite"]) for (name, letter, side), one in zip(sides, (c for c in calls for _ in "ab"))
              if side["suite"] != ((one.a if letter == "a" else one.b).suite or "RTP")]
    tap.equal(unlike, [], "every side shows the suite that it was given")
    tap.ok(gateway.balanced(), "the gateway accounts for every packet", gateway.json("stats"))


def counter_mode(tap):
    """AES-CM with ffmpeg, over AF_XDP"""
    used = run_calls(tap, "af_xdp", [
        call(0, "cm80", None, CM80),
        call(1, "cm32", None, CM32),
        call(2, "relay", None, None),
        call(3, "to-ipv6", None, CM80, b_v6=True),
        call(4, "cm80-to-cm32", CM80, CM32),
    ])
    tap.ok(all("af_xdp" in device for device in used), "the ports are AF_XDP", used)


def galois_counter_mode(tap):
    """GCM with gstreamer, over AF_XDP"""
    run_calls(tap, "af_xdp", [
        call(0, "gcm128", None, GCM128, b_tool="gst"),
        call(1, "gcm256", None, GCM256, b_tool="gst"),
        call(2, "cm80-to-gcm128", CM80, GCM128, b_tool="gst"),
        call(3, "gcm256-to-gcm128", GCM256, GCM128, a_tool="gst", b_tool="gst"),
    ])


def longer_keys_and_mkis(tap):
    """AES-CM with keys of 256 bits, and MKIs, with gstreamer"""
    run_calls(tap, "af_xdp", [
        call(0, "cm256-80", None, CM256_80, b_tool="gst"),
        call(1, "cm256-32", CM80, CM256_32, b_tool="gst"),
        call(2, "cm80-mki", None, CM80, b_tool="gst", mki=bytes([0, 0, 0, 1])),
        call(3, "gcm256-mki", None, GCM256, b_tool="gst", mki=bytes(range(1, 17))),
    ])


def packet_sockets(tap):
    """the same over AF_PACKET"""
    used = run_calls(tap, "af_packet", [
        call(0, "cm80", None, CM80),
        call(1, "gcm256", None, GCM256, b_tool="gst"),
        call(2, "to-ipv6", None, CM32, b_v6=True),
    ])
    tap.ok(all("af_packet" in device for device in used), "the ports are AF_PACKET", used)


if __name__ == "__main__":
    main([counter_mode, galois_counter_mode, longer_keys_and_mkis, packet_sockets], missing("gst-launch-1.0"))
