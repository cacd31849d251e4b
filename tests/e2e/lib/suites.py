"""SRTP suites by their IANA names, and random master keys for them."""
import base64
import os
from dataclasses import dataclass

#: Master key and salt together, bytes (RFC 4568 6.1, RFC 7714 12).
KEY_BYTES = {
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_128_GCM": 28,
    "AEAD_AES_256_GCM": 44,
    "AES_256_CM_HMAC_SHA1_80": 46,
    "AES_256_CM_HMAC_SHA1_32": 46,
}


@dataclass(frozen=True)
class MasterKey:
    """Key and salt, as SDES writes them (base64) and as gstreamer does (hex)."""
    suite: str
    octets: bytes
    mki: bytes = b""

    @classmethod
    def random(cls, suite, mki=b""):
        return cls(suite, os.urandom(KEY_BYTES[suite]), mki)

    @property
    def base64(self):
        return base64.b64encode(self.octets).decode()

    @property
    def sdes(self):
        """With its MKI if it has one, as the gateway is told."""
        return f"inline:{self.base64}|{int.from_bytes(self.mki, 'big')}:{len(self.mki)}" if self.mki else self.base64

    @property
    def hex(self):
        return self.octets.hex()

    def __repr__(self):
        return f"MasterKey({self.suite})"  # never the key
