#!/usr/bin/env python3
"""Trunks that lead to Kamailio as a proxy (requirements G1, S6, M1): a secure phone at the gateway and a plain one at
Kamailio call each other, the dialog stays on the proxy's route; when a target is gone the next one takes over."""
import json

from lib.lab import missing
from lib.process import wait_until
from lib.tap import main
from lib.trunk_site import FIRST, SECOND, Site


def through_a_proxy(tap):
    """calls over a proxy"""
    with Site() as site:
        site.wait_for_phones()
        site.wait_for_states("up", "up")
        tap.ok(True, "both targets are up")
        wait_until(lambda: site.registered_at() == FIRST, 10, "the gateway is registered")
        tap.ok("200 OK" in json.dumps(site.gateway.json("trunks")), "the gateway is registered at the first, by digest")
        gateway, phone = f"{site.lab.rtp.gateway}:5060", f"{site.lab.rtp.client}:5080"
        site.call(tap, site.alice, site.bob, "200", site.alice, "alice calls 200")
        tap.equal(site.first.saw(f"INVITE from {gateway}"), 1, "the INVITE went through the first target")
        tap.equal(site.first.saw(f"BYE from {gateway}"), 1, "the gateway's BYE went through Kamailio")
        site.call(tap, site.bob, site.alice, "100", site.bob, "200 calls alice")
        tap.equal(site.first.saw(f"BYE from {phone}"), 1, "the phone's BYE went through Kamailio")
        site.call(tap, site.alice, site.bob, "200", site.bob, "alice calls 200 again")
        tap.equal(site.first.saw(f"BYE from {phone}"), 2, "the BYE of the one who was called, too")
        tap.equal(site.second.saw("INVITE"), 0, "the second target was not needed")
        tap.equal(site.second.saw("REGISTER"), 0, "nor was it registered at")
        tap.equal(site.first.registered("gw"), 1, "Kamailio knows the gateway")
        site.gateway.stop()
        tap.equal(site.first.registered("gw"), 0, "it is told when the gateway ends")
        tap.ok("builder" not in site.gateway.log(), "no password is in the log")


def legs(site, caller, callee, number):
    """A short call; how secure it was, and its legs by their party."""
    caller.dial(number)
    for phone in (caller, callee):
        phone.wait_for("CALL_ESTABLISHED", seconds=20)
    call, = [call for call in site.gateway.json("calls")["calls"] if call["state"] == "up"]
    details = site.gateway.json("call", "show", str(call["id"]))["call"]
    caller.command("hangup")
    for phone in (caller, callee):
        phone.wait_for("CALL_CLOSED")
        phone.events.clear()
    return details["security"], {leg["party"]: leg["suite"] for leg in details["legs"]}


def over_tls(tap):
    """a trunk that is protected"""
    with Site(secure=True) as site:
        site.wait_for_phones()
        site.wait_for_states("up", "up")
        wait_until(lambda: site.registered_at() == site.ports[0], 10, "the gateway is registered")
        tap.ok(True, "the gateway is registered at Kamailio over TLS")
        site.call(tap, site.alice, site.bob, "200", site.alice, "alice calls 200")
        tap.ok(site.first.saw_keys(site.lab.rtp.gateway) and site.first.saw_keys(site.lab.rtp.client),
               "keys went through the proxy, both ways")
        site.call(tap, site.bob, site.alice, "100", site.alice, "200 calls alice")
        tap.equal(legs(site, site.alice, site.bob, "200"),
                  ("encrypted", {"line alice": "AES_CM_128_HMAC_SHA1_80", "trunk proxy": "AEAD_AES_256_GCM"}),
                  "such a call has a lock")


def over_udp(tap):
    """a trunk that is not protected, with SRTP at its end"""
    with Site(srtp="srtp") as site:
        site.wait_for_phones()
        site.wait_for_states("up", "up")
        site.call(tap, site.bob, site.alice, "100", site.alice, "200 calls alice")
        tap.ok(site.first.saw_keys(site.lab.rtp.client) > 0, "200 offers keys, where everybody can read them")
        called = legs(site, site.alice, site.bob, "200"), legs(site, site.bob, site.alice, "100")
        for (security, suites), name in zip(called, ("to 200", "from 200")):
            tap.equal((security, suites["trunk proxy"]), ("nonsecure", "RTP"), f"a call {name}: the trunk has RTP")
            tap.ok(suites["line alice"] != "RTP", f"a call {name}: the secure phone has SRTP", suites)
        tap.equal(site.first.saw_keys(site.lab.rtp.gateway), 0, "the gateway sent no key there")


def fails_over(tap):
    """a target that is gone"""
    with Site() as site:
        site.wait_for_phones()
        site.wait_for_states("up", "up")
        site.first.stop()
        # Nothing is known of it yet: the INVITE itself finds nobody there, and the next target is tried.
        site.call(tap, site.alice, site.bob, "200", site.alice, "the first target is gone, alice calls 200")
        tap.equal(site.second.saw(f"INVITE from {site.lab.rtp.gateway}"), 1, "the second target took the call")
        site.wait_for_states("down", "up")
        wait_until(lambda: site.registered_at() == SECOND, 30, "the gateway registers at the second target")
        tap.ok(True, "the gateway is registered at the second target now")
        text = site.gateway.ask("trunks").stdout
        tap.ok("no answer" in text and "down" in text, "sallyport trunks says so", text)
        tap.ok("proxy: 1 of 2 targets down" in site.gateway.ask("status").stdout, "sallyport status says so")
        site.alice.events.clear()
        site.alice.dial("200")
        site.alice.wait_for("CALL_ESTABLISHED")
        tap.equal(site.gateway.log().count("the next target is tried"), 1, "a target that is known to be down is not waited for")
        site.alice.command("hangup")
        site.alice.wait_for("CALL_CLOSED")
        site.first.start()
        site.wait_for_states("up", "up")
        tap.equal(site.gateway.log().count("is up:"), 1, "its return is logged once")
        tap.equal(site.gateway.log().count("is down:"), 1, "and so was its loss")


if __name__ == "__main__":
    main([through_a_proxy, over_tls, over_udp, fails_over], missing("baresip", "openssl", "kamailio"))
