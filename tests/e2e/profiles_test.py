#!/usr/bin/env python3
"""Security profiles as users change them while the gateway runs, and what they make of devices (requirements S3 to S6,
O1): rules and refusals, what a restart keeps, a damaged store, transport, digest and nonces by profile, devices that are
told to reload, and a site in which every device is nonsecure."""
import re
import sqlite3
import subprocess
import time

from lib.gateway import Gateway, lab_sections
from lib.lab import Lab, missing, program
from lib.process import wait_until
from lib.tap import main
from lib.udp_phone import UdpPhone

REFUSED = 1
WRONG_CONFIGURATION = 2


class Site:
    """A gateway with lines: alice and carol have passwords, bob has none."""

    def __init__(self, **sip):
        self.sip = sip

    def __enter__(self):
        self.lab = Lab().__enter__()
        lab = self.lab
        for side in (lab.rtp, lab.srtp):
            side.namespace.ip("route", "add", "default", "via", side.gateway)
        password = f"file:{lab.secret('password', 'wonderland')}"
        self.sections = lab_sections(lab)
        self.sections.update({
            "sip": {"listen": [f"udp:{lab.rtp.gateway}:5060", f"tcp:{lab.rtp.gateway}:5060",
                               f"tls:{lab.rtp.gateway}:5061"], "realm": "gw.test", **self.sip},
            "tls": {"ciphers": "medium_ecdsa", "folder": lab.path("tls")},
            "profile.office": {"description": "Phones of the office", "transport": "udp", "nonce_validity": 10},
            "line.alice": {"profile": "office", "password": password},
            "line.bob": {"number": 200},
            "line.carol": {"digest": "md5", "password": password},
        })
        self.gateway = Gateway(lab, self.sections)
        self.store = lab.path("gateway.db")
        self.phones = []
        return self

    def __exit__(self, *_):
        for phone in self.phones:
            phone.close()
        self.lab.__exit__(*_)

    def phone(self, user, port, password=""):
        self.phones.append(UdpPhone(self.lab.rtp, user, password, port))
        return self.phones[-1]

    def restart(self):
        self.gateway.stop()
        self.gateway.start()

    def check(self):
        """sallyportd --check: status and what it says."""
        done = subprocess.run(list(map(str, self.gateway.command("--check"))), capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout + done.stderr


class Cli:
    """`sallyport` with a verdict on each call."""

    def __init__(self, tap, gateway):
        self.tap, self.gateway = tap, gateway

    def does(self, *words):
        done = self.gateway.ask(*words, timeout=10)
        self.tap.ok(done.returncode == 0, f"sallyport {' '.join(words)}", done.stderr)
        return done.stdout

    def refuses(self, *words, because):
        done = self.gateway.ask(*words)
        self.tap.ok(done.returncode == REFUSED and because in done.stderr,
                    f"refused: sallyport {' '.join(words)}", f"status {done.returncode}: {done.stderr}")

    def names(self, *words):
        return [profile["name"] for profile in self.gateway.json("profile", *words)["profiles"]]

    def fields(self, name):
        return self.gateway.json("profile", "show", name)["profile"]["fields"]


def rules(tap):
    """what may be done with profiles"""
    with Site() as site:
        site.gateway.start()
        cli = Cli(tap, site.gateway)
        tap.equal(cli.names("list"), ["nonsecure", "nonsecure-tcp", "nonsecure-udp", "office"],
                  "the predefined ones and the file's are there")
        tap.ok(not site.store.exists(), "without a change there is no store")
        for name in ("nonsecure", "nonsecure-tcp", "nonsecure-udp"):
            cli.refuses("profile", "set", name, "digest=yes", because="predefined")
            cli.refuses("profile", "delete", name, because="predefined")
            cli.refuses("profile", "rename", name, "mine", because="predefined")
        for verb in (("set", "office", "digest=no"), ("delete", "office"), ("rename", "office", "mine")):
            cli.refuses("profile", *verb, because=f"is of the configuration file ({site.gateway.config}:")
        cli.refuses("profile", "show", "nobody", because="no profile 'nobody'")
        cli.refuses("profile", "add", "a.b", because="letters, digits")
        cli.refuses("profile", "add", "office", because="exists already")
        cli.refuses("profile", "add", "lab", "colour=red", because="expected description, security, transport")
        cli.refuses("profile", "add", "lab", "security=encrypted", "transport=udp", because="expected tls")
        cli.refuses("profile", "add", "lab", "nonce_validity=1", because="expected a number from 10 to 86400")
        tap.ok(not site.store.exists(), "what was refused left nothing behind")

        cli.does("profile", "add", "lab", "security=encrypted", "description=Secure phones", "key_size=ec-384")
        tap.equal((cli.fields("lab")["transport"], cli.fields("lab")["sip_port"], cli.fields("lab")["nonce_validity"]),
                  ("tls", "5061", "600"), "transport and port follow the security mode, and a nonce is good for 600 s")
        tap.equal(site.store.stat().st_mode & 0o777, 0o600, "the store is its owner's alone")
        cli.does("profile", "copy", "office", "bureau")
        tap.equal(cli.fields("bureau"), cli.fields("office"), "a copy has all fields")
        tap.equal(cli.names("find", "name", "begins-with", "NON"), ["nonsecure", "nonsecure-tcp", "nonsecure-udp"],
                  "found by how the name begins")
        tap.equal(cli.names("find", "description", "contains", "phones"), ["bureau", "lab", "office"],
                  "found by what the description contains")
        tap.equal(cli.names("find", "mode", "is-exactly", "encrypted"), ["lab"], "found by the mode")
        tap.equal(cli.names("find", "name", "is-exactly", "la"), [], "exactly is exactly")
        cli.does("line", "set", "bob", "profile=lab")
        cli.refuses("profile", "delete", "lab", because="in use and cannot be deleted: line bob")
        cli.refuses("line", "set", "nobody", "profile=lab", because="no line nobody")
        cli.does("profile", "rename", "lab", "secure")
        users = {user["line"]: user for user in site.gateway.json("users")["users"]}
        tap.equal((users["bob"]["profile"], users["bob"]["security"]), ("secure", "encrypted"),
                  "a rename reaches the line that has it")
        tap.equal([line for line, user in users.items() if user["md5_only"]], ["carol"],
                  "carol can be served by MD5 only")
        tap.ok("alice" not in site.gateway.ask("users", "--md5").stdout, "and is the only one in that report")
        tap.equal(site.gateway.ask("profile", "paint", "lab").returncode, 2, "wrong usage is status 2")


def kept(tap):
    """what a restart keeps, and names in both places"""
    with Site() as site:
        site.gateway.start()
        cli = Cli(tap, site.gateway)
        cli.does("profile", "add", "lab", "description=Test bench", "digest=no")
        site.sections["line.bob"]["profile"] = "lab"
        site.gateway.write(site.sections)
        cli.does("reload")
        cli.does("profile", "set", "lab", "transport=tcp")
        cli.does("profile", "rename", "lab", "bench")
        cli.does("line", "set", "carol", "profile=nonsecure-udp")
        site.restart()
        users = {user["line"]: user for user in site.gateway.json("users")["users"]}
        tap.equal([users[name]["profile"] for name in ("alice", "bob", "carol")], ["office", "bench", "nonsecure-udp"],
                  "every line has its profile after a restart, whatever the file still calls it")
        tap.equal((cli.fields("bench")["transport"], cli.fields("bench")["description"]), ("tcp", "Test bench"),
                  "and the profile its fields")
        tap.ok("is called 'bench' since it was renamed" in site.gateway.log(), "the log says that the file is behind")
        cli.refuses("profile", "add", "lab", because="still calls profile 'bench' 'lab' (line bob)")
        site.sections["profile.bench"] = {}
        site.gateway.write(site.sections)
        cli.refuses("reload", because=f"profile 'bench' is in {site.store} too")
        status, text = site.check()
        tap.ok(status == WRONG_CONFIGURATION and re.search(r"gateway.conf:\d+: profile 'bench' is in", text),
               "--check refuses a name in both places and names both", text)
        del site.sections["profile.bench"]
        site.sections["line.bob"]["profile"] = "benhc"
        site.gateway.write(site.sections)
        status, text = site.check()
        tap.ok(status == WRONG_CONFIGURATION and "'line.bob.profile' = 'benhc': expected the name" in text,
               "a profile that is nowhere is refused", text)
        site.sections["line.bob"]["profile"] = "bench"
        site.gateway.write(site.sections)
        cli.does("reload")

        with sqlite3.connect(site.store) as store:
            store.execute("UPDATE profile_field SET value = 'yes' WHERE field = 'digest'")
        store.close()
        cli.refuses("profile", "set", "bench", "digest=yes", because="was changed by somebody else")
        good = site.store.read_bytes()
        site.gateway.stop()
        for name, bad, said in (("garbage", b"no database at all" * 400, "file is not a database"),
                                ("a damaged page", good[:4096] + b"\xff" * 2048 + good[6144:], str(site.store)),
                                ("half of it", good[:len(good) // 2], str(site.store))):
            site.store.write_bytes(bad)
            status, text = site.check()
            tap.ok(status == WRONG_CONFIGURATION and said in text and str(site.store) in text and "expected" in text,
                   f"{name} in place of the store is refused", text)
            tap.equal(site.store.read_bytes(), bad, f"{name}: it is left as it was")
        site.store.write_bytes(good)
        site.store.chmod(0o644)
        status, text = site.check()
        tap.ok(status == WRONG_CONFIGURATION and "0644" in text, "a store that others can read is refused", text)
        site.store.unlink()
        with sqlite3.connect(site.store) as foreign:
            foreign.execute("CREATE TABLE songs(name)")
        foreign.close()
        site.store.chmod(0o600)
        status, text = site.check()
        tap.ok(status == WRONG_CONFIGURATION and "database of another program" in text,
               "another program's database is refused", text)


def devices(tap):
    """what profiles make of devices"""
    with Site() as site:
        site.gateway.start()
        cli = Cli(tap, site.gateway)
        alice, bob = site.phone("alice", 5071, "wonderland"), site.phone("bob", 5072)

        challenge = alice.register()
        asked = time.monotonic()
        tap.equal(challenge.status, 401, "digest on: alice is challenged")
        tap.equal(alice.register(alice.credentials(challenge)).status, 200, "and registers with her password")

        cli.does("profile", "add", "desk", "digest=no", "transport=udp")
        cli.does("line", "set", "bob", "profile=desk")
        tap.equal(bob.register().status, 200, "digest off: bob registers")
        tap.ok("no profile was changed" in cli.does("profile", "apply"), "nothing was changed, nobody is told")
        cli.does("profile", "set", "desk", "description=Desks", "digest=yes")
        tap.ok("bob: its profile 'desk' says digest = yes and it has no password" in site.gateway.log(),
               "a line that cannot register any more is warned of")
        tap.equal(bob.register().status, 401, "digest on: a user without credentials cannot register")
        cli.does("profile", "set", "desk", "digest=no")

        told = subprocess.Popen(cli_words(site, "apply"), stdout=subprocess.PIPE, text=True)
        notify = bob.asked("NOTIFY")
        tap.equal(notify["Event"], "check-sync;reboot=false", "apply: bob is asked to load his configuration")
        tap.ok(notify.start.startswith(f"NOTIFY sip:bob@{site.lab.rtp.client}:5072 ") and
               notify["Subscription-State"], "at his contact, as RFC 6665 wants it", notify.start)
        bob.reply(notify, 200)
        tap.ok(re.search(r"bob +told", told.communicate(timeout=10)[0]), "the command line says that he took it")
        tap.ok(alice.silent("NOTIFY", 0.3), "alice, who has another profile, is not asked")
        tap.equal([line["line"] for line in registrations(site)], ["alice", "bob"], "both stay registered")
        tap.equal(cli.names("list")[0], "desk", "it is still there")
        tap.ok(not site.gateway.json("profile", "show", "desk")["profile"]["changed"], "and counts as applied")

        told = subprocess.Popen(cli_words(site, "apply", "desk"), stdout=subprocess.PIPE, text=True)
        bob.reply(bob.asked("NOTIFY"), 489)
        tap.ok("has to register again" in told.communicate(timeout=10)[0], "a phone that refuses has to register again")
        tap.equal([line["line"] for line in registrations(site)], ["alice"], "its registration is gone")

        tap.equal(bob.register().status, 200, "bob registers again")
        cli.does("profile", "set", "desk", "transport=tcp")
        tap.ok([line["unfit"] for line in registrations(site) if line["line"] == "bob"] == [True],
               "by a transport that his profile does not say any more, he gets no calls")
        tap.equal(bob.register().status, 403, "and may not come by it again")
        told = subprocess.Popen(cli_words(site, "apply"), stdout=subprocess.PIPE, text=True)
        bob.reply(bob.asked("NOTIFY"), 200)
        tap.ok("told" in told.communicate(timeout=10)[0], "but he can still be told of it")

        time.sleep(max(0.0, asked + 10.5 - time.monotonic()))
        stale = alice.register(alice.credentials(challenge, 2))
        tap.ok(stale.status == 401 and "stale=true" in stale["WWW-Authenticate"],
               "a nonce is good for as long as the profile says", stale.start)
        tap.ok("wonderland" not in site.gateway.log() and b"wonderland" not in site.store.read_bytes(),
               "no password in log or store")


def cli_words(site, *words):
    """The command line of `sallyport profile WORDS`, to run beside a phone that answers."""
    return list(map(str, [program("sallyport"), "--socket", site.gateway.socket, "profile", *words]))


def registrations(site):
    return site.gateway.json("lines")["registrations"]


def sdp(address, keys):
    crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "QUJD" * 10 + "\r\n" if keys else ""
    return (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n{crypto}")


def one_call(tap, site, name, keys_expected):
    """alice calls bob and offers keys, over paths that may carry them."""
    alice, bob = site.phone("alice", 5071), site.phone("bob", 5072)
    tap.equal((alice.register().status, bob.register().status), (200, 200), f"{name}: both register by UDP")
    call_id = alice.ask("INVITE", f"sip:200@{site.lab.rtp.gateway}", f"<sip:200@{site.lab.rtp.gateway}>",
                         body=sdp(site.lab.rtp.client, True))
    invite = bob.asked("INVITE")
    tap.equal("a=crypto" in invite.body, keys_expected, f"{name}: whether bob is offered keys")
    bob.reply(invite, 200, body=sdp(site.lab.rtp.client, False))
    answer = alice.final(call_id)
    tap.equal((answer.status, "a=crypto" in answer.body), (200, keys_expected), f"{name}: whether alice gets keys")
    calls = wait_until(lambda: site.gateway.json("calls")["calls"], 5, "there is a call")
    return site.gateway.json("call", "show", str(calls[0]["id"]))["call"]


def cluster(tap):
    """a site in which every device is nonsecure"""
    for mode, keys_expected in (("mixed", True), ("nonsecure", False)):
        with Site(cluster_security=mode) as site:
            for name in ("alice", "bob"):
                site.sections[f"line.{name}"] = {"sdes_insecure_ok": "yes", "number": "200" if name == "bob" else "100"}
            site.sections["line.dora"] = {"security": "encrypted", "digest": "md5",
                                          "password": f"file:{site.lab.path('password')}"}
            site.gateway.write(site.sections)
            site.gateway.start()
            call = one_call(tap, site, mode, keys_expected)
            tap.equal("sip.cluster_security" in call["security_reason"], not keys_expected,
                      f"{mode}: whether the call's status says that all are nonsecure")
            dora = site.phone("dora", 5073, "wonderland")
            challenge = dora.register()
            if mode == "mixed":
                tap.equal(challenge.status, 403, "mixed: an encrypted device may not come by UDP")
                continue
            tap.equal(challenge.status, 401, "nonsecure: an encrypted device may, and digest still works")
            tap.equal(dora.register(dora.credentials(challenge)).status, 200, "with her password she is in")


if __name__ == "__main__":
    main([rules, kept, devices, cluster], missing())
