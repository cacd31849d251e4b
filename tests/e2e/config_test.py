#!/usr/bin/env python3
"""Wrong configurations and command lines: refused whole, with exit status 2 and a line that says where, what and what
was expected; right ones are accepted, and `--check` starts nothing."""
import re
import subprocess

from lib.gateway import lab_sections, render, stream_side
from lib.lab import Lab, missing, program
from lib.suites import MasterKey
from lib.tap import main

SUITE = "AES_CM_128_HMAC_SHA1_80"
REFUSED = 2


class Draft:
    """A valid configuration to be spoilt, and sallyportd's word on it."""

    def __init__(self, lab):
        self.lab = lab
        self.send, self.receive = MasterKey.random(SUITE), MasterKey.random(SUITE)
        self.send_file = lab.secret("send.key", self.send.base64 + "\n")
        self.receive_file = lab.secret("receive.key", self.receive.base64 + "\n")
        self.sections = lab_sections(lab)
        self.sections["log"] = {"level": "info"}
        self.sections["workers"] = {"cores": "0"}
        self.sections["stream.one"] = {
            **stream_side("a", (lab.rtp.gateway, 20000), (lab.rtp.client, 30000)),
            **stream_side("b", (lab.srtp.gateway, 20002), (lab.srtp.client, 30000), suite=SUITE,
                          send_key=f"file:{self.send_file}", receive_key=f"file:{self.receive_file}"),
        }
        self.path = lab.path("wrong.conf")

    def set(self, section, **keys):
        """Keys with `__` for `.`; None removes one."""
        for key, value in keys.items():
            name = key.replace("__", ".")
            if value is None:
                self.sections[section].pop(name)
            else:
                self.sections.setdefault(section, {})[name] = value
        return self

    def write(self, mode=0o600):
        self.path.unlink(missing_ok=True)
        self.path.touch(mode=mode)
        self.path.chmod(mode)
        self.path.write_text(render(self.sections))

    def line(self, section, key=None):
        """Number of the line of a key, or of the section's own."""
        inside = False
        for number, text in enumerate(self.path.read_text().splitlines(), 1):
            if text.startswith("["):
                inside = text == f"[{section}]"
                if inside and key is None:
                    return number
            elif inside and text.startswith(f"{key} = "):
                return number
        raise AssertionError(f"no {section}.{key} in the draft")

    def run(self, *arguments):
        """In the gateway's namespace. Ends by itself: either it only checks, or it must refuse."""
        argv = [program("sallyportd"), "--config", self.path, *arguments]
        return self.lab.gw.run(*argv, check=False, timeout=15)


def refused(tap, name, draft, section, key, *words, arguments=("--check",), mode=0o600):
    """The fault must be reported at the line of that key (of the section, if None), with all of the words."""
    draft.write(mode)
    place = f"{draft.path}:{draft.line(section, key)}:"
    done = draft.run(*arguments)
    lines = [line for line in done.stderr.splitlines() if place in line and all(word in line for word in words)]
    tap.ok(done.returncode == REFUSED and lines, name,
           f"status {done.returncode}; expected {place} with {words}; stderr:\n{done.stderr}")
    return done


def values(tap):
    """single keys"""
    with Lab() as lab:
        def spoilt(section, **keys):
            return Draft(lab).set(section, **keys)
        refused(tap, "an unknown key, with the one that was perhaps meant", spoilt("port.rtp0", adress="192.0.2.9/24"),
                "port.rtp0", "adress", "unknown key 'port.rtp0.adress'", "address")
        refused(tap, "an unknown section", spoilt("prot.lan", device="linux:rtp0"), "prot.lan", None, "prot.lan", "expected")
        refused(tap, "a value out of its choices", spoilt("log", level="loud"), "log", "level",
                "key 'log.level' = 'loud'", "expected trace, debug, info, warning or error")
        refused(tap, "a number out of its range", spoilt("workers", idle_polls="-1"), "workers", "idle_polls",
                "key 'workers.idle_polls' = '-1'", "expected a number from 0 to 1000000")
        refused(tap, "an address that is none", spoilt("port.srtp0", address="10.0.0.999/24"), "port.srtp0", "address",
                "key 'port.srtp0.address' = '10.0.0.999/24'", "expected an address with prefix length")
        refused(tap, "a suite that is not registered", spoilt("stream.one", b__suite="AES_CM_128_HMAC_SHA1_96"),
                "stream.one", "b.suite", "'AES_CM_128_HMAC_SHA1_96'", "expected AEAD_AES_256_GCM")
        refused(tap, "an engine that there is not", spoilt("crypto", engine="quantum"), "crypto", "engine",
                "key 'crypto.engine' = 'quantum'", "expected auto, lanes, ipsec_mb, openssl, cryptodev or libsrtp")
        refused(tap, "a required key that is missing", spoilt("stream.one", a__remote=None), "stream.one", None,
                "key 'a.remote' is missing", "expected an address and UDP port")
        refused(tap, "a core that does not exist", spoilt("workers", cores="0,977"), "workers", "cores",
                "key 'workers.cores' = '0,977'", "expected cores that exist")


def relations(tap):
    """keys that do not fit together"""
    with Lab() as lab:
        draft = Draft(lab)
        draft.sections["stream.two"] = dict(draft.sections["stream.one"])
        done = refused(tap, "two streams on one UDP port", draft, "stream.two", "a.local",
                       f"key 'stream.two.a.local' = '{lab.rtp.gateway}:20000'", "used once")
        tap.ok("[stream.one]" in done.stderr, "the clash names the other stream", done.stderr)
        refused(tap, "a UDP port that Linux has", Draft(lab).set("stream.one", a__local=f"{lab.rtp.gateway}:5060"),
                "stream.one", "a.local", "media_ports", "20000-39999")
        refused(tap, "an odd port for RTP", Draft(lab).set("stream.one", a__local=f"{lab.rtp.gateway}:20005"),
                "stream.one", "a.local", "expected an even UDP port")
        refused(tap, "an address of no port", Draft(lab).set("stream.one", a__local="203.0.113.1:20000"),
                "stream.one", "a.local", "expected an address of one of the ports")
        refused(tap, "IPv4 to IPv6 on one side", Draft(lab).set("stream.one", a__remote=f"[{lab.rtp.client6}]:30000"),
                "stream.one", "a.remote", "expected an address of the same family")
        refused(tap, "one device in two ports", Draft(lab).set("port.srtp0", device="linux:rtp0"),
                "port.srtp0", "device", "'linux:rtp0'", "used once", "port.rtp0")
        refused(tap, "a fixed SSRC under SRTP, which repeats keystreams", Draft(lab).set("stream.one", b__ssrc="0x1234"),
                "stream.one", "b.ssrc", "allow_index_reuse_in_lab = yes")
        refused(tap, "keys without a suite", Draft(lab).set("stream.one", b__suite=None), "stream.one", "b.send_key",
                "no suite")
        refused(tap, "a suite without keys", Draft(lab).set("stream.one", b__send_key=None), "stream.one", "b.suite",
                "'b.send_key' is missing")
        draft = Draft(lab).set("log", level="loud").set("workers", idle_polls="many")
        draft.write()
        done = draft.run("--check")
        tap.ok(all(word in done.stderr for word in ("log.level", "workers.idle_polls")), "every fault is told, not the first",
               done.stderr)


def secrets(tap):
    """keys and who may read them"""
    with Lab() as lab:
        for mode in (0o644, 0o640, 0o604):
            draft = Draft(lab)
            draft.send_file.chmod(mode)
            refused(tap, f"a key file of mode {mode:04o}", draft, "stream.one", "b.send_key", str(draft.send_file),
                    f"mode {mode:04o}", "expected 0600")
            draft.send_file.chmod(0o600)
        refused(tap, "a key file that is not there", Draft(lab).set("stream.one", b__send_key="file:nowhere.key"),
                "stream.one", "b.send_key", "nowhere.key", "No such file")
        draft = Draft(lab)
        draft.set("stream.one", b__send_key=draft.send.base64)
        done = refused(tap, "a key in a configuration file that others can read", draft, "stream.one", "b.send_key",
                       "holds a key", "mode 0644", "expected 0600", mode=0o644)
        tap.ok(draft.send.base64 not in done.stderr + done.stdout, "the fault does not show the key")
        short = draft.send.base64[:-8]
        done = refused(tap, "a key of the wrong length", Draft(lab).set("stream.one", b__send_key=short), "stream.one",
                       "b.send_key", SUITE, "30")
        tap.ok(short not in done.stderr + done.stdout, "a malformed key is not shown")
        done = refused(tap, "a key in the place of another value", Draft(lab).set("stream.one", b__suite=draft.send.base64),
                       "stream.one", "b.suite", "(hidden)")
        tap.ok(draft.send.base64 not in done.stderr + done.stdout, "a misplaced key is not shown")
        draft = Draft(lab)
        draft.set("stream.one", b__receive_key=f"file:{draft.send_file}")
        refused(tap, "one key for both directions", draft, "stream.one", "b.receive_key",
                "expected another key than in the other direction")
        done = draft.set("stream.one", b__receive_key=f"file:{draft.receive_file}")
        draft.write()
        done = draft.run("--check", f"--stream.one.b.send_key={draft.send.base64}")
        tap.ok(done.returncode == REFUSED and "command line" in done.stderr and draft.send.base64 not in done.stderr,
               "a key on the command line is refused and not repeated", done.stderr)


def starting(tap):
    """what only the start can find"""
    with Lab() as lab:
        refused(tap, "an interface that does not exist", Draft(lab).set("port.srtp0", device="linux:nosuch0"),
                "port.srtp0", "device", "key 'port.srtp0.device' = 'linux:nosuch0'", "nosuch0", arguments=())
        tap.ok(not lab.path("control.sock").exists(), "nothing of it was started: no control socket is left")
        rest = lab.gw.run("ip", "-o", "link").stdout
        tap.ok("xdp" not in rest, "nor an XDP program on the port that could start", rest)
        tables = lab.gw.run("nft", "list", "tables").stdout
        tap.ok(tables.strip() == "", "nor an nft table", tables)
        draft = Draft(lab)
        draft.write()
        draft.path.unlink()
        done = draft.run("--check")
        tap.ok(done.returncode == REFUSED and str(draft.path) in done.stderr, "a configuration file that is not there",
               done.stderr)


def command_line(tap):
    """arguments"""
    with Lab() as lab:
        draft = Draft(lab)
        draft.write()
        done = draft.run("--check")
        tap.ok(done.returncode == 0 and "valid" in done.stdout, "--check accepts a right one", done.stdout + done.stderr)
        tap.ok(not lab.path("control.sock").exists(), "--check starts nothing")
        for wrong in ("--frobnicate", "surplus", "--log.level"):
            done = draft.run(wrong)
            tap.ok(done.returncode == REFUSED and wrong.lstrip("-") in done.stderr, f"'{wrong}' is refused by name",
                   f"status {done.returncode}: {done.stderr}")
        done = draft.run("--check", "--log.level=loud")
        tap.ok(done.returncode == REFUSED and "command line: key 'log.level' = 'loud': expected" in done.stderr,
               "a wrong setting on the command line says so", done.stderr)
        done = draft.run("--check", "--log.level=debug", "--workers.idle_polls", "7")
        tap.equal(done.returncode, 0, "settings on the command line, in both spellings")
        help_text = subprocess.run([program("sallyportd"), "--help"], capture_output=True, text=True, timeout=10)
        tap.ok(help_text.returncode == 0 and "--check" in help_text.stdout, "--help")
        version = subprocess.run([program("sallyportd"), "--version"], capture_output=True, text=True, timeout=10)
        tap.ok(version.returncode == 0 and re.search(r"\d+\.\d+\.\d+", version.stdout), "--version", version.stdout)


def reference(tap):
    """the printed reference"""
    done = subprocess.run([program("sallyportd"), "--reference"], capture_output=True, text=True, timeout=10)
    tap.equal(done.returncode, 0, "--reference")
    keys = re.findall(r"^  (\S.*)$", done.stdout, re.M)
    tap.ok(len(keys) >= 35, "--reference lists the keys", f"{len(keys)} keys")
    undescribed = [key for key in keys if not re.search(rf"^  {re.escape(key)}\n      \S.*\n      \S.*; (default: |required)",
                                                        done.stdout, re.M)]
    tap.equal(undescribed, [], "each with meaning, what is expected, and default")
    tap.ok("MiB" in done.stdout and "microseconds" in done.stdout, "with units")


if __name__ == "__main__":
    main([values, relations, secrets, starting, command_line, reference], missing())
