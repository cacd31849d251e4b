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
}


@dataclass(frozen=True)
class MasterKey:
    """Key and salt, as SDES writes them (base64) and as gstreamer does (hex)."""
    suite: str
    octets: bytes

    @classmethod
    def random(cls, suite):
        return cls(suite, os.urandom(KEY_BYTES[suite]))

    @property
    def base64(self):
        return base64.b64encode(self.octets).decode()

    @property
    def hex(self):
        return self.octets.hex()

    def __repr__(self):
        return f"MasterKey({self.suite})"  # never the key
