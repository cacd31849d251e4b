#!/usr/bin/env python3
"""Calls between two secure phones and who may not have one (requirements M1, M2, M6, M10, S6, S8): each leg with its own
suite, media that may not go in the clear, and phones that do not prove who they are."""
import time

from lib import audio
from lib.call_site import LINES, Site
from lib.lab import missing
from lib.phone import Phone
from lib.pki import Authority
from lib.process import wait_until
from lib.sip_party import SipParty
from lib.tap import main

TALK_SECONDS = 5.5
CM80, CM32, GCM128 = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"


def dial(site, caller, callee, name):
    """A call that is up, as the gateway shows it."""
    for phone in (caller, callee):
        phone.events.clear()
    caller.dial(LINES[callee.name].number)
    for phone in (caller, callee):
        phone.wait_for("CALL_ESTABLISHED")
    call, = wait_until(lambda: site.calls("up"), 5, f"{name}: the call is up")
    return site.gateway.json("call", "show", str(call["id"]))["call"]


def hear_each_other(tap, site, one, two, name):
    for who, whom in ((one, two), (two, one)):
        correlation = audio.recognised(site.played[whom.name], who.heard())
        tap.ok(correlation >= 0.9, f"{name}: {who.name} hears {whom.name}", f"correlation {correlation:.4f}")


def suites(tap):
    """two secure phones"""
    # What baresip offers is CM with 80 bits; what it is offered it takes.
    names = ("alice", "dora")
    with Site(times=8, names=names) as site:
        wait_until(lambda: site.registered() == set(names), 10, "both lines are registered")
        for suite in (CM80, CM32, GCM128):
            site.sections["line.dora"]["suite"] = suite
            site.gateway.write(site.sections)
            tap.equal(site.gateway.ask("reload").returncode, 0, f"{suite}: it is dora's from here on")
            call = dial(site, site.alice, site.dora, suite)
            time.sleep(TALK_SECONDS)
            site.alice.command("hangup")
            site.dora.wait_for("CALL_CLOSED")
            wait_until(lambda: not site.calls("up"), 5, "the call is over")
            tap.equal([leg["suite"] for leg in call["legs"]], [CM80, suite], f"{suite}: each leg has its own")
            tap.equal(call["security"], "encrypted", f"{suite}: the call has a lock")
            hear_each_other(tap, site, site.alice, site.dora, suite)
        tap.ok(site.gateway.balanced(), "every packet is accounted for")


def blocking(sections, lab):
    sections["srtp"] = {"block_unencrypted": "yes"}
    sections["line.ann"] = {"security": "encrypted", "port": lab.srtp.port}


def blocked(tap):
    """a site where nothing goes in the clear"""
    with Site(names=tuple(LINES), change=blocking) as site:
        wait_until(lambda: site.registered() == set(LINES), 10, "all lines are registered")
        for caller, callee in ((site.alice, site.bob), (site.bob, site.alice)):
            caller.events.clear()
            caller.dial(LINES[callee.name].number)
            caller.wait_for("CALL_CLOSED")
            tap.ok(caller.saw("CALL_CLOSED", "488"), f"{caller.name} calls {callee.name}: 488", caller.events[-3:])
        tap.ok(all("block_unencrypted" in call["why"] for call in site.calls("over")), "the record says why",
               site.calls("over"))
        site.alice.events.clear()
        ann = SipParty(site.lab.srtp, "ann", certificate=site.authority.issue("ann"))
        ann.register()
        first = ann.call_phone("300")
        up, = wait_until(lambda: site.calls("up"), 5, "the call is up")
        tap.equal(up["security"], "encrypted", "secure parties call each other")
        first.refer(f"sip:200@{site.lab.srtp.gateway}")
        tap.equal(first.last_notify(), "488", "a transfer to a plain phone: 488")
        tap.equal([(call["id"], call["security"]) for call in site.calls("up")], [(up["id"], "encrypted")],
                  "the call that is up goes on, with its lock")
        first.request("BYE")
        first.wait(200)
        site.dora.wait_for("CALL_CLOSED")
        tap.ok(not site.bob.saw("CALL_ESTABLISHED"), "the plain phone never had a call")


def proving(sections, lab):
    """alice's line, for a phone that shows a certificate of a CA that is known, and has her password."""
    sections["tls"]["client_certificates"] = "required"
    sections["line.alice"] = {"security": "encrypted", "digest": "md5", "port": lab.srtp.port,
                              "password": f"file:{lab.secret('alice.password', LINES['alice'].password)}"}


def impostor(site, name, password, certificate):
    """A further phone that says it is alice."""
    side = site.lab.srtp
    account = f'auth_user=alice;auth_pass={password};outbound="sip:{side.gateway}:5061;transport=tls"'
    phone = Phone(site.lab, side, name, account, site.played["alice"], "tls", certificate, place=2)
    accounts = phone.folder / "accounts"
    accounts.write_text(accounts.read_text().replace(f"{name}@", "alice@"))
    return phone


def has_connection(site, certificate):
    """Whether a request over TLS with that certificate is answered at all."""
    try:
        party = SipParty(site.lab.srtp, "alice", certificate=certificate)
        request = party.new_dialog("alice")
        request.request("OPTIONS")
        return bool(party.wait(lambda message: message.status, "an answer"))
    except OSError:
        return False


def strangers(tap):
    """phones that are not who they say"""
    with Site(names=("bob",), change=proving) as site:
        wait_until(lambda: site.registered() == {"bob"}, 10, "bob is registered")
        own, good = LINES["alice"].password, site.authority.issue("alice")
        for name, password, said in (("guesser", "looking-glass", "401 Unauthorized"), ("owner", own, "[1 binding]")):
            phone = impostor(site, name, password, good).start()
            wait_until(lambda: said in phone.process.output(), 10, f"{name}: the phone says '{said}'")
            tap.equal("alice" in site.registered(), name == "owner", f"{name}: registered only with the password")
            phone.stop()
        wait_until(lambda: site.registered() == {"bob"}, 10, "the registration is gone with its connection")
        forged = Authority(site.lab.path("elsewhere"), "elsewhere").issue("alice")
        for name, certificate in (("of another CA", forged), ("of the site's", good)):
            tap.equal(has_connection(site, certificate), certificate is good, f"whether TLS takes a certificate {name}")
        text = site.gateway.log()
        tap.ok(not any(password in text for password in (own, "looking-glass")), "no password is in the log")


if __name__ == "__main__":
    main([suites, blocked, strangers], missing("baresip", "openssl"))
