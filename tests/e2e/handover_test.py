#!/usr/bin/env python3
"""A secure call that is handed over to a plain party (requirements M4, M6, M8, M10): by a real phone's blind transfer, and
by an attended one that a script asks for between real phones. The call goes on, each hears the other, its lock goes."""
import time

from lib import audio
from lib.call_site import Site
from lib.lab import missing
from lib.process import wait_until
from lib.sip_party import SipParty
from lib.tap import main

#: How long the new pair talks.
TALK_SECONDS = 5.0
ALL = ("alice", "bob", "dora")


def told(phone):
    """What the gateway has told a phone of the security of its calls, in order."""
    return [line.split("security=")[1].strip() for line in phone.process.output().splitlines()
            if line.startswith("Call-Info:")]


def details(site, state="up"):
    call, = site.calls(state)
    return site.gateway.json("call", "show", str(call["id"]))["call"]


def hear_each_other(tap, site, one, two):
    for who, whom in ((one, two), (two, one)):
        correlation = audio.recognised(site.played[whom.name], who.heard())
        tap.ok(correlation >= 0.9, f"{who.name} hears {whom.name}", f"correlation {correlation:.4f}")


def configured(sections, lab):
    """baresip goes on with the keys that a call began with."""
    sections["line.dora"]["rekey"] = "no"
    sections["line.ann"] = {"security": "encrypted", "port": lab.srtp.port}


def handed_over(tap, site, whose):
    """What is left of a secure call with dora once bob is in `whose` place."""
    wait_until(lambda: details(site)["transfers"], 5, "the call is transferred")
    wait_until(lambda: details(site)["security"] == "nonsecure", 5, "the new pair has agreed")
    time.sleep(TALK_SECONDS)
    call = details(site)
    legs = sorted(call["legs"], key=lambda leg: leg["party"])
    tap.equal([leg["party"] for leg in legs], ["line bob", "line dora"], "one call of those two is up")
    tap.equal([call["security"], *(leg["suite"] for leg in legs)], ["nonsecure", "RTP", "AEAD_AES_256_GCM"],
              "nothing is left of the lock, dora's leg keeps SRTP")
    tap.equal([(each["from"], each["to"]) for each in call["transfers"]], [(whose, "line bob")],
              "the call shows who gave its place to whom")
    statuses = [each["security"] for each in call["history"]]
    tap.equal((statuses.count("encrypted") > 0, statuses[-1]), (True, "nonsecure"), "so does its history")
    tap.ok("line bob" in call["security_reason"], "it says who is the reason", call["security_reason"])
    tap.equal([told(phone)[-1:] for phone in (site.dora, site.bob)], [["NotAuthenticated"]] * 2, "both phones are told")
    site.bob.command("hangup")
    site.dora.wait_for("CALL_CLOSED")
    hear_each_other(tap, site, site.dora, site.bob)
    tap.ok(site.gateway.balanced(), "every packet is accounted for")
    log = site.gateway.log()
    tap.ok("inline:" not in log, "no key is in the log")


def blind(tap):
    """a blind transfer by a phone"""
    with Site(times=8, names=ALL, change=configured, traced=True) as site:
        wait_until(lambda: site.registered() == set(ALL), 10, "all lines are registered")
        site.alice.dial("300")
        for phone in (site.alice, site.dora):
            phone.wait_for("CALL_ESTABLISHED")
        wait_until(lambda: site.calls("up") and details(site)["security"] == "encrypted", 5, "the call is encrypted")
        wait_until(lambda: told(site.dora)[-1:] == ["Encrypted"], 5, "dora is told that it is")
        tap.ok(True, "two secure phones: a lock, and the phone is told so")
        time.sleep(1)
        site.alice.command("transfer", f"sip:200@{site.lab.srtp.gateway}")
        site.bob.wait_for("CALL_ESTABLISHED")
        site.alice.wait_for("CALL_CLOSED")
        handed_over(tap, site, "line alice")


def attended(tap):
    """an attended transfer, by a secure party that has asked the plain one"""
    with Site(times=8, names=("bob", "dora"), change=configured, traced=True) as site:
        wait_until(lambda: site.registered() == {"bob", "dora"}, 10, "both phones are registered")
        ann = SipParty(site.lab.srtp, "ann", certificate=site.authority.issue("ann"))
        ann.register()
        first, consult = ann.call_phone("300"), ann.call_phone("200")
        status = {each["callee"]: each["security"] for each in site.calls("up")}
        tap.equal(status, {"line dora": "encrypted", "line bob": "nonsecure"}, "one call with a lock, one without")
        wait_until(lambda: told(site.dora)[-1:] == ["Encrypted"], 5, "dora is told so")
        first.refer(f"sip:200@{site.lab.srtp.gateway}?Replaces={consult.replaces()}")
        tap.equal(first.last_notify(), "200", "who transferred is told that it worked")
        consult.reply(consult.wait("BYE"), 200)
        first.request("BYE")
        first.wait(200)
        handed_over(tap, site, "line ann")


def with_two_scripts(sections, lab):
    sections["line.ann"] = {"security": "encrypted", "port": lab.srtp.port}
    sections["line.ben"] = {"number": "400", "port": lab.rtp.port}


def keys(tap):
    """keys of the one that stays"""
    with Site(times=8, names=("bob",), change=with_two_scripts) as site:
        wait_until(lambda: site.registered() == {"bob"}, 10, "the phone is registered")
        ann = SipParty(site.lab.srtp, "ann", certificate=site.authority.issue("ann"))
        ben = SipParty(site.lab.rtp, "ben")
        for party in (ann, ben):
            party.register()
        for rekey in ("yes", "no"):
            site.sections["line.ann"]["rekey"] = rekey
            site.gateway.write(site.sections)
            tap.equal(site.gateway.ask("reload").returncode, 0, f"rekey = {rekey}")
            site.bob.events.clear()
            stays = ann.call("200")
            answer = stays.wait(200)
            stays.ack(answer)
            site.bob.wait_for("CALL_ESTABLISHED")
            site.bob.command("transfer", f"sip:400@{site.lab.rtp.gateway}")
            new, invite = ben.called(10)
            new.reply(invite, 200, body=new.sdp())
            offer = stays.wait("INVITE")
            stays.reply(offer, 200, body=stays.sdp())
            stays.wait("ACK")
            tap.equal(offer.keys()[0] == answer.keys()[0], rekey == "no", f"rekey = {rekey}: whether our key stays")
            stays.request("BYE")
            new.reply(new.wait("BYE"), 200)
            site.bob.wait_for("CALL_CLOSED")


if __name__ == "__main__":
    main([blind, attended, keys], missing("baresip", "openssl"))
