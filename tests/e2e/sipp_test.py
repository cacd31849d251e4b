#!/usr/bin/env python3
"""SIPp at both ends (requirements M8, G1): calls beside one another, each put on hold and taken back, none fails."""
import json
from collections import Counter
from pathlib import Path

from lib.gateway import Gateway, lab_sections
from lib.lab import Lab, missing
from lib.process import wait_until
from lib.tap import main

SCENARIOS = Path(__file__).resolve().parent / "sipp"
CALLS, A_SECOND = 50, 10
#: Far more than the calls take: what has not come to its end by then never will.
SECONDS = 60


def sections(lab):
    site = lab_sections(lab)
    # No party has a way to the gateway's other address: each is talked to from its own.
    site["sip"] = {"listen": [f"udp:{side.gateway}:5060" for side in (lab.rtp, lab.srtp)],
                   "cdr": lab.path("cdr.json")}
    for name, side in (("caller", lab.rtp), ("callee", lab.srtp)):
        site[f"trunk.{name}"] = {"target": f"udp:{side.client}:5060", "port": side.port, "keep_alive": 0}
    site["route.callee"] = {"number": "300", "to": "trunk:callee"}
    return site


def sipp(lab, side, name, *options):
    """SIPp with one of the scenarios. It ends once all calls are over, with 0 where all of them went well."""
    return lab.start(side.namespace, f"sipp-{name}",
                     ["sipp", "-sf", SCENARIOS / f"{name}.xml", "-i", side.client, "-p", "5060", "-mi", side.client, "-m",
                      CALLS, "-timeout", SECONDS, "-timeout_error", "-nostdin", *options, f"{side.gateway}:5060"])


def hold(tap):
    """hold and resume"""
    with Lab() as lab:
        gateway = Gateway(lab, sections(lab)).start()
        callee = sipp(lab, lab.srtp, "callee")
        lab.srtp.namespace.wait_for_udp(5060)
        caller = sipp(lab, lab.rtp, "caller", "-s", "300", "-r", A_SECOND)
        for name, end in (("caller", caller), ("callee", callee)):
            tap.ok(end.wait(SECONDS + 10) == 0, f"the {name} says that all went well", end.tail(40))
        wait_until(lambda: not [call for call in gateway.json("calls")["calls"] if call["state"] != "over"], 5,
                   "all calls are over")
        records = [json.loads(line) for line in lab.path("cdr.json").read_text().splitlines()]
        tap.equal(Counter(record["why"] for record in records), {"trunk caller: hung up": CALLS},
                  f"{CALLS} calls ended because they were hung up")
        tap.equal(gateway.json("status")["sip"]["malformed"], 0, "nothing malformed was seen")


if __name__ == "__main__":
    main([hold], missing("sipp"))
