#!/usr/bin/env python3
"""A line with several phones (RFC 3261 16.7; field case 10): all of them ring, the first that answers has the call, the
others are told that it was answered elsewhere; what they refuse with ends the call only when none is left."""
from lib.gateway import Gateway, lab_sections
from lib.lab import Lab, missing
from lib.process import wait_until
from lib.sip_party import SipParty
from lib.tap import main


class Site:
    """ann with one phone, ben with three, all plain."""

    def __enter__(self):
        self.lab = Lab().__enter__()
        site = lab_sections(self.lab)
        site["sip"] = {"listen": f"udp:{self.lab.rtp.gateway}:5060", "realm": "gw.test"}
        for number, name in ((100, "ann"), (200, "ben")):
            site[f"line.{name}"] = {"number": number, "port": self.lab.rtp.port}
        self.gateway = Gateway(self.lab, site).start()
        self.ann = SipParty(self.lab.rtp, "ann", 5070)
        self.ann.register()
        self.phones = []
        for i in range(3):
            phone = SipParty(self.lab.rtp, "ben", 5080 + i)
            phone.register()
            phone.name = f"ben{i}"  # in what it says and plays from here on
            self.phones.append(phone)
        return self

    def __exit__(self, *_):
        self.lab.__exit__(*_)

    def ring(self):
        """A call of ann's, and [(dialog, INVITE)] of ben's phones, ringing."""
        call = self.ann.call("200")
        rung = [phone.called() for phone in self.phones]
        for dialog, invite in rung:
            dialog.reply(invite, 180)
        call.wait(180)
        return call, rung

    def over(self):
        wait_until(lambda: all(c["state"] == "over" for c in self.gateway.json("calls")["calls"]), 5, "the call is over")


def cancelled(dialog, invite):
    """Takes a CANCEL; what it gives as the reason."""
    cancel = dialog.wait("CANCEL")
    dialog.reply(cancel, 200)
    dialog.reply(invite, 487)
    dialog.wait("ACK")
    return cancel["Reason"]


def hear(tap, one, two):
    for leg in (one, two):
        leg.hears()
    for _ in range(3):
        one.talk(one.to, 10)
        two.talk(two.to, 10)
    tap.equal((one.hears(), two.hears()), ({two.party.name}, {one.party.name}), "they hear each other, and nobody else")


def take(dialog, invite):
    """Answers; the dialog knows where its RTP goes."""
    dialog.reply(invite, 200, body=dialog.sdp())
    dialog.wait("ACK")
    dialog.to = invite.media()


def hang_up(site, call, dialog):
    call.request("BYE")
    call.wait(200)
    dialog.reply(dialog.wait("BYE"), 200)
    site.over()


def answered(tap):
    """each phone in turn answers"""
    with Site() as site:
        for chosen in range(3):
            call, rung = site.ring()
            tap.equal(len({invite.body for _, invite in rung}), 1, "all phones get the same offer")
            take(*rung[chosen])
            for other in (each for i, each in enumerate(rung) if i != chosen):
                tap.ok('cause=200' in cancelled(*other), "the others are told that it was answered elsewhere")
            answer = call.wait(200)
            call.ack(answer)
            call.to = answer.media()
            hear(tap, call, rung[chosen][0])
            hang_up(site, call, rung[chosen][0])


def refused(tap):
    """phones refuse"""
    with Site() as site:
        call, rung = site.ring()
        for dialog, invite in rung[:2]:
            dialog.reply(invite, 486)
            dialog.wait("ACK")
        take(*rung[2])
        answer = call.wait(200)
        call.ack(answer)
        call.to = answer.media()
        tap.ok(True, "two that are busy leave it to the third")
        hear(tap, call, rung[2][0])
        hang_up(site, call, rung[2][0])

        call, rung = site.ring()
        for (dialog, invite), status in zip(rung, (480, 486, 500)):
            dialog.reply(invite, status)
            dialog.wait("ACK")
        call.wait(486)
        tap.ok(True, "the caller is told what says most: that ben is busy, not that a phone is broken")
        site.over()

        call, rung = site.ring()
        dialog, invite = rung[1]
        dialog.reply(invite, 603)
        dialog.wait("ACK")
        for other in (rung[0], rung[2]):
            cancelled(*other)
        call.wait(603)
        tap.ok(True, "one that declines for all ends it")
        site.over()


def given_up(tap):
    """the caller gives up"""
    with Site() as site:
        call, rung = site.ring()
        call.request("CANCEL", cseq=call.invite_cseq)
        for each in rung:
            tap.ok('cause=200' not in cancelled(*each), "a phone stops ringing, and notes a missed call")
        call.wait(487)
        site.over()


def crossing(tap):
    """two phones answer at the same time"""
    with Site() as site:
        call, rung = site.ring()
        take(*rung[0])
        late, invite = rung[1]
        cancel = late.wait("CANCEL")
        late.reply(invite, 200, body=late.sdp())
        late.reply(cancel, 481)
        late.wait("ACK")
        late.reply(late.wait("BYE"), 200)
        tap.ok(True, "the one that was late is acknowledged and let go")
        answer = call.wait(200)
        call.ack(answer)
        call.to = answer.media()
        hear(tap, call, rung[0][0])
        hang_up(site, call, rung[0][0])


def early_media(tap):
    """a phone plays before another one answers"""
    with Site() as site:
        call, rung = site.ring()
        dialog, invite = rung[1]
        dialog.reply(invite, 183, body=dialog.sdp())
        early = call.wait(183)
        call.to, dialog.to = early.media(), invite.media()
        call.hears()
        for _ in range(3):
            call.talk(call.to, 2)
            dialog.talk(dialog.to, 10)
        tap.equal(call.hears(), {dialog.party.name}, "the caller hears the phone that plays")
        take(*rung[2])
        answer = call.wait(200)
        call.ack(answer)
        call.to = answer.media()
        hear(tap, call, rung[2][0])
        hang_up(site, call, rung[2][0])


if __name__ == "__main__":
    main([answered, refused, given_up, crossing, early_media], missing())
