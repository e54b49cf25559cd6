"""Encrypted media of a phone: keys of its own for each call, and packets through libsrtp (RFC 3711, RFC 4568)."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable

from pylibsrtp import Error, Policy, Session
from pylibsrtp._binding import ffi  # type: ignore[import-not-found]

from ringward.calls.media import SRTP_SUITES, MediaKey
from ringward.domain.secret import Secret

_PROFILES = {
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AES_256_CM_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_256_CM_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
"""What libsrtp calls each suite; those of RFC 6188 have no name there, but come from the one of a shorter key."""
_POLICY = struct.Struct("=IiIiii")
"""``srtp_crypto_policy_t`` of libsrtp 2: cipher and length of key and salt, authentication, length of its key and
tag, and what is protected."""
_AES_128_CM, _AES_256_CM = (1, 30), (5, 46)
"""``SRTP_AES_ICM_128`` and ``SRTP_AES_ICM_256`` with their lengths."""
SUITES = tuple(SRTP_SUITES)
"""Crypto suites that this phone can do, the best first."""
TAG_LENGTH = 16
"""Bytes that a packet may grow by (RFC 7714 section 13.2)."""


class NotAuthentic(ValueError):
    """A packet that the far side did not make, or that came before: it is not played."""


def new_keys(suites: tuple[str, ...], random_bytes: Callable[[int], bytes]) -> tuple[MediaKey, ...]:
    """A fresh key for each suite; ``random_bytes`` must be fit for secrets."""
    return tuple(
        MediaKey(tag, suite, Secret(base64.b64encode(random_bytes(SRTP_SUITES[suite])).decode()))
        for tag, suite in enumerate(suites, 1)
    )


class MediaCipher:
    """Both directions of a call, each with its own key (MEDIA-07)."""

    def __init__(
        self, sending: MediaKey, receiving: MediaKey, before: MediaCipher | None = None, *, same_party: bool = True
    ) -> None:
        """``before`` was in use until now; a direction whose key is the same goes on where it was.

        To begin anew with a key that was used before would encrypt two packets with the same key stream. What
        comes with the far side's former key is opened until it is heard with its new one, if it is the
        ``same_party``: it changes its key only when it has heard of ours.
        """
        self.keys = (sending, receiving)
        self._outbound: Session
        self._inbound: Session
        self._former: Session | None = None
        if before is not None and before.keys[0] == sending:
            self._outbound = before._outbound
        else:
            self._outbound = Session(_policy(sending, Policy.SSRC_ANY_OUTBOUND))
        if before is not None and before.keys[1] == receiving:
            self._inbound, self._former = before._inbound, before._former
        else:
            self._inbound = Session(_policy(receiving, Policy.SSRC_ANY_INBOUND))
            if before is not None and same_party:
                self._former = before._inbound

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet as it goes out."""
        return self._outbound.protect(packet)

    def unprotect(self, data: bytes) -> bytes:
        """The RTP packet that came in; raises :class:`NotAuthentic`."""
        try:
            packet = self._inbound.unprotect(data)
        except (Error, TypeError) as error:
            if self._former is None:
                raise NotAuthentic(str(error)) from None
        else:
            self._former = None
            return packet
        try:
            return self._former.unprotect(data)
        except (Error, TypeError) as error:
            raise NotAuthentic(str(error)) from None


def _policy(key: MediaKey, direction: int) -> Policy:
    text = key.parameters.reveal().partition("|")[0]
    policy = Policy(key=base64.b64decode(text), ssrc_type=direction, srtp_profile=_PROFILES[key.suite])
    if key.suite.startswith("AES_256_CM"):
        _lengthen(policy)
    return policy


def _lengthen(policy: Policy) -> None:
    """Make AES with a key of 256 bits of a policy with 128 (RFC 6188): libsrtp can, pylibsrtp does not say so."""
    inside = ffi.buffer(ffi.addressof(policy._policy, "rtp"))
    cipher, length, *others = _POLICY.unpack(inside)  # another layout has another length, and fails here
    if (cipher, length) != _AES_128_CM:
        raise RuntimeError("this version of libsrtp describes its ciphers in another way")
    inside[:] = _POLICY.pack(*_AES_256_CM, *others)
