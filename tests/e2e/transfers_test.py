#!/usr/bin/env python3
"""Calls that change their parties (requirements M5, M8, M10; RFC 3515, 3891, 5589) and what else happens in a dialog
(RFC 3262, 4028): parties that say exactly what a test tells them, and baresip for a secure party that becomes a plain one's."""
import time

from lib.gateway import Gateway, lab_sections, two_workers
from lib.lab import Lab, missing
from lib.process import wait_until
from lib.sip_party import SipParty, connect
from lib.tap import main


PACKETS = 10  # in each turn of a party to talk


class Site:
    """Three plain parties and the gateway."""
    names = ("ann", "ben", "cleo")

    def __init__(self, workers=None, **more):
        self.workers, self.more = workers or {}, more

    def __enter__(self):
        self.lab = Lab().__enter__()
        site = lab_sections(self.lab)
        site["workers"] = self.workers
        site["sip"] = {"listen": f"udp:{self.lab.rtp.gateway}:5060", "realm": "gw.test",
                       "cdr": self.lab.path("cdr.json"), **self.more}
        for number, name in enumerate(self.names):
            site[f"line.{name}"] = {"number": f"{number + 1}00", "port": self.lab.rtp.port}
        site["line.cleo"]["accept"] = "replaces"
        self.gateway = Gateway(self.lab, site)
        self.gateway.start()
        self.parties = [SipParty(self.lab.rtp, name, 5070 + i) for i, name in enumerate(self.names)]
        for party in self.parties:
            party.register()
        return self

    def __exit__(self, *_):
        self.lab.__exit__(*_)

    def calls(self, state="up"):
        return [call for call in self.gateway.json("calls")["calls"] if call["state"] == state]


def hear_each_other(tap, one, two, name):
    """Both talk for a moment; each hears the other and nobody else."""
    for leg in (one, two):
        leg.hears()
    for _ in range(3):
        one.talk(one.to, PACKETS)
        two.talk(two.to, PACKETS)
    tap.equal(one.hears(), {two.party.name}, f"{name}: {one.party.name} hears {two.party.name}")
    tap.equal(two.hears(), {one.party.name}, f"{name}: {two.party.name} hears {one.party.name}")


def take_offer(leg):
    """Answers a re-INVITE."""
    invite = leg.wait("INVITE")
    leg.reply(invite, 200, body=leg.sdp())
    leg.wait("ACK")
    leg.to = invite.media()


def blind(tap):
    """blind transfer"""
    with Site() as site:
        ann, ben, cleo = site.parties
        first, stays = connect(ann, ben, "200")
        hear_each_other(tap, first, stays, "before")
        tap.equal(first.refer(f"sip:300@{site.lab.rtp.gateway}").body.split()[1], "100", "the transfer is being tried")
        new, invite = cleo.called()
        tap.ok("ben" in invite["From"] or "200" in invite["From"], "the new party is told who calls", invite["From"])
        tap.ok(invite["Referred-By"], "and who sent the call")
        new.reply(invite, 180)
        new.reply(invite, 200, body=new.sdp())
        new.wait("ACK")
        new.to = invite.media()
        take_offer(stays)
        tap.equal(first.last_notify(), "200", "who transferred is told that it worked")
        hear_each_other(tap, new, stays, "after")
        first.request("BYE")
        first.wait(200)
        tap.equal(len(site.calls()), 1, "the call goes on")
        shown = site.gateway.json("call", "show", str(site.calls()[0]["id"]))["call"]
        tap.equal([(each["from"], each["to"]) for each in shown["transfers"]], [("line ann", "line cleo")],
                  "the call shows who gave its place to whom")
        stays.request("BYE")
        stays.wait(200)
        new.wait("BYE")
        wait_until(lambda: not site.calls(), 5, "the call is over")


def blind_refused(tap):
    """a blind transfer that comes to nothing"""
    with Site() as site:
        ann, ben, cleo = site.parties
        first, stays = connect(ann, ben, "200")
        first.refer(f"sip:300@{site.lab.rtp.gateway}")
        new, invite = cleo.called()
        new.reply(invite, 486)
        new.wait("ACK")
        tap.equal(first.last_notify(), "486", "who transfers is told why not")
        tap.equal([call["number"] for call in site.calls()], ["200"], "the call is to whom it was")
        hear_each_other(tap, first, stays, "as before")
        first.request("REFER", [f"Refer-To: <sip:999@{site.lab.rtp.gateway}>"])
        tap.ok(first.wait(404), "a number that leads nowhere is 404")
        # Who has hung up already cannot take its call back.
        first.refer(f"sip:300@{site.lab.rtp.gateway}")
        new, invite = cleo.called()
        first.request("BYE")
        first.wait(200)
        new.reply(invite, 486)
        new.wait("ACK")
        stays.reply(stays.wait("BYE"), 200)
        wait_until(lambda: not site.calls(), 5, "the call is over")
        tap.ok(True, "nobody is left alone in a call")


def join(site, first, stays, consult, other):
    """Who made both calls has them joined; all that the gateway asks for it is answered. The NOTIFY that came last."""
    first.refer(f"sip:300@{site.lab.rtp.gateway}?Replaces={consult.replaces()}")
    told = first.last_notify()
    consult.reply(consult.wait("BYE"), 200)
    ask = stays.wait("INVITE")
    stays.reply(ask, 200, body=stays.sdp())
    offer = other.wait("INVITE")
    other.reply(offer, 200, body=other.sdp())
    other.wait("ACK")
    stays.to, other.to = stays.wait("ACK").media(), offer.media()
    return told, ask


def attended(tap):
    """attended transfer"""
    with Site() as site:
        ann, ben, cleo = site.parties
        first, stays = connect(ann, ben, "200")
        consult, other = connect(ann, cleo, "300")
        told, ask = join(site, first, stays, consult, other)
        tap.equal(told, "200", "who transferred is told that it worked")
        tap.equal(ask.body, "", "the one that stays is asked for its offer")
        hear_each_other(tap, stays, other, "joined")
        first.request("BYE")
        first.wait(200)
        tap.equal(len(site.calls()), 1, "one call is left of two")
        other.request("BYE")
        other.wait(200)
        stays.reply(stays.wait("BYE"), 200)
        wait_until(lambda: not site.calls(), 5, "the call is over")
        first, stays = connect(ann, ben, "200")
        stranger = f"sip:300@{site.lab.rtp.gateway}?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2"
        first.request("REFER", [f"Refer-To: <{stranger}>"])
        tap.ok(first.wait(481), "a dialog that is not there is 481")


def workers(tap):
    """attended transfer of calls whose media are on different workers"""
    with Site(workers=two_workers()) as site:
        ann, ben, cleo = site.parties
        first, stays = connect(ann, ben, "200")
        consult, other = connect(ann, cleo, "300")
        hear_each_other(tap, first, stays, "one call")
        hear_each_other(tap, consult, other, "the other call")
        join(site, first, stays, consult, other)
        before = opened(site)
        hear_each_other(tap, stays, other, "joined")
        tap.equal([now - then for now, then in zip(opened(site), before)], [3 * PACKETS] * 2,
                  "each worker has one party's packets")
        tap.ok(site.gateway.balanced(), "every packet is accounted for")


def opened(site):
    """The packets of each worker's own streams."""
    return [stage["packets"] for worker in site.gateway.json("stats")["workers"] for stage in worker["stages"]
            if stage["name"] == "unprotect"]


def replaced(tap):
    """INVITE with Replaces"""
    with Site() as site:
        ann, ben, cleo = site.parties
        first, stays = connect(ann, ben, "200")
        replaces = f"{first.call_id};to-tag={first.remote_tag};from-tag={first.local_tag}"
        new = cleo.call("200", [f"Replaces: {replaces}", "Require: replaces"])
        take_offer(stays)
        answer = new.wait(200)
        new.ack(answer)
        new.to = answer.media()
        first.reply(first.wait("BYE"), 200)
        hear_each_other(tap, new, stays, "replaced")
        tap.equal(len(site.calls()), 1, "it is the same call")
        replaces = f"{new.call_id};to-tag={new.remote_tag};from-tag={new.local_tag}"
        stranger = ann.call("300", [f"Replaces: {replaces}"])
        tap.ok(stranger.wait(403), "not everybody may take another's place")
        late = cleo.call("200", [f"Replaces: {replaces};early-only"])
        tap.ok(late.wait(486), "nor one that was answered, where that was not meant")


def thought_better(tap):
    """a party that would replace another and cancels while the one that stays is being asked"""
    with Site() as site:
        ann, ben, cleo = site.parties
        first, stays = connect(ann, ben, "200")
        replaces = f"{first.call_id};to-tag={first.remote_tag};from-tag={first.local_tag}"
        new = cleo.call("200", [f"Replaces: {replaces}"])
        ask = stays.wait("INVITE")
        new.request("CANCEL", cseq=new.invite_cseq)
        new.wait(487)
        stays.reply(ask, 200, body=stays.sdp())
        stays.wait("ACK")
        again = stays.wait("INVITE")
        tap.equal(again.body, "", "the one that stays is asked anew")
        stays.reply(again, 200, body=stays.sdp())
        offer = first.wait("INVITE")
        first.reply(offer, 200, body=first.sdp())
        first.wait("ACK")
        stays.to, first.to = stays.wait("ACK").media(), offer.media()
        hear_each_other(tap, first, stays, "as before")
        first.request("BYE")
        first.wait(200)
        stays.reply(stays.wait("BYE"), 200)


def reliable(tap):
    """provisional answers that have to arrive"""
    with Site() as site:
        ann, ben, _ = site.parties
        mine = ann.call("200", ["Require: 100rel"])
        theirs, invite = ben.called()
        tap.ok("100rel" in invite["Supported"], "the callee may use them")
        theirs.reply(invite, 180, ["Require: 100rel", "RSeq: 17"])
        prack = theirs.wait("PRACK")
        tap.equal(prack["RAck"], f"17 {invite['CSeq']}", "a reliable answer gets its PRACK")
        theirs.reply(prack, 200)
        ringing = mine.wait(180)
        tap.ok("100rel" in ringing["Require"], "the caller's is reliable as it required")
        tap.ok(mine.wait(180), "and sent again until its PRACK")
        mine.remote = ringing["To"]
        mine.request("PRACK", ["RAck: 1 2 INVITE"])
        tap.ok(mine.wait(481), "one that acknowledges nothing is 481")
        mine.request("PRACK", [f"RAck: {ringing['RSeq']} {ringing['CSeq']}"])
        mine.wait(200)
        theirs.reply(invite, 200, body=theirs.sdp())
        mine.ack(mine.wait(200))
        theirs.wait("ACK")
        ann.forget()
        time.sleep(1.2)
        ann.forget()
        tap.equal(len(site.calls()), 1, "the call is up")
        odd = ann.call("200", ["Require: teleport"])
        refused = odd.wait(420)
        tap.equal(refused["Unsupported"], "teleport", "an extension that nobody knows is 420")


def timers(tap):
    """session timers"""
    with Site(session_expires=6, min_session_expires=4) as site:
        ann, ben, _ = site.parties
        brief = ann.call("200", ["Session-Expires: 2", "Supported: timer"])
        tap.equal(brief.wait(422)["Min-SE"], "4", "too brief a session is refused")
        mine = ann.call("200", ["Session-Expires: 6;refresher=uac", "Supported: timer"])
        theirs, invite = ben.called()
        tap.ok(invite["Session-Expires"].startswith("6"), "the callee is asked for a timer", invite["Session-Expires"])
        # This one has us refresh, the caller refreshes itself, and stops.
        theirs.reply(invite, 200, ["Session-Expires: 6;refresher=uac", "Require: timer"], theirs.sdp())
        answer = mine.wait(200)
        tap.equal(answer["Session-Expires"], "6;refresher=uac", "the caller has to refresh")
        mine.ack(answer)
        theirs.wait("ACK")
        refresh = theirs.wait("UPDATE", 5)
        tap.ok(refresh["Session-Expires"].startswith("6"), "we refresh in half the time")
        theirs.reply(refresh, 200, ["Session-Expires: 6;refresher=uac"])
        mine.request("UPDATE", ["Session-Expires: 6;refresher=uac", "Supported: timer"])
        mine.wait(200)
        began = time.monotonic()
        refresh = theirs.wait("UPDATE", 5)
        theirs.reply(refresh, 200, ["Session-Expires: 6;refresher=uac"])
        mine.reply(mine.wait("BYE", 8), 200)
        tap.ok(3 <= time.monotonic() - began <= 7.5, "a session that nobody refreshes ends", time.monotonic() - began)
        theirs.reply(theirs.wait("BYE"), 200)
        wait_until(lambda: not site.calls(), 5, "the call is over")


def unacknowledged(tap):
    """a BYE waits for the ACK"""
    with Site() as site:
        ann, ben, _ = site.parties
        mine = ann.call("200")
        theirs, invite = ben.called()
        theirs.reply(invite, 200, body=theirs.sdp())
        theirs.wait("ACK")
        answer = mine.wait(200)
        theirs.request("BYE")
        theirs.wait(200)
        time.sleep(0.3)
        mine.ack(answer)
        bye = mine.wait("BYE")
        mine.reply(bye, 200)
        early = [message for message in ann.left if not message.status]
        tap.equal(early, [], "no BYE before the ACK")


if __name__ == "__main__":
    main([blind, blind_refused, attended, workers, replaced, thought_better, reliable, timers, unacknowledged], missing())
