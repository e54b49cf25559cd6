"""SRTP written a second time, from the RFCs alone, as the judge of packets that libsrtp has made or must open.

RFC 3711 (AES in counter mode, HMAC-SHA1), RFC 6188 (keys of 256 bits), RFC 7714 (AES-GCM). One packet at a time:
whoever asks says how often the sequence number has come round.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEADER = 12
"""Bytes of an RTP header without contributing sources or extension, which is what phones send."""
TAGS = {"80": 10, "32": 4}


class Forged(Exception):
    """The packet was not made with this key."""


def key_stream(key: bytes, counter: int, length: int) -> bytes:
    """RFC 3711 section 4.1.1."""
    return Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(16, "big"))).encryptor().update(bytes(length))


def derive(master_key: bytes, master_salt: bytes, label: int, length: int) -> bytes:
    """A session key (RFC 3711 section 4.3): 0 encrypts, 1 authenticates, 2 is the salt."""
    salt = int.from_bytes(master_salt.ljust(14, b"\0"), "big")  # RFC 7714 section 11
    return key_stream(master_key, (salt ^ (label << 48)) << 16, length)


@dataclass(frozen=True)
class SrtpJudge:
    """One direction: a crypto suite, and key with salt as they are in the session description."""

    suite: str
    master: bytes

    def seal(self, packet: bytes, rollover: int = 0) -> bytes:
        header, sound = packet[:HEADER], packet[HEADER:]
        if "GCM" in self.suite:
            return header + self._gcm.encrypt(self._nonce(header, rollover), sound, header)
        sealed = header + self._counted(header, sound, rollover)
        return sealed + self._tag(sealed, rollover)

    def open(self, data: bytes, rollover: int = 0) -> bytes:
        """The RTP packet; raises :class:`Forged`."""
        header = data[:HEADER]
        if "GCM" in self.suite:
            try:
                return header + self._gcm.decrypt(self._nonce(header, rollover), data[HEADER:], header)
            except InvalidTag:
                raise Forged from None
        sealed, tag = data[: -self._tag_length], data[-self._tag_length :]
        if self._tag(sealed, rollover) != tag:
            raise Forged
        return header + self._counted(header, sealed[HEADER:], rollover)

    def opens(self, data: bytes) -> bool:
        try:
            self.open(data)
        except Forged:
            return False
        return True

    @property
    def _key(self) -> bytes:
        return self.master[: 32 if "256" in self.suite else 16]

    @property
    def _salt(self) -> bytes:
        return self.master[len(self._key) :]

    @property
    def _gcm(self) -> AESGCM:
        return AESGCM(derive(self._key, self._salt, 0, len(self._key)))

    def _nonce(self, header: bytes, rollover: int) -> bytes:
        """RFC 7714 section 8.1."""
        index = header[8:12] + rollover.to_bytes(4, "big") + header[2:4]
        salt = derive(self._key, self._salt, 2, 12)
        return bytes(one ^ other for one, other in zip(salt, bytes(2) + index, strict=True))

    def _counted(self, header: bytes, sound: bytes, rollover: int) -> bytes:
        salt = int.from_bytes(derive(self._key, self._salt, 2, 14), "big")
        source, index = int.from_bytes(header[8:12], "big"), rollover << 16 | int.from_bytes(header[2:4], "big")
        counter = salt << 16 ^ source << 64 ^ index << 16
        stream = key_stream(derive(self._key, self._salt, 0, len(self._key)), counter, len(sound))
        return bytes(one ^ other for one, other in zip(sound, stream, strict=True))

    @property
    def _tag_length(self) -> int:
        return TAGS[self.suite.rpartition("_")[2]]

    def _tag(self, sealed: bytes, rollover: int) -> bytes:
        key = derive(self._key, self._salt, 1, 20)
        return hmac.digest(key, sealed + rollover.to_bytes(4, "big"), "sha1")[: self._tag_length]
