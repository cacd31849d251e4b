"""A small site: the gateway, alice with a secure phone (TLS, client certificate, SRTP) and bob with a plain one (UDP, RTP);
where a test wants it dora, too, who is as secure as alice."""
from dataclasses import dataclass

from . import melody
from .call import music
from .gateway import Gateway, lab_sections
from .lab import Lab
from .phone import Phone
from .pki import Authority


@dataclass(frozen=True)
class Line:
    """A phone of the site."""
    number: str
    password: str
    secure: bool
    place: int = 0     # among those of its namespace


LINES = {"alice": Line("100", "wonderland", True), "bob": Line("200", "builder", False),
         "dora": Line("300", "explorer", True, 1)}


def played():
    """What each phone plays, once."""
    one, two = map(music, list(melody.PIECES)[:2])
    return {"alice": one, "bob": two, "dora": one[::-1]}


def sections(lab, authority, names=("alice", "bob")):
    """A site of these phones."""
    site = lab_sections(lab)
    site["sip"] = {"listen": [f"udp:{lab.rtp.gateway}:5060", f"tls:{lab.srtp.gateway}:5061"], "realm": "gw.test",
                   "cdr": lab.path("cdr.json")}
    site["tls"] = {"ciphers": "medium_ecdsa", "folder": lab.path("tls"), "trust": authority.ca}
    for name in names:
        line = LINES[name]
        site[f"line.{name}"] = {"number": line.number, "digest": "md5",
                                "security": "encrypted" if line.secure else "nonsecure",
                                "port": (lab.srtp if line.secure else lab.rtp).port,
                                "password": f"file:{lab.secret(f'{name}.password', line.password)}"}
    return site


class Site:
    """The gateway and its phones, each an attribute by its name. They hang up when what they play is over: `times` a
    piece. `change`: what a test does to the sections of the configuration; `traced`: see Phone."""

    def __init__(self, times=1, names=("alice", "bob"), change=None, traced=False):
        self.times, self.names, self.traced = times, names, traced
        self.change = change or (lambda sections, lab: None)

    def __enter__(self):
        self.lab = Lab().__enter__()
        for side in (self.lab.rtp, self.lab.srtp):
            side.namespace.ip("route", "add", "default", "via", side.gateway)
        self.authority = Authority(self.lab.path("pki"))
        self.sections = sections(self.lab, self.authority, self.names)
        self.change(self.sections, self.lab)
        self.gateway = Gateway(self.lab, self.sections)
        self.gateway.start()
        self.played = played()
        for name in self.names:
            setattr(self, name, self._phone(name, LINES[name]))
            getattr(self, name).start()
        return self

    def __exit__(self, *_):
        self.lab.__exit__(*_)

    def _phone(self, name, line):
        account, samples = f"auth_user={name};auth_pass={line.password};answermode=auto", self.played[name] * self.times
        if not line.secure:
            return Phone(self.lab, self.lab.rtp, name, account, samples, place=line.place, traced=self.traced)
        account += f';mediaenc=srtp-mand;outbound="sip:{self.lab.srtp.gateway}:5061;transport=tls"'
        return Phone(self.lab, self.lab.srtp, name, account, samples, "tls", self.authority.issue(name),
                     place=line.place, traced=self.traced)

    def registered(self):
        return {line["line"] for line in self.gateway.json("lines")["registrations"]}

    def calls(self, state):
        return [call for call in self.gateway.json("calls")["calls"] if call["state"] == state]
