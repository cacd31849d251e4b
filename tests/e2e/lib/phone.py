"""baresip as a phone: registers, calls, answers, plays a piece and records what it hears."""
import json
import time

from . import audio
from .process import Failure, wait_until

_CONFIG = """
poll_method epoll
sip_listen {address}:{sip}
{certificate}
call_max_calls 4
audio_player aubridge,sink
audio_source aufile,{folder}/play.wav
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_txmode thread
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
rtp_ports {rtp}-{rtp_last}
rtcp_mux no
jitter_buffer_delay 5-10
rtp_stats yes
rtp_timeout 60
net_interface eth0
module_path /usr/lib/baresip/modules
module g711.so
module sndfile.so
module aufile.so
module aubridge.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}/recorded
"""


class Phone:
    """One phone in the namespace of a laboratory's side. `account`: what stands behind its address in baresip's file;
    `place`: tells phones of one namespace apart; `traced`: what it prints has every SIP message."""

    def __init__(self, lab, side, name, account, samples, transport="udp", certificate=None, more="", place=0,
                 traced=False):
        self.lab, self.side, self.name, self.transport, self.traced = lab, side, name, transport, traced
        self._control_port = 4441 + place
        self.folder = lab.path(f"phone-{name}")
        (self.folder / "recorded").mkdir(parents=True)
        audio.write_wav(self.folder / "play.wav", samples)
        line = f"sip_certificate {certificate}" if certificate else ""
        (self.folder / "config").write_text(
            _CONFIG.format(address=side.client, folder=self.folder, certificate=line, sip=5080 + 10 * place,
                           control=self._control_port, rtp=30000 + 200 * place, rtp_last=30100 + 200 * place) + more)
        (self.folder / "accounts").write_text(
            f"<sip:{name}@{side.gateway};transport={transport}>;regint=300;"
            f"audio_codecs=PCMU/8000/1,PCMA/8000/1;{account}\n")
        (self.folder / "contacts").write_text("")
        self.process = self._control = None
        self._left = b""
        self.events = []

    def start(self):
        # baresip asks for core dumps, and crashes at its end at times: what it would leave behind holds keys.
        argv = ["prlimit", "--core=0:0", "baresip", "-f", self.folder, *(["-s"] if self.traced else [])]
        self.process = self.lab.start(self.side.namespace, f"phone-{self.name}", argv)
        self._control = wait_until(self._connect, 10, f"{self.name}: baresip takes commands")
        self._control.settimeout(0.05)
        return self

    def _connect(self):
        if not self.process.running():
            raise Failure(f"{self.name}: baresip ended: {self.process.tail()}")
        control = self.side.namespace.socket()
        try:
            control.connect(("127.0.0.1", self._control_port))
        except OSError:
            control.close()
            return None
        return control

    def command(self, verb, parameters=""):
        """Has baresip do something; what it says is among the events."""
        text = json.dumps({"command": verb, "params": parameters, "token": verb})
        self._control.sendall(f"{len(text)}:{text},".encode())

    def _read(self):
        try:
            data = self._control.recv(65536)
            if not data:
                raise Failure(f"{self.name}: baresip is gone: {self.process.tail()}")
            self._left += data
        except TimeoutError:
            pass
        while b":" in self._left:
            length, rest = self._left.split(b":", 1)
            size = int(length)
            if len(rest) < size + 1:
                return
            self.events.append(json.loads(rest[:size]))
            self._left = rest[size + 1:]

    def saw(self, kind, parameter=""):
        """Whether baresip has told an event of that type, with that text in its parameter."""
        self._read()
        return any(event.get("type") == kind and parameter in event.get("param", "") for event in self.events)

    def wait_for(self, kind, parameter="", seconds=10):
        try:
            wait_until(lambda: self.saw(kind, parameter), seconds, f"{self.name}: {kind} {parameter}")
        except Failure as failure:
            raise Failure(f"{failure}\n{self.process.tail(20)}\n{self.events[-6:]}") from failure

    def dial(self, number):
        self.command("dial", f"sip:{number}@{self.side.gateway};transport={self.transport}")

    def heard(self):
        """What it has recorded, of its latest call."""
        files = sorted((self.folder / "recorded").glob("dump-*-dec.wav"))
        return audio.read_wav(files[-1]) if files else audio.read_wav(self.folder / "none")

    def stop(self):
        if self._control is not None:
            self._control.close()
        self.process.stop()
        time.sleep(0.1)
