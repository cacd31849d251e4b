#!/usr/bin/env python3
"""How many calls a core relays, from the rows of `./run bench --json FILE`: prints the table of README.md.

A call has a stream each way; a core is loaded to four fifths. G.711, so that a packet has 12 bytes and 8 for each
millisecond. What is not measured is left out; nothing is extrapolated but the number of packets.
"""
import argparse
import json
import pathlib

LOAD = 0.8
STREAMS = 20000
BURST = 32
PACKET_TIMES = (10, 20, 40)  # ms
SUITES = ("AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80", "F8_128_HMAC_SHA1_80")
#: What a call is, and the ways that its two streams go.
CALLS = (("RTP to SRTP", ("rtp_to_srtp", "srtp_to_rtp")), ("SRTP to SRTP", ("srtp_to_srtp", "srtp_to_srtp")))


def packet_size(packet_time):
    return 12 + 8 * packet_time


def times(rows):
    """{(direction, suite, size): ns a packet} of the relays with so many streams."""
    return {(row["params"]["direction"], row["params"]["suite"], row["params"]["size"]): row["ns_per_packet"]
            for row in rows if row["name"] == "pipeline" and row["params"]["streams"] == STREAMS
            and row["params"]["burst"] == BURST and row["params"]["engine"] != "relay_no_crypto"}


def calls(found, ways, suite, packet_time):
    """Whole hundreds; None: not measured."""
    costs = [found.get((way, suite, packet_size(packet_time))) for way in ways]
    if None in costs:
        return None
    return int(LOAD * 1e9 / (sum(costs) * 1000 / packet_time)) // 100 * 100


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path, help="what ./run bench --json has written")
    rows = json.loads(parser.parse_args().file.read_text(encoding="utf-8"))
    found = times(rows)
    print("| call | suite | " + " | ".join(f"{packet_time} ms" for packet_time in PACKET_TIMES) + " |")
    print("| --- | --- |" + " ---: |" * len(PACKET_TIMES))
    for name, ways in CALLS:
        for suite in SUITES:
            figures = [calls(found, ways, suite, packet_time) for packet_time in PACKET_TIMES]
            if any(figures):
                texts = ["-" if figure is None else f"{figure:,}" for figure in figures]
                print(f"| {name} | `{suite}` | " + " | ".join(texts) + " |")


if __name__ == "__main__":
    main()
