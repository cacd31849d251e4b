"""A profile for TRex (stateless, `start -f trex-rtp.py -m 5kpps`): RTP with G.711 at 20 ms to the plain side of streams
of the gateway, one TRex stream per call. Written by TRex's documentation and not yet run with it: TRex is not in Debian.

Each call is from PARTY:30000 + 2i to GATEWAY:20000 + 2i. Sequence numbers go round all 65536 values without a gap, so
that the gateway's SRTP can follow them; time stamps go on with them. TRex learns the gateway's MAC address by ARP
(`service`, `arp`), or it is given in its port configuration.
"""
from trex_stl_lib.api import (IP, UDP, Ether, STLPktBuilder, STLScVmRaw, STLStream, STLTXCont, STLVmFlowVar,
                              STLVmWrFlowVar)

PARTY, GATEWAY = "192.0.2.2", "192.0.2.1"
CALLS = 100
RATE = 50                      # packets a second and call; -m scales it
PAYLOAD = bytes([0xD5]) * 160  # 20 ms of silence, A-law
RTP_AT = 14 + 20 + 8           # behind Ethernet, IPv4 and UDP


class RtpCalls:
    def _call(self, number):
        # RFC 3550 5.1: version 2, payload type 8, sequence and time stamp written by TRex, an SSRC of the call's own
        rtp = bytes([0x80, 8]) + bytes(6) + (0x5A110000 + number).to_bytes(4, "big")
        # UDP checksum 0 (none), since the numbers change from packet to packet
        udp = UDP(sport=30000 + 2 * number, dport=20000 + 2 * number, chksum=0)
        packet = Ether() / IP(src=PARTY, dst=GATEWAY) / udp / (rtp + PAYLOAD)
        counting = STLScVmRaw([
            STLVmFlowVar(name="sequence", min_value=0, max_value=0xFFFF, size=2, op="inc"),
            STLVmWrFlowVar(fv_name="sequence", pkt_offset=RTP_AT + 2),
            STLVmFlowVar(name="time", min_value=0, max_value=160 * 0xFFFF, size=4, step=160, op="inc"),
            STLVmWrFlowVar(fv_name="time", pkt_offset=RTP_AT + 4)])
        return STLStream(packet=STLPktBuilder(pkt=packet, vm=counting), mode=STLTXCont(pps=RATE))

    def get_streams(self, **_):
        return [self._call(number) for number in range(CALLS)]


def register():
    """What TRex asks a profile for."""
    return RtpCalls()
