#!/usr/bin/env python3
"""Trunks whose targets are names (requirement G1; RFC 3263, 2782, 5922): SRV with priorities and weights, addresses that
change, DNS that fails, certificates that have to be for the name."""
import re
import ssl
import threading
from dataclasses import replace

from lib.dns_server import DnsServer
from lib.gateway import Gateway, lab_sections
from lib.lab import Lab, missing
from lib.pki import Authority
from lib.process import wait_until
from lib.sip_party import SipParty
from lib.tap import main

#: A gateway that gets no answer says so after 4.5 s.
DNS_SECONDS = 20


class Site:
    """A plain line, a DNS server, and a trunk of one name for the numbers that begin with 9."""

    def __init__(self, target, **trunk):
        self.target, self.trunk = target, trunk

    def __enter__(self):
        self.lab = lab = Lab().__enter__()
        lab.rtp.namespace.address("eth0", "192.0.2.3/24")
        self.dns = DnsServer(lab.rtp)
        self.sections = lab_sections(lab)
        self.sections["sip"] = {"listen": [f"udp:{lab.rtp.gateway}:5060"], "realm": "gw.test", "resolver": self.dns.at}
        self.sections["line.ann"] = {"number": "100", "port": lab.rtp.port}
        self.sections["trunk.carrier"] = {"target": self.target, "keep_alive": 0, "port": lab.rtp.port, **self.trunk}
        self.sections["route.carrier"] = {"number": "9*", "to": "trunk:carrier"}
        self.gateway = Gateway(lab, self.sections)
        self.other = replace(lab.rtp, client="192.0.2.3")
        return self

    def __exit__(self, *_):
        self.dns.close()
        self.lab.__exit__(*_)

    def start(self):
        self.gateway.start()
        self.ann = SipParty(self.lab.rtp, "ann", 5070)
        self.ann.register()

    def targets(self):
        return [target["target"] for target in self.shown()]

    def shown(self):
        trunk, = self.gateway.json("trunks")["trunks"]
        return trunk["targets"]

    def wait_for_targets(self, *targets):
        wait_until(lambda: sorted(self.targets()) == sorted(targets), DNS_SECONDS, f"the trunk leads to {targets}")

    def call(self, server, seconds=5):
        """ann calls, `server` refuses; what it was asked."""
        mine = self.ann.call("900")
        theirs, invite = server.called(seconds)
        theirs.reply(invite, 486)
        theirs.wait("ACK")
        mine.wait(486)
        return invite


def services(tap):
    """SRV records"""
    with Site("udp:sip.provider.test") as site:
        site.dns.srv("_sip._udp.sip.provider.test", (10, 0, 5081, "a.provider.test"), (10, 65535, 5082, "b.provider.test"),
                     (20, 0, 5083, "c.provider.test"))
        for name in "abc":
            site.dns.a(f"{name}.provider.test", site.lab.rtp.client)
        light, heavy, last = (SipParty(site.lab.rtp, name, port) for name, port in
                              (("light", 5081), ("heavy", 5082), ("last", 5083)))
        site.start()
        at = site.lab.rtp.client
        site.wait_for_targets(f"{at}:5081", f"{at}:5082", f"{at}:5083")
        for _ in range(3):
            invite = site.call(heavy)
        tap.ok(True, "the server with all the weight gets the calls")
        tap.equal(invite.start.split()[1], "sip:900@sip.provider.test", "who asks for the name, not for an address")
        # It says nothing: the other of its priority is tried, then the one of the next.
        mine = site.ann.call("900")
        theirs, invite = light.called(15)
        tap.ok(True, "a silent server is left for the other one of its priority")
        theirs.reply(invite, 503)
        theirs.wait("ACK")
        theirs, invite = last.called(15)
        tap.ok(True, "and that for the one of the next priority")
        theirs.reply(invite, 486)
        mine.wait(486)
        site.ann.forget()
        tap.ok(SipParty(site.lab.rtp, "stranger", 5099).call("100").wait(403), "who calls from elsewhere is no trunk")
        inbound = last.call("100")
        ours, invite = site.ann.called()
        ours.reply(invite, 486)
        tap.ok(inbound.wait(486), "a server of the name may call as the trunk")


def changes(tap):
    """an address that changes, and DNS that fails"""
    with Site("udp:moving.test:5083") as site:
        before, after = SipParty(site.lab.rtp, "before", 5083), SipParty(site.other, "after", 5083)
        site.dns.a("moving.test", site.lab.rtp.client, ttl=2)
        site.start()
        site.wait_for_targets(f"{site.lab.rtp.client}:5083")
        site.call(before)
        tap.ok(True, "a call goes where the name leads")
        tap.ok("_sip._udp.moving.test" not in site.dns.asked, "a name with a port is asked for no service")
        site.dns.a("moving.test", site.other.client, ttl=2)
        site.wait_for_targets(f"{site.other.client}:5083")
        site.call(after)
        tap.ok(True, "the next one where it leads after its lifetime")
        tap.ok(before.call("100").wait(403), "who was the trunk is it no more")
        site.dns.silent = True
        wait_until(lambda: site.shown()[0]["name"]["problem"], DNS_SECONDS, "the gateway notices that DNS fails")
        tap.ok("moving.test" in site.shown()[0]["name"]["problem"], "which sallyport trunks says", site.shown())
        tap.ok("(moving.test, resolved" in site.gateway.ask("trunks").stdout, "in its table, too")
        tap.ok("is used until it answers" in site.gateway.log(), "and the log")
        site.call(after)
        tap.ok(True, "the last answer still counts")
        site.dns.silent = False
        site.gateway.wait_for_log("DNS answers again", DNS_SECONDS)
        tap.equal(site.shown()[0]["name"]["problem"], "", "until there is a new one")


def nowhere(tap):
    """a name that is not there"""
    with Site("udp:later.test") as site:
        later = SipParty(site.lab.rtp, "later", 5060)
        site.start()
        wait_until(lambda: site.shown()[0]["state"] == "unresolved" and site.shown()[0]["answer"], DNS_SECONDS,
                   "DNS has said no")
        tap.ok(True, "the gateway runs")
        tap.ok(site.ann.call("900").wait(503), "a call is refused with 503")
        why = site.gateway.json("calls")["calls"][0]["why"]
        tap.ok("later.test" in why and "not found" in why, "the call's record says why", why)
        tap.ok("carrier: 1 of 1 targets down" in site.gateway.ask("status").stdout, "sallyport status says so")
        site.dns.a("later.test", site.lab.rtp.client)
        site.wait_for_targets(f"{site.lab.rtp.client}:5060")
        site.call(later)
        tap.ok(True, "once it is there calls go there, without SRV to SIP's own port")


class TlsServer:
    """Answers each request on each TLS connection with 200; its certificate may change."""

    def __init__(self, side, port, certificate):
        self.certificate, self.asked = certificate, []
        self._listener = side.namespace.socket()
        self._listener.bind((side.client, port))
        self._listener.listen()
        self._listener.settimeout(0.1)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while not self._ends.is_set():
            try:
                plain, _ = self._listener.accept()
            except TimeoutError:
                continue
            try:
                self._talk(plain)
            except OSError:
                plain.close()

    def _talk(self, plain):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        plain.settimeout(5)
        with context.wrap_socket(plain, server_side=True) as link:
            link.settimeout(0.1)
            while not self._ends.is_set():
                try:
                    request = link.recv(65536).decode()
                except TimeoutError:
                    continue
                if not request:
                    return
                self.asked.append(request.split("\r\n")[0])
                same = re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*?$", request, re.M)
                lines = ["SIP/2.0 200 OK", *(line.strip() for line in same), "Content-Length: 0", "", ""]
                link.sendall("\r\n".join(lines).encode())

    def close(self):
        self._ends.set()
        self._thread.join()
        self._listener.close()


def certificates(tap):
    """a TLS server has to be the name"""
    with Site("tls:sip.provider.test", keep_alive=1) as site:
        authority = Authority(site.lab.path("pki"))
        site.sections["sip"]["listen"].append(f"tls:{site.lab.rtp.gateway}:5061")
        site.sections["tls"] = {"ciphers": "medium_ecdsa", "folder": site.lab.path("tls"), "trust": authority.ca}
        site.gateway.write(site.sections)
        # DNS may say what it likes: the server's own name is not the provider's.
        site.dns.srv("_sips._tcp.sip.provider.test", (1, 1, 5071, "node.hoster.test"))
        site.dns.a("node.hoster.test", site.lab.rtp.client)
        server = TlsServer(site.lab.rtp, 5071, authority.issue("node.hoster.test"))
        try:
            site.start()
            site.wait_for_targets(f"{site.lab.rtp.client}:5071")
            wait_until(lambda: site.shown()[0]["state"] == "down", DNS_SECONDS, "the target is down")
            tap.ok("certificate verify failed" in site.shown()[0]["answer"], "a certificate for the server's name is none",
                   site.shown()[0]["answer"])
            tap.equal(server.asked, [], "and nothing was said to it")
            server.certificate = authority.issue("sip.provider.test")
            wait_until(lambda: site.shown()[0]["state"] == "up", DNS_SECONDS, "the target is up")
            tap.ok(server.asked[0].startswith("OPTIONS sip:sip.provider.test;transport=tls"),
                   "one for the configured name is", server.asked[0])
        finally:
            server.close()


if __name__ == "__main__":
    main([services, changes, nowhere, certificates], missing("openssl"))
