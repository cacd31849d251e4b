"""Command lines of real RTP and SRTP programs: ffmpeg and gstreamer."""
import signal
import time

#: Of audio, in milliseconds and samples at 8 kHz.
PACKET_MS, PACKET_SAMPLES = 20, 160
_RTP_PACKET = 12 + PACKET_SAMPLES
_FFMPEG_SRTP_TRAILER = 14  # ffmpeg sets so much aside for tag and index, whatever the suite


def _url(scheme, address, port, packet):
    host = f"[{address}]" if ":" in address else address
    return f"{scheme}://{host}:{port}?pkt_size={packet}"


def _ffmpeg_suite(suite):
    """Under its SDES name ffmpeg shortens the SRTCP tag of the _32 suite as well, which RFC 4568 6.2.2 does not; under the
    name of the DTLS profile it keeps 80 bits there."""
    return {"AES_CM_128_HMAC_SHA1_32": "SRTP_AES128_CM_HMAC_SHA1_32"}.get(suite, suite)


def ffmpeg_play(wav, to, key=None, ssrc=None, sequence=None):
    """Plays a WAV file at its own speed, a packet each 20 ms, as G.711 mu-law RTP, or SRTP under a key.

    ffmpeg takes that key on its command line only, where it is seen for as long as it plays: a key of one run.
    """
    argv = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-i", wav,
            "-af", f"asetnsamples=n={PACKET_SAMPLES}:p=0,arealtime", "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"]
    argv += ["-f", "rtp", "-rtpflags", "send_bye", "-sdp_file", "/dev/null"]  # else it prints that, key and all
    if ssrc is not None:
        argv += ["-ssrc", str(ssrc)]
    if sequence is not None:
        argv += ["-seq", str(sequence)]
    if key is None:
        return [*argv, _url("rtp", *to, _RTP_PACKET)]
    return [*argv, "-srtp_out_suite", _ffmpeg_suite(key.suite), "-srtp_out_params", key.base64,
            _url("srtp", *to, _RTP_PACKET + _FFMPEG_SRTP_TRAILER)]


def sdp(address, port, key=None):
    """The session description of what a party receives."""
    family = "IP6" if ":" in address else "IP4"
    lines = ["v=0", f"o=- 0 0 IN {family} {address}", "s=-", f"c=IN {family} {address}", "t=0 0",
             f"m=audio {port} RTP/{'AVP' if key is None else 'SAVP'} 0"]
    if key is not None:
        lines.append(f"a=crypto:1 {_ffmpeg_suite(key.suite)} inline:{key.base64}")
    return "\r\n".join(lines) + "\r\n"


def ffmpeg_record(sdp_file, wav):
    """Receives what the session description says and writes it, until the sender's RTCP BYE."""
    return ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-protocol_whitelist",
            "file,crypto,udp,rtp,srtp", "-analyzeduration", "0", "-i", sdp_file, "-c:a", "pcm_s16le", "-y", wav]


def finish_recording(recorders):
    """Waits for those that the BYE reaches; the rest, whose end never came, is stopped. Returns whether all ended."""
    end = time.monotonic() + 3
    ended = [recorder.wait(max(0.0, end - time.monotonic())) is not None for recorder in recorders]
    for recorder in recorders:
        recorder.stop(signal.SIGINT, seconds=0.3)
    return all(ended)


def ffmpeg_mulaw(wav, raw):
    """The G.711 bytes that ffmpeg_play sends, into a file."""
    return ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-i", wav, "-c:a", "pcm_mulaw", "-ar", "8000",
            "-ac", "1", "-f", "mulaw", "-y", raw]


#: Cipher and authentication of each suite, in gstreamer's words. SRTCP keeps 80 bits (RFC 4568 6.2.2).
_GST = {
    "AES_CM_128_HMAC_SHA1_80": ("aes-128-icm", "hmac-sha1-80", "hmac-sha1-80"),
    "AES_CM_128_HMAC_SHA1_32": ("aes-128-icm", "hmac-sha1-32", "hmac-sha1-80"),
    "AEAD_AES_128_GCM": ("aes-128-gcm", "null", "null"),
    "AEAD_AES_256_GCM": ("aes-256-gcm", "null", "null"),
    "AES_256_CM_HMAC_SHA1_80": ("aes-256-icm", "hmac-sha1-80", "hmac-sha1-80"),
    "AES_256_CM_HMAC_SHA1_32": ("aes-256-icm", "hmac-sha1-32", "hmac-sha1-80"),
}


def gst_play(wav, to, key):
    """The same as ffmpeg_play with gstreamer's srtpenc, for the suites that ffmpeg lacks; without RTCP."""
    cipher, auth, rtcp_auth = _GST[key.suite]
    packet = PACKET_MS * 1_000_000
    mki = f"mki={key.mki.hex()} " if key.mki else ""
    pipeline = (f"filesrc location={wav} ! wavparse ! audioconvert ! mulawenc ! "
                f"rtppcmupay pt=0 min-ptime={packet} max-ptime={packet} ! "
                f"srtpenc key={key.hex} {mki}rtp-cipher={cipher} rtp-auth={auth} rtcp-cipher={cipher} rtcp-auth={rtcp_auth} ! "
                f"udpsink host={to[0]} port={to[1]} sync=true")
    return ["gst-launch-1.0", "-q", *pipeline.split()]


def gst_record(address, port, key, ssrc, wav):
    """Receives until SIGINT. srtpdec has to be told the SSRC that will come; for plain RTP it is not looked at."""
    stream = "media=(string)audio,clock-rate=(int)8000,encoding-name=(string)PCMU,payload=(int)0"
    if key is None:
        head = ["udpsrc", f"address={address}", f"port={port}", f"caps=application/x-rtp,{stream}"]
    else:
        cipher, auth, rtcp_auth = _GST[key.suite]
        caps = (f"application/x-srtp,{stream},ssrc=(uint){ssrc},srtp-key=(buffer){key.hex},srtp-cipher=(string){cipher},"
                f"srtp-auth=(string){auth},srtcp-cipher=(string){cipher},srtcp-auth=(string){rtcp_auth}")
        if key.mki:
            caps += f",mki=(buffer){key.mki.hex()}"
        head = ["udpsrc", f"address={address}", f"port={port}", f"caps={caps}", "!", "srtpdec"]
    return ["gst-launch-1.0", "-q", "-e", *head, "!", "rtppcmudepay", "!", "mulawdec", "!", "wavenc", "!", "filesink",
            f"location={wav}"]
