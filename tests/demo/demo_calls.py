"""A secure phone calls a plain one through the gateway: TLS and SRTP on one side, UDP and RTP on the other."""
import time

from lib import audio
from lib.call_site import Site
from lib.lab import missing
from lib.process import Failure, wait_until
from screen import columns

SUMMARY = "a phone with TLS and SRTP calls one that has neither"

TALK_SECONDS = 5.5
LEAST_CORRELATION = 0.9


def shown(site):
    """The call that is up, as `sallyport call show` tells; nothing where none is."""
    up = site.calls("up")
    return site.gateway.json("call", "show", str(up[0]["id"]))["call"] if up else None


def table(call):
    rows = [("leg", "signalling", "media", "received", "sent", "lost", "")]
    for leg in call["legs"]:
        packets = leg["packets"]
        rows.append((leg["party"], leg["signalling"], leg["suite"], str(packets["received"]), str(packets["sent"]),
                     str(packets["lost"]), ""))
    return [f"  call {call['id']}: {call['caller']} to {call['number']}, {call['security']}", *columns(rows)]


def reasons(screen, call):
    """Why the call is as it is, in the gateway's own words."""
    screen.heading("why (`sallyport call show`)")
    screen.line(f"  {call['security']}: {call['security_reason']}")
    for leg in call["legs"]:
        for reason in leg["media"][0]["reasons"]:
            screen.line(f"  {leg['party']}: {reason}")


def heard(screen, site, who, whom):
    match = audio.similarity(site.played[whom], who.heard())
    return screen.verdict(match.correlation >= LEAST_CORRELATION,
                          f"{who.name} heard {whom}: similarity {match.correlation:.4f} over {match.heard:.1f} s "
                          f"(at least {LEAST_CORRELATION} is recognised)")


def run(screen):
    if reason := missing("baresip", "openssl"):
        raise Failure(reason)
    with Site() as site:
        screen.heading("Sallyport: alice has TLS, a certificate and SRTP; bob has UDP and RTP")
        wait_until(lambda: site.registered() == {"alice", "bob"}, 10, "both phones are registered")
        screen.line("  both phones (baresip) are registered, with digest")
        site.alice.dial("200")
        for phone in (site.alice, site.bob):
            phone.wait_for("CALL_ESTABLISHED")
        # What they play is over before the time is: each hangs up then.
        last, end = None, time.monotonic() + TALK_SECONDS
        while time.monotonic() < end and (call := shown(site)):
            last = call
            screen.table(table(call))
            time.sleep(0.4)
        screen.close_table()
        if last is None:
            raise Failure("the call was over at once")
        reasons(screen, last)
        site.alice.command("hangup")
        site.bob.wait_for("CALL_CLOSED")
        screen.heading("what was heard")
        good = [heard(screen, site, site.alice, "bob"), heard(screen, site, site.bob, "alice")]
        screen.heading("the gateway")
        good.append(screen.verdict("inline:" not in site.gateway.log(), "no key in its log"))
        good.append(screen.verdict(site.gateway.balanced(), "it accounts for every packet"))
    screen.line()
    passed = all(good)
    screen.line(screen.paint("Both were recognised, and the secure side stayed secure.", "1;32") if passed
                else screen.paint("This run FAILED: see above.", "1;31"))
    return 0 if passed else 1
