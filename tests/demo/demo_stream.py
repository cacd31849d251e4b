"""One stream through the gateway, both ways at once: music as plain RTP on one side, as SRTP on the other."""
import json
import shutil
import subprocess
import time
from dataclasses import dataclass

from lib import audio, clients, melody
from lib.capture import Capture
from lib.gateway import Gateway, lab_sections, stream_side
from lib.lab import ROOT, Lab, program
from lib.process import Failure
from lib.suites import MasterKey
from screen import bar, columns

SUMMARY = "music through the gateway: RTP in, SRTP out, and the same way back"

SUITE = "AES_CM_128_HMAC_SHA1_80"
STREAM = "demo"
RTP_PORT, SRTP_PORT, PARTY_PORT = 20000, 20002, 30000
LEAST_CORRELATION, LEAST_PACKETS = 0.9, 0.99
RESULTS = ROOT / "build" / "demo"


@dataclass
class Way:
    """One direction: what is played into it, and the key of its SRTP half."""
    name: str
    piece: str
    title: str
    key: MasterKey
    samples: object = None

    def prepare(self, lab):
        """Writes the music as WAV, its G.711 bytes as ffmpeg makes them, and the key."""
        self.samples = melody.render(self.piece)
        audio.write_wav(self.played(lab), self.samples)
        run = subprocess.run(clients.ffmpeg_mulaw(self.played(lab), self.raw(lab)), stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, start_new_session=True)
        if run.returncode != 0:
            raise Failure(f"ffmpeg cannot make G.711 of the music: {run.stderr.strip()}")
        lab.secret(f"{self.name}.key", self.key.base64 + "\n")

    def played(self, lab):
        return lab.path(f"{self.name}-played.wav")

    def heard(self, lab):
        return lab.path(f"{self.name}-heard.wav")

    def raw(self, lab):
        return lab.path(f"{self.name}.ul")

    def key_file(self, lab):
        return lab.path(f"{self.name}.key")

    @property
    def seconds(self):
        return len(self.samples) / audio.RATE


@dataclass
class Parties:
    """The programs at both ends while they run, and what they put on and took from the wires."""
    captures: dict
    recorders: list
    players: list


def sections(lab, out, back):
    """The gateway's configuration: side a plain RTP, side b SRTP with a key for each direction."""
    wanted = lab_sections(lab)
    wanted[f"stream.{STREAM}"] = {
        **stream_side("a", (lab.rtp.gateway, RTP_PORT), (lab.rtp.client, PARTY_PORT)),
        **stream_side("b", (lab.srtp.gateway, SRTP_PORT), (lab.srtp.client, PARTY_PORT), suite=SUITE,
                      send_key=f"file:{out.key_file(lab)}", receive_key=f"file:{back.key_file(lab)}"),
    }
    return wanted


def start_parties(lab, out, back):
    """Listeners first, so that nobody misses the first packet."""
    captures = {side.port: Capture(lab, side.namespace, "eth0", side.port) for side in (lab.rtp, lab.srtp)}
    secure_sdp = lab.secret("secure.sdp", clients.sdp(lab.srtp.client, PARTY_PORT, out.key))
    plain_sdp = lab.secret("plain.sdp", clients.sdp(lab.rtp.client, PARTY_PORT))
    recorders = [lab.start(lab.srtp.namespace, "record-out", clients.ffmpeg_record(secure_sdp, out.heard(lab))),
                 lab.start(lab.rtp.namespace, "record-back", clients.ffmpeg_record(plain_sdp, back.heard(lab)))]
    for side in (lab.srtp, lab.rtp):
        side.namespace.wait_for_udp(PARTY_PORT)
    players = [lab.start(lab.rtp.namespace, "play-out", clients.ffmpeg_play(out.played(lab), (lab.rtp.gateway, RTP_PORT))),
               lab.start(lab.srtp.namespace, "play-back",
                         clients.ffmpeg_play(back.played(lab), (lab.srtp.gateway, SRTP_PORT), back.key))]
    return Parties(captures, recorders, players)


class Table:
    """The gateway's own figures of the stream, with rates since the call before."""

    def __init__(self, gateway, seconds):
        self._gateway, self._seconds, self._started, self._before = gateway, seconds, time.monotonic(), {}

    def lines(self):
        now = time.monotonic()
        elapsed = min(now - self._started, self._seconds)
        rows = [("", "received", "per s", "lost", "jitter", "dropped", "sent", "per s", "suite")]
        for letter, side in sorted(self._gateway.sides(STREAM).items()):
            party = "plain party" if letter == "a" else "secure party"
            rows.append((party, str(side["received"]), self._rate(letter, "received", side, now), str(side["lost"]),
                         f"{side['jitter_ms']:.2f} ms", str(sum(side["dropped"].values())), str(side["sent"]),
                         self._rate(letter, "sent", side, now), side["suite"]))
        return [f"  {bar(elapsed / self._seconds)} {elapsed:4.1f} of {self._seconds:.1f} s", *columns(rows)]

    def _rate(self, letter, what, side, now):
        """Taken anew each second; until the first one is over there is none."""
        count, since, rate = self._before.setdefault((letter, what), (side[what], now, "-"))
        if now - since >= 1.0:
            rate = f"{(side[what] - count) / (now - since):.1f}"
            self._before[letter, what] = (side[what], now, rate)
        return rate


def watch(screen, gateway, parties, seconds):
    """The moving table, until both players have ended."""
    table, end = Table(gateway, seconds), time.monotonic() + seconds + 4
    while any(player.running() for player in parties.players):
        screen.table(table.lines())
        if time.monotonic() > end:
            raise Failure("the players did not end in time")
        time.sleep(0.2)
    for player in parties.players:
        if player.popen.returncode != 0:
            raise Failure(f"{player.name} failed:\n{player.tail()}")


def witness(lab, way, port):
    """What libSRTP says about the SRTP packets of one way, captured at the secure party."""
    argv = [program("srtp_check"), "--pcap", lab.path(f"{lab.srtp.port}.pcap"), "--port", str(port), "--suite", SUITE,
            "--key-file", way.key_file(lab), "--clear", way.raw(lab)]
    run = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, start_new_session=True)
    if run.returncode != 0:
        raise Failure(f"srtp_check: {run.stderr.strip()}")
    return json.loads(run.stdout)


def judge_way(screen, lab, way, sent, arrived):
    """Compares what was heard with what was played, and shows it."""
    match = audio.similarity(way.samples, audio.read_wav(way.heard(lab)))
    share = arrived / sent if sent else 0.0
    screen.heading(f"{way.title}: played {way.seconds:.1f} s, heard {match.heard:.1f} s")
    packets = screen.verdict(share >= LEAST_PACKETS, f"packets     sent {sent}, arrived {arrived} ({100 * share:.1f} %), "
                                                     f"lost {max(sent - arrived, 0)}")
    sound = screen.verdict(match.correlation >= LEAST_CORRELATION,
                           f"similarity  {match.correlation:.4f} (correlation of the aligned samples; "
                           f"at least {LEAST_CORRELATION} is recognised)")
    return packets and sound


def judge_secrecy(screen, verdicts):
    """What an independent SRTP implementation and an eavesdropper make of the secure side."""
    total = {key: sum(verdict[key] for verdict in verdicts) for key in verdicts[0]}
    screen.heading("on the wire of the secure party, both ways, judged by libSRTP")
    packets = total["packets"]
    return all([
        screen.verdict(packets > 0 and total["authentic"] >= LEAST_PACKETS * packets,
                       f"authentic under the right key: {total['authentic']} of {packets} packets"),
        screen.verdict(packets > 0 and total["wrong_key_authentic"] == 0,
                       f"authentic under a key with one bit wrong: {total['wrong_key_authentic']}"),
        screen.verdict(packets > 0 and total["clear_on_wire"] == 0,
                       f"packets with G.711 bytes of the music in the clear: {total['clear_on_wire']}"),
        screen.verdict(total["clear_decrypted"] >= LEAST_PACKETS * packets,
                       f"the same bytes after decryption: in {total['clear_decrypted']} packets"),
    ])


def judge(screen, lab, out, back, captures):
    """All verdicts; true if all are good."""
    plain = captures[lab.rtp.port]
    out_witness, back_witness = witness(lab, out, PARTY_PORT), witness(lab, back, SRTP_PORT)
    return all([
        judge_way(screen, lab, out, len(plain.datagrams(RTP_PORT)), out_witness["authentic"]),
        judge_way(screen, lab, back, back_witness["authentic"], len(plain.datagrams(PARTY_PORT))),
        judge_secrecy(screen, (out_witness, back_witness)),
    ])


def keep_results(lab, ways):
    """Copies the sound out of the laboratory, which is about to vanish."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    for way in ways:
        for path in (way.played(lab), way.heard(lab)):
            if path.exists():
                shutil.copy(path, RESULTS / path.name)


def epilogue(screen):
    shown = RESULTS.relative_to(ROOT)
    screen.heading("listen, and go on")
    screen.line(f"  {shown}/out-heard.wav      what the secure party heard    (out-played.wav: what was played)")
    screen.line(f"  {shown}/back-heard.wav     what the plain party heard     (back-played.wav)")
    screen.line("  ./run test                    every suite and engine, malformed packets, real clients")
    screen.line("  ./run bench                   nanoseconds per packet beside libSRTP and bare IPsec-MB")
    screen.line("  README.md                     the configuration, and how to bring it up on a NIC")


def run(screen):
    out = Way("out", "ode", "RTP in, SRTP out", MasterKey.random(SUITE))
    back = Way("back", "minuet", "SRTP in, RTP out", MasterKey.random(SUITE))
    with Lab() as lab:
        screen.heading("Sallyport: one stream, plain RTP on one side, SRTP on the other")
        screen.line(f"  plain party {lab.rtp.client}  <-- RTP -->  sallyportd  <-- SRTP {SUITE} -->  "
                    f"secure party {lab.srtp.client}")
        for way in (out, back):
            way.prepare(lab)
        gateway = Gateway(lab, sections(lab, out, back)).start()
        gateway.wait_for_next_hops()
        status = gateway.json("status")
        for port in status["ports"]:
            screen.line(f"  port {port['name']}: {port['device']}")
        screen.line(f"  {len(status['workers'])} workers, engine {status['engine']}; ffmpeg plays at both ends, "
                    "G.711, 50 packets a second")
        parties = start_parties(lab, out, back)
        watch(screen, gateway, parties, max(out.seconds, back.seconds))
        clients.finish_recording(parties.recorders)
        for capture in parties.captures.values():
            capture.stop()
        recognised = judge(screen, lab, out, back, parties.captures)
        screen.heading("the gateway")
        balanced = screen.verdict(gateway.balanced(), "it accounts for every packet")
        ended, seconds = gateway.stop()
        stopped = screen.verdict(ended == 0, f"it ended with status {ended} after {seconds:.1f} s")
        keep_results(lab, (out, back))
    epilogue(screen)
    passed = recognised and balanced and stopped
    screen.line()
    screen.line(screen.paint("The music was recognised both ways, and nobody without the key can hear it.", "1;32") if passed
                else screen.paint("This run FAILED: see above.", "1;31"))
    return 0 if passed else 1
