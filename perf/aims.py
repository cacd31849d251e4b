"""The aims for speed and memory, and whether the figures of a run meet them.

At 172-byte RTP packets and bursts of 32 and 64, both directions; the worst of them counts.
"""
import collections

# `seen`: [(where, figure)]; `worst` of them and `met`: None where the run has no figures for it.
Outcome = collections.namedtuple("Outcome", "aim limit seen worst met")

GCM = "AEAD_AES_128_GCM"
CM = "AES_CM_128_HMAC_SHA1_80"
F8 = "F8_128_HMAC_SHA1_80"
DIRECTIONS = ("protect", "unprotect")
BURSTS = (32, 64)
SIZE = 172
#: Percent of the time that the machine's pauses may take before a figure of the rest says nothing.
MOST_LEFT_OUT = 50
ONE_BY_ONE = ("libsrtp_openssl", "libsrtp_debian", "ipsec_mb_jobs", "aes_ni_one_by_one")


class Figures:
    """The figures of a run, found by what was measured."""

    def __init__(self, best):
        self._by_key = {(name, frozenset(params)): figure.value for (name, params), figure in best.items()}
        self._keys = [(name, dict(params)) for name, params in best]

    def get(self, name, **params):
        if params.get("engine") in ONE_BY_ONE:
            params["burst"] = 1
        return self._by_key.get((name, frozenset(params.items())))

    def suites(self, **wanted):
        """Suites of `srtp` rows with these parameters."""
        found = [p["suite"] for name, p in self._keys
                 if name == "srtp" and all(p.get(key) == value for key, value in wanted.items())]
        return list(dict.fromkeys(found))


def outcome(aim, limit, seen, at_most):
    """`seen`: [(where, figure or None)]."""
    seen = [(where, figure) for where, figure in seen if figure is not None]
    if not seen:
        return Outcome(aim, limit, seen, None, None)
    worst = (max if at_most else min)(figure for _, figure in seen)
    return Outcome(aim, limit, seen, worst, worst <= limit if at_most else worst >= limit)


def over(first, second):
    return None if first is None or not second else first / second


def each_case():
    return [(direction, burst) for direction in DIRECTIONS for burst in BURSTS]


def srtp(figures, engine, streams, suite, direction, burst):
    return figures.get("srtp", direction=direction, suite=suite, size=SIZE, burst=burst, streams=streams, engine=engine)


def compare(figures, suite, one, other):
    """Time of `one` over that of `other`, both (engine, streams), in each case."""
    return [(f"{direction} {burst}", over(srtp(figures, *one, suite, direction, burst),
                                          srtp(figures, *other, suite, direction, burst)))
            for direction, burst in each_case()]


def bare_aims(figures):
    for suite in figures.suites(engine="ipsec_mb_bare", streams=256, burst=32, size=SIZE):
        yield outcome(f"ipsec_mb, 256 streams, {suite}: time over the bare calls, at most", 1.2,
                      compare(figures, suite, ("ipsec_mb", 256), ("ipsec_mb_bare", 256)), True)
    for suite in (CM, GCM):
        yield outcome(f"lanes, 256 streams, {suite}: time over the bare calls, at most", 0.9,
                      compare(figures, suite, ("lanes", 256), ("ipsec_mb_bare", 256)), True)


def many_streams_aims(figures):
    for suite, own, faster in ((GCM, 1.35, 3.0), (CM, 1.8, 1.2)):
        yield outcome(f"lanes, 20,000 streams, {suite}: time over its own with 256, at most", own,
                      compare(figures, suite, ("lanes", 20000), ("lanes", 256)), True)
        yield outcome(f"lanes, 20,000 streams, {suite}: times faster than ipsec_mb, at least", faster,
                      compare(figures, suite, ("ipsec_mb", 20000), ("lanes", 20000)), False)


def libsrtp_aims(figures):
    for streams, least in ((256, {CM: 4.5, GCM: 6.5}), (20000, {CM: 5.0, GCM: 9.0})):
        for suite, times in least.items():
            yield outcome(f"lanes, {streams:,} streams, {suite}: times faster than libSRTP on OpenSSL, at least", times,
                          compare(figures, suite, ("libsrtp_openssl", streams), ("lanes", streams)), False)


def single_packet_aims(figures):
    """The engine that is quicker for a packet alone would be a choice; so both are shown."""
    for engine in ("lanes", "ipsec_mb"):
        seen = []
        for suite in figures.suites(engine="libsrtp_openssl", streams=256, size=SIZE):
            for direction in DIRECTIONS:
                ours = srtp(figures, engine, 256, suite, direction, 1)
                theirs = srtp(figures, "libsrtp_openssl", 256, suite, direction, 1)
                seen.append((f"{suite} {direction}", over(ours, theirs)))
        yield outcome(f"{engine}, 256 streams, bursts of 1, every suite: time over libSRTP on OpenSSL, at most", 1.0,
                      seen, True)


def f8_aims(figures):
    def time(engine, burst):
        return figures.get("f8_keystream", direction="encrypt", suite=F8, size=SIZE, burst=burst, streams=256,
                           engine=engine)
    yield outcome("lanes, 256 streams, F8 alone: times faster than one packet at a time through AES-NI, at least", 3.0,
                  [(f"burst {burst}", over(time("aes_ni_one_by_one", 1), time("lanes", burst))) for burst in BURSTS],
                  False)


def memory_aims(figures):
    for suite, lines in ((GCM, 2), (CM, 3)):
        yield outcome(f"lanes, {suite}: cache lines of a stream that a packet touches, at most", lines,
                      [(direction, figures.get("memory_lines", direction=direction, suite=suite, size=SIZE, burst=32,
                                               streams=32, engine="lanes", touch="any")) for direction in DIRECTIONS],
                      True)


def peer_aims(figures):
    """Both over the same veth pair, where Linux's path dominates; and ours over memif."""
    def time(way, suite, engine):
        return figures.get("peer", over=way, suite=suite, time="work", engine=engine)
    for way, times in (("veth", 5.0), ("memif", 50.0)):
        yield outcome(f"RTP to SRTP over {way}: times less CPU time a packet than rtpengine over veth, at least", times,
                      [(suite, over(time("veth", suite, "rtpengine"), time(way, suite, "sallyport")))
                       for suite in (GCM, CM)], False)


def latency_aims(figures):
    """Outside of the machine's pauses; with them it stands beside. Where they took most of the time, nothing is judged:
    what is left are the packets that were lucky."""
    def seen(suite):
        def figure(name):
            return figures.get("latency", suite=suite, load=80, figure=name)
        left_out, outside = figure("left_out"), figure("outside_p99")
        if None in (left_out, outside):
            return suite, None
        where = f"{suite} (all packets: {figure('p99'):.1f}; {left_out:.0f} % of the time left out)"
        return where, outside if left_out <= MOST_LEFT_OUT else None
    yield outcome("latency over memif at 80 % of the rate without loss, p99 outside of the machine's pauses: us, at most",
                  60, [seen(suite) for suite in (GCM, CM)], True)


def control_aims(figures):
    """As churn_verdict.hpp tells control's pauses and losses from the machine's; these stand beside."""
    def churn(figure):
        return figures.get("churn", sessions=5000, load=80, figure=figure)
    pause, lost, left_out = churn("control_pause"), churn("lost_outside"), churn("machine_time")
    if left_out is None or left_out > MOST_LEFT_OUT:
        pause = lost = None
    sessions = "5,000 sessions a second at 80 % load"
    yield outcome(f"{sessions}: the longest pause by control: us, at most", 50,
                  [(f"the machine's: {churn('machine_pause') or 0:.0f}", pause)], True)
    yield outcome(f"{sessions}: packets lost outside of the machine's pauses, at most", 0,
                  [(f"in all: {churn('lost') or 0:.0f}; {left_out or 0:.0f} % of the time left out", lost)], True)


def relay(figures, path, suite, streams, name="pipeline", **more):
    return figures.get(name, direction=path, suite=suite, size=SIZE, burst=32, streams=streams, engine="lanes", **more)


def relay_aims(figures):
    """The whole way of a packet, over the crypto alone of as many streams."""
    streams = 20000
    for suite, longest in ((GCM, 140), (CM, 280)):
        seal, unseal = (srtp(figures, "lanes", streams, suite, direction, 32) for direction in DIRECTIONS)
        both = seal + unseal if seal and unseal else None
        yield outcome(f"relay, {streams:,} streams, {suite}: poll_once() over the engine alone, at most", 1.35,
                      [(path, over(relay(figures, path, suite, streams), alone)) for path, alone in
                       (("rtp_to_srtp", seal), ("srtp_to_rtp", unseal), ("srtp_to_srtp", both))], True)
        yield outcome(f"relay, {streams:,} streams, {suite} to {suite}: ns a packet, at most", longest,
                      [("srtp_to_srtp", relay(figures, "srtp_to_srtp", suite, streams))], True)


def worker_aims(figures):
    def cost(path, suite, streams, workers, legs):
        return relay(figures, path, suite, streams, name="pipeline_workers", workers=workers, legs=legs)
    for streams in (1000, 20000):
        yield outcome(f"relay, {streams:,} streams a worker: time of two workers a packet over that of one, at most",
                      1.05,
                      [(f"{path} {suite}", over(cost(path, suite, streams, 2, "together"),
                                                cost(path, suite, streams, 1, "together")))
                       for path, suite in (("srtp_to_srtp", GCM), ("srtp_to_srtp", CM), ("rtp_to_srtp", GCM))], True)


def leg_memory_aims(figures):
    def memory(streams, what):
        return figures.get("memory_leg", suite=GCM, streams=streams, engine="lanes", what=what)
    yield outcome("memory of a leg beside its two contexts, a million legs: bytes, at most", 512,
                  [(GCM, memory(1000000, "beside_contexts"))], True)
    yield outcome("memory of a million legs, all of it: MiB, at most", 2048, [(GCM, memory(1000000, "all"))], True)


def call_aims(figures):
    for way, rate in (("udp", 3500), ("tls", 2000)):
        yield outcome(f"calls over {way}: a second, none failing, at least", rate,
                      [(way, figures.get("call_rate", over=way))], False)
        yield outcome(f"calls over {way}: setup at half of that rate, p99: ms, at most", 10,
                      [(way, figures.get("call_setup", over=way, load="half", at="p99"))], True)
    yield outcome("20,000 calls up: memory of the process for each: KiB, at most", 24,
                  [(way, figures.get("call_memory", over=way, calls=20000)) for way in ("udp", "tls")], True)


def outcomes(best):
    figures = Figures(best)
    return [found for aims in (bare_aims, many_streams_aims, libsrtp_aims, single_packet_aims, f8_aims, memory_aims,
                               relay_aims, worker_aims, leg_memory_aims, peer_aims, latency_aims, control_aims,
                               call_aims)
            for found in aims(figures)]
