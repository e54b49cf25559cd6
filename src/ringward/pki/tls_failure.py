"""Why a TLS handshake failed, in words for administrators, with OpenSSL's own in brackets."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import MappingProxyType

from ringward.domain.rules import obstacles

_VERIFICATION: Mapping[int, str] = MappingProxyType(
    {
        7: "the signature of its certificate is wrong",
        9: f"{obstacles.NOT_VALID_YET}; check the clocks",
        10: obstacles.EXPIRED,
        18: obstacles.FOREIGN,
        19: obstacles.FOREIGN,
        20: obstacles.FOREIGN,
        21: obstacles.FOREIGN,
        24: "its certificate is signed by one that may not sign certificates",
        26: "its certificate is not for TLS clients",
        66: f"{obstacles.SHORT_KEY}; only the parameter for old phones lets that in",
        67: "the key of the authority that signed its certificate is too short",
        68: f"{obstacles.OLD_SIGNATURE}; only the parameter for old phones lets that in",
        79: "its certificate is signed by one that is no certificate authority",
    }
)
"""By OpenSSL's numbers of verification results (x509_vfy.h)."""

_NO_TRUST = f"{obstacles.TRUSTS_NOT_US}: its trust list may be an old one"
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "NO_SHARED_CIPHER": obstacles.NO_COMMON_CIPHER,
        "UNSUPPORTED_PROTOCOL": obstacles.OLD_TLS,
        "VERSION_TOO_LOW": obstacles.OLD_TLS,
        "NO_SHARED_SIGNATURE_ALGORITHMS": "it knows no signature algorithm that is accepted here",
        "PEER_DID_NOT_RETURN_A_CERTIFICATE": obstacles.NO_CERTIFICATE,
        "WRONG_VERSION_NUMBER": obstacles.NO_TLS,
        "HTTP_REQUEST": obstacles.NO_TLS,
        "HTTPS_PROXY_REQUEST": obstacles.NO_TLS,
        "UNKNOWN_PROTOCOL": obstacles.NO_TLS,
        "UNEXPECTED_MESSAGE": obstacles.NO_TLS,
        "TLSV1_ALERT_UNKNOWN_CA": _NO_TRUST,
        "SSLV3_ALERT_BAD_CERTIFICATE": _NO_TRUST,
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _NO_TRUST,
        "SSLV3_ALERT_CERTIFICATE_REVOKED": _NO_TRUST,
        "SSLV3_ALERT_CERTIFICATE_EXPIRED": f"{obstacles.THINKS_US_EXPIRED}; check its clock",
        "SSLV3_ALERT_HANDSHAKE_FAILURE": "it found nothing that both sides accept",
        "TLSV1_ALERT_PROTOCOL_VERSION": obstacles.OLD_TLS,
        "TLSV1_ALERT_INSUFFICIENT_SECURITY": "it finds the cipher suites or the key of this node too weak",
        "EE_KEY_TOO_SMALL": obstacles.SHORT_KEY,
        "BAD_SIGNATURE": "it could not prove that the key of its certificate is its own",
    }
)


def failure_reason(error: BaseException) -> str | None:
    """The reason of a handshake's failure; None when it was no affair of TLS, as when the peer went away."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = _VERIFICATION.get(error.verify_code, "its certificate could not be verified")
        return f"{words} ({error.verify_message})"
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    reason: str = getattr(error, "reason", None) or "unknown"
    return f"{_REASONS.get(reason, 'the TLS handshake failed')} ({reason.replace('_', ' ').lower()})"
