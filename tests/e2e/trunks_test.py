#!/usr/bin/env python3
"""Trunks that lead to Kamailio as a proxy (requirements G1, S6, M1): a secure phone at the gateway and a plain one at
Kamailio call each other, the dialog stays on the proxy's route; when a target is gone the next one takes over."""
import json
import time
from dataclasses import replace

from lib import audio, melody
from lib.call import music
from lib.gateway import Gateway, lab_sections
from lib.kamailio import Kamailio
from lib.lab import Lab, missing
from lib.phone import Phone
from lib.pki import Authority
from lib.process import wait_until
from lib.tap import main

TALK_SECONDS = 4.5
FIRST, SECOND = 5060, 5070


class Site:
    """Alice at the gateway, 200 at the first of two Kamailios, which are the targets of one trunk."""

    def __enter__(self):
        self.lab = Lab().__enter__()
        try:
            self._build(self.lab)
        except BaseException:
            self.lab.close()
            raise
        return self

    def _build(self, lab):
        lab.srtp.namespace.ip("route", "add", "default", "via", lab.srtp.gateway)
        authority = Authority(lab.path("pki"))
        self.gateway = Gateway(lab, self._sections(authority))
        one, two = list(melody.PIECES)[:2]
        self.played = {"alice": music(one), "200": music(two)}
        self.alice = Phone(lab, lab.srtp, "alice",
                           f'mediaenc=srtp-mand;auth_user=alice;auth_pass=wonderland;answermode=auto;'
                           f'outbound="sip:{lab.srtp.gateway}:5061;transport=tls"',
                           self.played["alice"], "tls", authority.issue("alice"))
        # To this phone Kamailio is the registrar and the way to everybody else.
        self.bob = Phone(lab, replace(lab.rtp, gateway=lab.rtp.client), "200", "answermode=auto", self.played["200"])
        otherwise = f"sip:{lab.rtp.client}:5080"
        self.first, self.second = (Kamailio(lab, lab.rtp, port, otherwise, "gw", "builder") for port in (FIRST, SECOND))
        for kamailio in (self.first, self.second):
            kamailio.start()
        self.gateway.start()
        for phone in (self.alice, self.bob):
            phone.start()

    def __exit__(self, *_):
        self.lab.__exit__(*_)

    def _sections(self, authority):
        lab = self.lab
        site = lab_sections(lab)
        site["sip"] = {"listen": [f"udp:{lab.rtp.gateway}:5060", f"tls:{lab.srtp.gateway}:5061"], "realm": "gw.test"}
        site["tls"] = {"ciphers": "medium_ecdsa", "folder": lab.path("tls"), "trust": authority.ca}
        site["line.alice"] = {"number": "100", "security": "encrypted", "port": lab.srtp.port, "digest": "md5",
                              "password": f"file:{lab.secret('alice.password', 'wonderland')}"}
        site["trunk.proxy"] = {"target": [f"udp:{lab.rtp.client}:{port}" for port in (FIRST, SECOND)],
                               "keep_alive": 1, "port": lab.rtp.port, "register": "yes", "expires": 10,
                               "domain": "provider.test", "username": "gw",
                               "password": f"file:{lab.secret('gw.password', 'builder')}"}
        site["route.proxy"] = {"number": "2*", "to": "trunk:proxy"}
        return site

    def states(self):
        """What each target is, by its port."""
        trunk, = self.gateway.json("trunks")["trunks"]
        return {int(target["target"].rsplit(":", 1)[1]): target["state"] for target in trunk["targets"]}

    def registered_at(self):
        """The port of the target that the gateway is registered at; None where it is not."""
        trunk, = self.gateway.json("trunks")["trunks"]
        registration = trunk["registration"]
        return int(registration["target"].rsplit(":", 1)[1]) if registration["state"] == "registered" else None

    def wait_for_states(self, first, second):
        wait_until(lambda: self.states() == {FIRST: first, SECOND: second}, 20, f"targets are {first} and {second}")

    def wait_for_phones(self):
        wait_until(lambda: self.gateway.json("lines")["registrations"], 10, "alice is registered at the gateway")
        wait_until(lambda: "[1 binding]" in self.bob.process.output(), 10, "200 is registered at Kamailio")

    def call(self, tap, caller, callee, number, hangs_up, name):
        """Dials, talks, and one of them hangs up."""
        for phone in (caller, callee):
            phone.events.clear()
        caller.dial(number)
        for phone in (caller, callee):
            phone.wait_for("CALL_ESTABLISHED", seconds=20)
        time.sleep(TALK_SECONDS)
        hangs_up.command("hangup")
        for phone in (caller, callee):
            phone.wait_for("CALL_CLOSED")
        for who, whom in ((caller, callee), (callee, caller)):
            match = audio.similarity(self.played[whom.name], who.heard())
            tap.ok(match.correlation >= 0.9, f"{name}: {who.name} hears {whom.name}",
                   f"correlation {match.correlation:.4f}, heard {match.heard:.1f} s")


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
    main([through_a_proxy, fails_over], missing("baresip", "openssl", "kamailio"))
