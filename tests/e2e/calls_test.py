#!/usr/bin/env python3
"""Calls between real phones through the running gateway (requirements M1, M6, M8, M10, S1, S6, S8, G1): a secure phone
with TLS, a client certificate and SRTP, and a plain one with UDP and RTP, both ways, each hears the other."""
import json
import time

from lib import audio
from lib.call_site import Site
from lib.lab import missing
from lib.phone import Phone
from lib.process import wait_until
from lib.tap import main

TALK_SECONDS = 5.5


def hears(tap, site, name, who, whom):
    match = audio.similarity(site.played[whom], who.heard())
    tap.ok(match.correlation >= 0.9, f"{name}: {who.name} hears {whom}",
           f"correlation {match.correlation:.4f}, heard {match.heard:.1f} s")


def one_call(tap, site, caller, callee, number, suite, name):
    """Dials, talks, hangs up."""
    for phone in (caller, callee):
        phone.events.clear()
    caller.dial(number)
    caller.wait_for("CALL_ESTABLISHED")
    callee.wait_for("CALL_ESTABLISHED")
    up = wait_until(lambda: site.calls("up"), 5, "the call is up")
    tap.equal(len(up), 1, f"{name}: one call is up")
    details = site.gateway.json("call", "show", str(up[0]["id"]))["call"]
    secure, plain = (0, 1) if caller is site.alice else (1, 0)
    tap.equal(details["legs"][secure]["suite"], suite, f"{name}: alice's leg has SRTP")
    tap.equal(details["legs"][plain]["suite"], "RTP", f"{name}: bob's leg has RTP")
    tap.equal(details["security"], "nonsecure", f"{name}: the status is the lowest leg's")
    tap.ok(any(leg["media"][0]["reasons"] for leg in details["legs"]), f"{name}: it says why")
    time.sleep(TALK_SECONDS)
    caller.command("hangup")
    callee.wait_for("CALL_CLOSED")
    wait_until(lambda: not site.calls("up"), 5, "the call is over")
    hears(tap, site, name, caller, callee.name)
    hears(tap, site, name, callee, caller.name)


def both_ways(tap):
    """a secure phone and a plain one"""
    with Site() as site:
        wait_until(lambda: site.registered() == {"alice", "bob"}, 10, "both lines are registered")
        tap.ok(True, "alice by TLS and bob by UDP are registered, with digest")
        one_call(tap, site, site.alice, site.bob, "200", "AES_CM_128_HMAC_SHA1_80", "alice calls bob")
        # baresip offers nothing better, but takes it (M2).
        one_call(tap, site, site.bob, site.alice, "100", "AEAD_AES_256_GCM", "bob calls alice")
        records = [json.loads(line) for line in site.lab.path("cdr.json").read_text().splitlines()]
        tap.equal(len(records), 2, "a record of each call")
        tap.ok(all(leg["packets"]["received"] > 200 for record in records for leg in record["legs"]),
               "records count packets", records)
        status = site.gateway.json("status")["sip"]
        tap.equal(status["malformed"], 0, "nothing malformed was seen")
        text = site.gateway.log()
        tap.ok("inline:" not in text and "wonderland" not in text, "no key and no password in the log")


def held(tap):
    """hold and resume"""
    with Site(times=6) as site:
        wait_until(lambda: site.registered() == {"alice", "bob"}, 10, "both lines are registered")
        site.alice.dial("200")
        for phone in (site.alice, site.bob):
            phone.wait_for("CALL_ESTABLISHED")
        for turn in range(3):
            before = packets(site)
            site.alice.command("hold")
            wait_until(lambda: offers(site.bob) == 2 + 2 * turn, 5, "bob is asked to hold")
            time.sleep(0.3)
            site.alice.command("resume")
            wait_until(lambda: offers(site.bob) == 3 + 2 * turn, 5, "bob is asked to go on")
            wait_until(lambda: min(now - then for now, then in zip(packets(site), before)) > 50, 10,
                       "both legs have media again")
            tap.ok(True, f"hold and resume {turn + 1}: media both ways again")
        call = site.gateway.json("call", "show", str(site.calls("up")[0]["id"]))["call"]
        tap.equal(call["legs"][0]["suite"], "AES_CM_128_HMAC_SHA1_80", "the secure leg still has its suite")
        site.bob.command("hangup")
        site.alice.wait_for("CALL_CLOSED")
        streams = site.gateway.json("stats")
        tap.ok(all(worker["balanced"] for worker in streams["workers"]), "every packet is accounted for")


def offers(phone):
    """How often a phone was offered a session."""
    phone.saw("", "")
    return sum(event.get("type") == "CALL_REMOTE_SDP" and event.get("param") == "offer" for event in phone.events)


def packets(site):
    """What each leg of the call that is up has received."""
    call = site.gateway.json("call", "show", str(site.calls("up")[0]["id"]))["call"]
    return [leg["packets"]["received"] for leg in call["legs"]]


def refused(tap):
    """who is not let in"""
    with Site() as site:
        wait_until(lambda: site.registered() == {"alice", "bob"}, 10, "both lines are registered")
        site.bob.dial("999")
        site.bob.wait_for("CALL_CLOSED")
        tap.ok(site.bob.saw("CALL_CLOSED", "404"), "a number that leads nowhere is 404", site.bob.events[-3:])
        site.alice.stop()
        wait_until(lambda: site.registered() == {"bob"}, 10, "a registration goes with its connection")
        site.bob.events.clear()
        site.bob.dial("100")
        site.bob.wait_for("CALL_CLOSED")
        tap.ok(site.bob.saw("CALL_CLOSED", "480"), "a line that is not there is 480", site.bob.events[-3:])
        wrong = Phone(site.lab, site.lab.srtp, "mallory",
                      f'auth_user=alice;auth_pass=wonderland;outbound="sip:{site.lab.srtp.gateway}:5061;transport=tls"',
                      site.played["alice"], "tls", site.authority.issue("mallory"))
        (wrong.folder / "accounts").write_text((wrong.folder / "accounts").read_text().replace("mallory@", "alice@"))
        wrong.start()
        site.gateway.wait_for_log("showed the certificate of", 10)
        tap.equal(site.registered(), {"bob"}, "somebody else's certificate does not register alice")


if __name__ == "__main__":
    main([both_ways, held, refused], missing("baresip", "openssl"))
