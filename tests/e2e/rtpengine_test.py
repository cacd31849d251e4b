#!/usr/bin/env python3
"""sallyport-load drives a real rtpengine over ng: every packet of its streams comes back right, SRTP that it made opens
with our crypto and the other way round, and no call is left behind, however the run ends. And the bench that compares
both gateways still does."""
import json
import os
import signal
import subprocess
import sys

from lib.gateway import endpoint
from lib.lab import ROOT, build_folder, missing, program
from lib.process import wait_until
from lib.rtpengine import LOAD, LOAD6, PairLab, Rtpengine, absent
from lib.tap import main

GCM, CM, F8 = "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "F8_128_HMAC_SHA1_80"
STREAMS = 10
#: (suite of the offering side, of the far side, our address there); no suite: plain RTP
WAYS = ((None, GCM, LOAD), (None, CM, LOAD), (None, F8, LOAD6), (GCM, None, LOAD), (CM, "AEAD_AES_256_GCM", LOAD),
        (None, None, LOAD6))


def load(engine_ng, *more, sink=LOAD):
    return [program("sallyport-load"), "--gateway", f"rtpengine={engine_ng}", "--from", f"{LOAD}:40000", "--sink",
            endpoint(sink, 50000), "--late", "5000", "--settle", "3000", "--json", *more]


def every_suite(tap):
    """RTP and SRTP through rtpengine"""
    with PairLab() as lab:
        engine = Rtpengine(lab)
        for suite, sink_suite, sink in WAYS:
            argv = load(engine.ng, "--streams", STREAMS, "--packets", 30, "--bidirectional", "--suite", suite or "RTP",
                        "--sink-suite", sink_suite or "RTP", sink=sink)
            done = lab.load.run(*argv, check=False, timeout=40)
            name = f"{suite or 'RTP'} <-> {sink_suite or 'RTP'} at {sink}"
            if not tap.equal(done.returncode, 0, f"{name}: all packets come back right, both ways"):
                tap.note(done.stdout + done.stderr + engine.process.tail())
                continue
            directions = json.loads(done.stdout)["directions"]
            tap.equal([each["right"] for each in directions], [30 * STREAMS] * 2, f"{name}: and all of them were there")
        tap.ok(not engine.has_calls(), "no call is left")


def reports(tap):
    """RTCP through rtpengine"""
    with PairLab() as lab:
        engine = Rtpengine(lab)
        done = lab.load.run(*load(engine.ng, "--streams", 2, "--duration", 2, "--rtcp", "pair", "--sink-suite", GCM),
                            check=False, timeout=40)
        total = json.loads(done.stdout)["directions"][0]
        tap.ok(done.returncode == 0 and total["reports_offered"] > 0 and
               total["reports_right"] == total["reports_offered"], "sender reports come through as SRTCP", total)


def endings(tap):
    """However a run ends"""
    with PairLab() as lab:
        engine = Rtpengine(lab)
        run = lab.start(lab.load, "interrupted", load(engine.ng, "--streams", STREAMS, "--duration", 60))
        wait_until(engine.has_calls, 5, "the calls are made")
        run.popen.send_signal(signal.SIGINT)
        tap.ok(run.wait(20) is not None and not engine.has_calls(), "an interrupted run deletes its calls", run.tail())
        with lab.load.udp_socket(LOAD, 50000):
            done = lab.load.run(*load(engine.ng, "--packets", 1), check=False)
        tap.ok(done.returncode == 2 and not engine.has_calls(), "so does one that cannot begin", done.stderr)
        engine.process.stop()
        done = lab.load.run(*load(engine.ng, "--packets", 1), check=False)
        tap.ok(done.returncode == 2 and "ng" in done.stderr, "without rtpengine it says what it expects", done.stderr)


def comparison(tap):
    """perf/peers_bench.py"""
    done = subprocess.run([sys.executable, ROOT / "perf" / "peers_bench.py", "--suite", GCM, "--rate", "4000",
                           "--seconds", "1.5"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=90,
                          env={**os.environ, "SALLYPORT_BUILD": str(build_folder())})
    rows = {row["name"]: row for row in json.loads(done.stdout or "{}").get("benchmarks", [])}
    for over, engine in (("veth", "rtpengine"), ("veth", "sallyport"), ("memif", "sallyport")):
        row = rows.get(f"peer/over:{over}/suite:{GCM}/time:work/engine:{engine}", {})
        # What a packet costs is the machine's; it is neither nothing nor a second.
        tap.ok(0 < row.get("ns_per_packet", 0) < 1e9, f"peers_bench measures {engine} over {over}", done.stderr)


if __name__ == "__main__":
    main([every_suite, reports, endings, comparison], missing() or absent())
