"""What the benches that run a whole gateway have in common (peers_bench.py, latency_bench.py): where they run, the
generator with its result, rows as Google Benchmark prints them. Measures nothing itself."""
import json
import os
import sys
from pathlib import Path

# peer_gateways says where the laboratory is; before all that is of it.
import peer_gateways  # noqa: F401
from lib.interrupt import catch_signals
from lib.lab import missing, program
from lib.process import Failure

SUITES = ("AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80")
#: What the judge must not find, whatever the rate.
FAULTS = ("lost", "wrong_payload", "wrong_header", "extra_copies", "unauthentic", "wrong_source", "unexpected")
#: Seconds between the gateway's start and what is measured; windows of `sallyport status` are at least 0.5 s apart.
SETTLED = 0.7


def begin(name):
    """The cores (gateway's first, generator's last) of the bench of that name; ends it where it cannot run."""
    catch_signals()
    if missing():
        sys.exit(print(f"absent: {name}: {missing()}", file=sys.stderr))
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        print("absent: a second core: gateway and generator share one", file=sys.stderr)
    return cores


def start_load(lab, peer, core, *options):
    """The generator on that core; `result` is the file that it writes. No packet is late, so that a slow one counts in
    the latency and a lost one as lost."""
    result = lab.path("result.json")
    with open(result, "wb") as output:
        load = lab.start(lab.load, "load", [
            program("sallyport-load"), *peer.options, "--core", core, "--engine", "ipsec_mb", "--late", 60000,
            "--settle", 2000, "--json", *options], stdout=output)
    load.result = result
    return load


def result_of(load, seconds):
    """What the generator found, once it has ended. Failure if it has not by then, or says nothing."""
    if load.wait(seconds) is None:
        raise Failure("no end")
    try:
        return json.loads(Path(load.result).read_text(encoding="utf-8"))
    except ValueError:
        raise Failure(load.tail(3) or "no result") from None


def row(name, figure, /, **params):
    """A row of Google Benchmark's JSON; `figure` has `ns_per_packet`, or `value` and `label`."""
    return {"name": "/".join([name, *(f"{key}:{value}" for key, value in params.items())]), **figure}


def print_rows(rows):
    print(json.dumps({"benchmarks": rows}, indent=2))
