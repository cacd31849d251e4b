#!/usr/bin/env python3
"""All of SRTP through the running gateway (requirements M1, M5, M10): the generator speaks every suite with MKI, session
parameters and changing session keys on both sides and judges every packet; keys are used up and replaced."""
import json
import re

from lib.gateway import Gateway
from lib.lab import Lab, missing, program
from lib.process import Failure, wait_until
from lib.tap import main

CM80, CM32 = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
CM192, CM256 = "AES_192_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80"
GCM128, GCM256 = "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"
F8, F8_32 = "F8_128_HMAC_SHA1_80", "F8_128_HMAC_SHA1_32"
NULL80, NULL32 = "NULL_HMAC_SHA1_80", "NULL_HMAC_SHA1_32"
STREAMS, PACKETS = 4, 200


class Run:
    """A gateway between two memif sockets and the generator at both, from one --emit-config."""

    def __init__(self, lab, name, a, b, *options, crypto=None):
        self.lab, self.name, self.folder = lab, name, lab.path(name)
        a_socket, b_socket = lab.path(f"{name}-a.sock"), lab.path(f"{name}-b.sock")
        emit = [program("sallyport-load"), "--emit-config", self.folder, "--streams", STREAMS, "--rtcp", "pair",
                "--from", "10.1.0.2:30000", "--to", "10.1.0.1:20000", "--sink", "10.2.0.2:30000",
                "--sink-from", "10.2.0.1:20000", "--suite", a, "--sink-suite", b,
                "--link", f"memif:{a_socket}", "--mac", "02:00:00:00:00:0a", "--peer-mac", "02:00:00:00:00:01",
                "--sink-link", f"memif:{b_socket}", "--sink-mac", "02:00:00:00:00:0b", "--sink-peer-mac",
                "02:00:00:00:00:02", "--port-config", f"a=memif:{a_socket}", "--port-config", f"b=memif:{b_socket}",
                *options]
        emitted = lab.start(lab.gw, f"emit-{name}", list(map(str, emit)))
        if emitted.wait(10) != 0:
            raise Failure(f"--emit-config: {emitted.tail()}")
        control = {"memory": {"size_mb": 256}, "control": {"socket": lab.path(f"{name}.ctl")}, "crypto": crypto or {}}
        self.gateway = Gateway(lab, control, name)
        self.common = self.gateway.config.read_text()
        self.streams = (self.folder / "streams.conf").read_text()
        self.write(self.streams)

    def write(self, streams):
        self.lab.secret(self.gateway.config.name, self.common + streams)

    def __enter__(self):
        self.gateway.start()
        return self

    def __exit__(self, *_):
        self.gateway.stop()

    def load(self, *options):
        """The generator's exit status and its findings."""
        argv = [program("sallyport-load"), "--config", self.folder / "load.conf", "--json", *options]
        done = self.lab.start(self.lab.gw, f"load-{self.name}", list(map(str, argv)))
        status = done.wait(60)
        if status is None or status == 2:
            raise Failure(f"sallyport-load: {done.tail()}")
        return status, done.output()

    def sides(self):
        return [(stream["name"], side) for stream in self.gateway.json("streams")["streams"] for side in stream["sides"]]

    def check_all_right(self, tap, what, *options):
        status, findings = self.load("--bidirectional", "--packets", PACKETS, "--pps", 4000, *options)
        dropped = [(name, side["side"], side["dropped"]) for name, side in self.sides() if side["dropped"]]
        tap.ok(status == 0 and not dropped, f"{what}: every packet both ways, and RTCP, comes out as it should",
               f"{dropped}\n{findings}")


def check_pair(tap, lab, name, a, b, *options, crypto=None):
    with Run(lab, name, a, b, *options, crypto=crypto) as run:
        run.check_all_right(tap, f"{a} to {b} {' '.join(options)}".strip())
        tap.ok(run.gateway.balanced(), f"{name}: the gateway accounts for every packet")


def every_suite(tap):
    """Every suite, to another one"""
    with Lab() as lab:
        for number, (a, b) in enumerate([(CM80, GCM256), (CM256, CM192), (CM32, "AES_256_CM_HMAC_SHA1_32"),
                                         ("AES_192_CM_HMAC_SHA1_32", GCM128), (F8, F8_32), (NULL80, NULL32),
                                         ("AEAD_AES_128_GCM_8", "AEAD_AES_256_GCM_8")]):
            check_pair(tap, lab, f"suites{number}", a, b)


def parameters(tap):
    """MKIs and session parameters"""
    with Lab() as lab:
        check_pair(tap, lab, "mki", CM80, GCM256, "--mki", "1:4", "--sink-mki", "4294967295:128")
        check_pair(tap, lab, "clear", CM80, F8, "--session-parameters", "UNENCRYPTED_SRTP UNENCRYPTED_SRTCP",
                   "--sink-session-parameters", "UNAUTHENTICATED_SRTP", "--sink-mki", "7:1")
        check_pair(tap, lab, "wide", GCM128, CM256, "--session-parameters", "WSH=1024",
                   "--sink-session-parameters", "UNENCRYPTED_SRTCP WSH=64")


def engines(tap):
    """Engines, each for all suites that it has, and mixed"""
    with Lab() as lab:
        for engine in ("ipsec_mb", "openssl", "libsrtp"):
            check_pair(tap, lab, engine, CM80, GCM128, crypto={"engine": engine})
        with Run(lab, "mixed", GCM128, F8, crypto={"engine": "libsrtp", f"engine.{GCM128}": "openssl"}) as run:
            run.check_all_right(tap, "an engine per suite")
            serving = {side["suite"]: (side["engine"], side["srtp"]["engine_reason"]) for _, side in run.sides()}
            tap.equal(serving[GCM128], ("openssl", None), "the suite's own engine serves it")
            tap.ok(serving[F8][0] != "libsrtp" and "libsrtp does not have" in serving[F8][1],
                   "status says why another one than the chosen serves F8", serving)
        for mode in ("async", "cpu"):
            check_pair(tap, lab, f"device-{mode}", CM80, GCM128,
                       crypto={"engine": "cryptodev", "device": "crypto_aesni_mb", "device_mode": mode})


def changing_keys(tap):
    """Session keys that change every 2^16 packets"""
    with Lab() as lab, Run(lab, "kdr", CM80, GCM128, "--session-parameters", "KDR=16", "--sink-session-parameters",
                           "KDR=16") as run:
        status, findings = run.load("--bidirectional", "--packets", 20000, "--pps", 20000)
        tap.ok(status == 0, "no packet waits for the keys of its epoch", findings)
        tap.equal({side["srtp"]["session_parameters"] for _, side in run.sides()}, {"KDR=16"}, "status says KDR=16")


def highest_rate(tap):
    """The highest rate without loss, by bisection"""
    with Lab() as lab, Run(lab, "search", CM80, GCM128) as run:
        status, output = run.load("--find-rate", "1000-20000000", "--duration", "0.5", "--resolution", 30, "--late", 1000,
                                  "--bidirectional")
        found = json.loads(output)
        trials = [(round(trial["asked_pps"]), trial["verdict"]) for trial in found["trials"]]
        tap.ok(status == 0 and found["passed"] and found["pps"] >= 1000, "a rate passes", trials)
        tap.equal(trials[0], (1000, "passed"), "the lowest is tried first")
        tap.equal(trials[1][0], 20000000, "then the highest")
        tap.ok(trials[1][1] != "passed" and 0.7 * found["failed_pps"] <= max(
            trial["asked_pps"] for trial in found["trials"] if trial["verdict"] == "passed"),
               "the rest closes in on the limit", trials)
        dropped = {reason for _, side in run.sides() for reason in side["dropped"]}
        tap.ok(not dropped & {"replayed", "auth_failed"}, "no SRTP index is used twice", dropped)


def exposure(tap):
    """What others can read is said aloud"""
    with Lab() as lab, Run(lab, "exposed", NULL80, CM80, "--sink-session-parameters", "UNENCRYPTED_SRTP") as run:
        security = {side["suite"]: side["security"] for _, side in run.sides()}
        tap.equal(security, {NULL80: "authenticated", CM80: "authenticated"}, "neither is called encrypted")
        table = run.gateway.ask("streams").stdout
        tap.ok(f"{NULL80} !" in table and "RTP is not encrypted" in table, "streams marks it", table)
        warnings = [one for one in run.gateway.json("status")["warnings"] if not one.startswith("port ")]  # no peer yet
        tap.equal(len(warnings), 2 * STREAMS, "status warns of each side")


def lifetimes(tap):
    """Keys that are used up, and replaced by a reload"""
    with Lab() as lab, Run(lab, "short", CM80, GCM128) as run:
        streams = run.streams
        limited = re.sub(r"(a\.receive_key = \S+)", r"\1|150", streams)
        run.gateway.stop()
        run.write(limited)
        run.gateway.start()
        status, findings = run.load("--packets", PACKETS, "--pps", 4000)
        tap.equal(status, 1, "the generator misses what came behind the end of the key")
        lost = {name: side["dropped"].get("key_exhausted") for name, side in run.sides() if side["side"] == "a"}
        tap.equal(lost, {f"load{i}": PACKETS - 150 for i in range(STREAMS)}, "the stream stops at the packet, not before")
        log = run.gateway.log()
        tap.equal(log.count("has used 90 % of its lifetime"), STREAMS, "the log warns in time, once for each key")
        tap.equal(log.count("is at the end of its lifetime"), STREAMS, "and says when it is over")
        states = {side["srtp"]["receive_key"]["state"] for _, side in run.sides() if side["side"] == "a"}
        tap.equal(states, {"over"}, "status says so")
        tap.ok("receive key 100.0 % used, OVER" in wait_until(
            lambda: (lambda text: text if "100.0 %" in text else "")(run.gateway.ask("streams").stdout), 10,
            "the counters say so"), "so does the table")
        # A reload without the limit is a re-key only where the key differs: the same key stays used up.
        run.write(re.sub(r"(a\.receive_key = \S+)", r"\1|2^20", streams))
        run.gateway.reload()
        run.gateway.wait_for_log("a key that this gateway has used before")
        tap.ok(True, "a used up key does not come back with a longer lifetime")


if __name__ == "__main__":
    main([every_suite, parameters, engines, changing_keys, highest_rate, exposure, lifetimes], missing())
