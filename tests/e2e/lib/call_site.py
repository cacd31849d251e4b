"""A small site: the gateway, alice with a secure phone (TLS, client certificate, SRTP) and bob with a plain one (UDP, RTP)."""
from . import melody
from .call import music
from .gateway import Gateway, lab_sections
from .lab import Lab
from .phone import Phone
from .pki import Authority


def sections(lab, authority):
    """A site of two phones: alice is secure, bob is not."""
    site = lab_sections(lab)
    site["sip"] = {"listen": [f"udp:{lab.rtp.gateway}:5060", f"tls:{lab.srtp.gateway}:5061"], "realm": "gw.test",
                   "cdr": lab.path("cdr.json")}
    site["tls"] = {"ciphers": "medium_ecdsa", "folder": lab.path("tls"), "trust": authority.ca}
    site["line.alice"] = {"number": "100", "security": "encrypted", "port": lab.srtp.port, "digest": "md5",
                          "password": f"file:{lab.secret('alice.password', 'wonderland')}"}
    site["line.bob"] = {"number": "200", "port": lab.rtp.port, "digest": "md5",
                        "password": f"file:{lab.secret('bob.password', 'builder')}"}
    return site


class Site:
    """The gateway and its two phones. They hang up when what they play is over: `times` a piece."""

    def __init__(self, times=1):
        self.times = times

    def __enter__(self):
        self.lab = Lab().__enter__()
        for side in (self.lab.rtp, self.lab.srtp):
            side.namespace.ip("route", "add", "default", "via", side.gateway)
        self.authority = Authority(self.lab.path("pki"))
        self.gateway = Gateway(self.lab, sections(self.lab, self.authority))
        self.gateway.start()
        one, two = list(melody.PIECES)[:2]
        self.alice = Phone(self.lab, self.lab.srtp, "alice",
                           f'mediaenc=srtp-mand;auth_user=alice;auth_pass=wonderland;answermode=auto;'
                           f'outbound="sip:{self.lab.srtp.gateway}:5061;transport=tls"',
                           music(one) * self.times, "tls", self.authority.issue("alice"))
        self.bob = Phone(self.lab, self.lab.rtp, "bob", "auth_user=bob;auth_pass=builder;answermode=auto", music(two) * self.times)
        self.played = {"alice": music(one), "bob": music(two)}
        for phone in (self.alice, self.bob):
            phone.start()
        return self

    def __exit__(self, *_):
        self.lab.__exit__(*_)

    def registered(self):
        return {line["line"] for line in self.gateway.json("lines")["registrations"]}

    def calls(self, state):
        return [call for call in self.gateway.json("calls")["calls"] if call["state"] == state]
