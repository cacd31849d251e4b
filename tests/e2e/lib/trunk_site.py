"""Alice at the gateway, 200 at the first of two Kamailios, which are the targets of one trunk: by UDP, or by TLS."""
import time
from dataclasses import replace

from . import audio, melody
from .call import music
from .gateway import Gateway, lab_sections
from .kamailio import Kamailio
from .lab import Lab
from .phone import Phone
from .pki import Authority
from .process import wait_until

TALK_SECONDS = 4.5
FIRST, SECOND = 5060, 5070


class Site:
    """`secure`: the trunk is TLS, and so is 200's way to Kamailio. `srtp`: what 200 does about it, for baresip; as a
    secure phone it insists on it."""

    def __init__(self, secure=False, srtp=""):
        self.secure, self.srtp = secure, "srtp-mand" if secure else srtp
        self.ports = (5061, 5071) if secure else (FIRST, SECOND)

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
        self.bob = Phone(lab, replace(lab.rtp, gateway=lab.rtp.client), "200",
                         f"answermode=auto{f';mediaenc={self.srtp}' if self.srtp else ''}", self.played["200"],
                         "tls" if self.secure else "udp", authority.issue("200") if self.secure else None)
        otherwise = f"sip:{lab.rtp.client}:5080"
        tls = (authority.issue("proxy"), authority.ca) if self.secure else None
        self.first, self.second = (Kamailio(lab, lab.rtp, port, otherwise, "gw", "builder", tls) for port in self.ports)
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
        transport = "tls" if self.secure else "udp"
        site["sip"] = {"listen": [f"{transport}:{lab.rtp.gateway}:{5061 if self.secure else 5060}",
                                  f"tls:{lab.srtp.gateway}:5061"], "realm": "gw.test"}
        site["tls"] = {"ciphers": "medium_ecdsa", "folder": lab.path("tls"), "trust": authority.ca}
        site["line.alice"] = {"number": "100", "security": "encrypted", "port": lab.srtp.port, "digest": "md5",
                              "password": f"file:{lab.secret('alice.password', 'wonderland')}"}
        site["trunk.proxy"] = {"target": [f"{transport}:{lab.rtp.client}:{port}" for port in self.ports],
                               "security": "encrypted" if self.secure else "nonsecure",
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
        wait_until(lambda: self.states() == dict(zip(self.ports, (first, second))), 20, f"targets are {first} and {second}")

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
