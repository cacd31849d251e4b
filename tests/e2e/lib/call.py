"""A call in the laboratory: one stream of the gateway with a real program playing and recording at each end.

The music starts after some silence: gstreamer's srtpdec must be told the SSRC that the gateway chose, which is known
once the first packets went out, and starts only then.
"""
import json
import signal
import subprocess
from array import array
from dataclasses import dataclass

from . import audio, clients, melody
from .gateway import stream_side
from .lab import program
from .process import Failure, wait_until
from .suites import MasterKey

LEAD_SECONDS, MUSIC_SECONDS = 1.6, 3.0
_LEAST_CORRELATION, _LEAST_PACKETS = 0.9, 0.99


def music(piece):
    return array("h", [0] * int(LEAD_SECONDS * audio.RATE)) + melody.render(piece)[:int(MUSIC_SECONDS * audio.RATE)]


@dataclass
class Party:
    """One end of a call: where it is, which program it runs and, unless on plain RTP, its suite and keys."""
    letter: str
    piece: str                 # what it plays
    suite: str = None
    tool: str = "ffmpeg"
    v6: bool = False
    mki: bytes = b""           # of both its keys
    send: MasterKey = None     # it protects with this, the gateway receives with it
    receive: MasterKey = None

    def __post_init__(self):
        if self.suite:
            self.send, self.receive = (MasterKey.random(self.suite, self.mki) for _ in range(2))


@dataclass
class Call:
    """A stream `name` with parties a, at the lab's rtp link, and b, at its srtp link (whatever they speak)."""
    name: str
    index: int                 # which ports
    a: Party
    b: Party

    # Where everything is.
    def link(self, lab, party):
        return lab.rtp if party is self.a else lab.srtp

    def party(self, letter):
        return self.a if letter == "a" else self.b

    def other(self, party):
        return self.b if party is self.a else self.a

    def own(self, lab, party):
        """The party's address and port."""
        link = self.link(lab, party)
        return (link.client6 if party.v6 else link.client), 30000 + 2 * self.index

    def gateway(self, lab, party):
        """The gateway's towards it."""
        link = self.link(lab, party)
        return (link.gateway6 if party.v6 else link.gateway), 20000 + 4 * self.index + 2 * (party is self.b)

    def file(self, lab, party, kind):
        return lab.path(f"{self.name}-{party.letter}.{kind}")

    def section(self, lab):
        """The stream for the gateway's configuration; writes key files."""
        keys = {}
        for party in (self.a, self.b):
            extra = {}
            if party.suite:
                files = {"send_key": party.receive, "receive_key": party.send}
                for kind, key in files.items():
                    lab.secret(self.file(lab, party, kind).name, key.sdes + "\n")
                extra = {"suite": party.suite, **{kind: f"file:{self.file(lab, party, kind)}" for kind in files}}
            keys.update(stream_side(party.letter, self.gateway(lab, party), self.own(lab, party), **extra))
        return keys

    # Playing and recording.
    def heard_by_gst(self, party):
        """gstreamer records what it plays itself, and what comes from it: without RTCP ffmpeg finds no end."""
        return "gst" in (party.tool, self.other(party).tool)

    def start_recorder(self, lab, party, ssrc=None):
        """`ssrc`: what srtpdec has to be told."""
        wav, own = self.file(lab, party, "heard.wav"), self.own(lab, party)
        if self.heard_by_gst(party):
            argv = clients.gst_record(*own, party.receive, ssrc, wav)
        else:
            argv = clients.ffmpeg_record(lab.secret(self.file(lab, party, "sdp").name, clients.sdp(*own, party.receive)),
                                         wav)
        return lab.start(self.link(lab, party).namespace, f"record-{self.name}-{party.letter}", argv)

    def chosen_ssrc(self, gateway, party):
        """What the gateway sends to the party with, once it does."""
        side = wait_until(lambda: (lambda s: s if s["sent"] else None)(gateway.sides(self.name)[party.letter]), 3,
                          f"the gateway sends to party {party.letter} of {self.name}")
        return int(side["ssrc_out"], 16)

    def start_player(self, lab, party):
        played, to = self.played_file(lab, party), self.gateway(lab, party)
        argv = clients.ffmpeg_play(played, to, party.send) if party.tool == "ffmpeg" else \
            clients.gst_play(played, to, party.send)
        return lab.start(self.link(lab, party).namespace, f"play-{self.name}-{party.letter}", argv)

    @staticmethod
    def played_file(lab, party):
        return lab.path(f"{party.piece}.wav")


def _prepare_music(lab):
    for piece in melody.PIECES:
        wav = lab.path(f"{piece}.wav")
        if not wav.exists():
            audio.write_wav(wav, music(piece))
            subprocess.run(clients.ffmpeg_mulaw(wav, lab.path(f"{piece}.ul")), check=True, stdin=subprocess.DEVNULL,
                           capture_output=True, start_new_session=True)


def hold_calls(lab, gateway, calls, captures):
    """All calls at once, from the first packet to the last; everybody's programs have ended afterwards.

    `captures`: those of the links, {letter: Capture}.
    """
    _prepare_music(lab)
    ends = [(call, party) for call in calls for party in (call.a, call.b)]
    late = [(call, party) for call, party in ends if party.suite and call.heard_by_gst(party)]
    early = [end for end in ends if end not in late]
    recorders = {(call.name, party.letter): call.start_recorder(lab, party) for call, party in early}
    for call, party in early:
        call.link(lab, party).namespace.wait_for_udp(call.own(lab, party)[1])
    players = [call.start_player(lab, party) for call, party in ends]
    for call, party in late:
        recorders[call.name, party.letter] = call.start_recorder(lab, party, call.chosen_ssrc(gateway, party))
    for player in players:
        if player.wait(LEAD_SECONDS + MUSIC_SECONDS + 8) != 0:
            raise Failure(f"{player.name}: status {player.popen.returncode}\n{player.tail()}")
    _settle(lab, captures, calls)
    clients.finish_recording([recorders[call.name, party.letter] for call, party in ends if not call.heard_by_gst(party)])
    _finish_gst([recorders[call.name, party.letter] for call, party in ends if call.heard_by_gst(party)])


def _settle(lab, captures, calls):
    """Until what was sent at one end has come to the other."""
    for letter, capture in captures.items():
        ends = [(call, call.party(letter), call.other(call.party(letter))) for call in calls]
        capture.settle({call.own(lab, party)[1]: captures[other.letter].count_rtp(call.gateway(lab, other)[1])
                        for call, party, other in ends})


def _finish_gst(recorders):
    for recorder in recorders:
        recorder.popen.send_signal(signal.SIGINT)
    for recorder in recorders:
        recorder.stop(signal.SIGINT)


def witness(lab, capture, call, party, port, key_kind, rtcp=False):
    """libSRTP's verdict on captured SRTP (SRTCP) packets to a port of a call's secure end."""
    argv = [program("srtp_check"), "--pcap", capture.file, "--port", str(port), "--suite", party.suite, "--key-file",
            call.file(lab, party, key_kind)]
    argv += ["--rtcp"] if rtcp else ["--clear", lab.path(f"{call.other(party).piece}.ul")]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, start_new_session=True)
    if done.returncode != 0:
        raise Failure(f"srtp_check: {done.stderr.strip()}")
    return json.loads(done.stdout)


def check_sound(tap, lab, call, party):
    """Whether a party heard what the other one played."""
    match = audio.similarity(music(call.other(party).piece), audio.read_wav(call.file(lab, party, "heard.wav")))
    tap.ok(match.correlation >= _LEAST_CORRELATION, f"{call.name}: {party.letter} hears {call.other(party).letter}",
           f"correlation {match.correlation:.4f}, heard {match.heard:.1f} s")


def check_packets(tap, lab, captures, call, party):
    """Whether at least 99 % of the other party's packets reached this one."""
    other = call.other(party)
    sent = captures[other.letter].count_rtp(call.gateway(lab, other)[1])
    arrived = captures[party.letter].count_rtp(call.own(lab, party)[1])
    tap.ok(sent > 100 and arrived >= _LEAST_PACKETS * sent, f"{call.name}: packets to {party.letter} arrive",
           f"{arrived} of {sent}")


def check_secrecy(tap, lab, captures, call, party):
    """What the gateway sent to a secure party, in libSRTP's eyes: authentic, and no clear bytes."""
    port = call.own(lab, party)[1]
    seen = witness(lab, captures[party.letter], call, party, port, "send_key")
    good = (seen["packets"] > 100 and seen["authentic"] == seen["packets"] and seen["wrong_key_authentic"] == 0 and
            seen["clear_on_wire"] == 0 and seen["clear_decrypted"] > 0)
    tap.ok(good, f"{call.name}: SRTP to {party.letter} is {party.suite}, by libSRTP", seen)
    if call.other(party).tool != "ffmpeg":
        return  # no RTCP from the other end
    seen = witness(lab, captures[party.letter], call, party, port + 1, "send_key", rtcp=True)
    tap.ok(seen["packets"] > 0 and seen["authentic"] == seen["packets"] and seen["wrong_key_authentic"] == 0,
           f"{call.name}: SRTCP to {party.letter} is authentic, by libSRTP", seen)
