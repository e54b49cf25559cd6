"""Why a TLS handshake failed, in words for administrators, with OpenSSL's own in brackets."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import MappingProxyType

_UNKNOWN = "its certificate is signed by nobody that this port trusts"
_VERIFICATION: Mapping[int, str] = MappingProxyType(
    {
        7: "the signature of its certificate is wrong",
        9: "its certificate is not valid yet; check the clocks",
        10: "its certificate has expired",
        18: _UNKNOWN,
        19: _UNKNOWN,
        20: _UNKNOWN,
        21: _UNKNOWN,
        24: "its certificate is signed by one that may not sign certificates",
        26: "its certificate is not for TLS clients",
        66: "the key of its certificate is too short; only the parameter for old phones lets that in",
        67: "the key of the authority that signed its certificate is too short",
        68: "its certificate is signed with SHA-1 or worse; only the parameter for old phones lets that in",
        79: "its certificate is signed by one that is no certificate authority",
    }
)
"""By OpenSSL's numbers of verification results (x509_vfy.h)."""

_NO_TRUST = "it does not trust the certificate of this node: its trust list may be an old one"
_NO_TLS = "what it sent is no TLS"
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "NO_SHARED_CIPHER": "it offers none of the cipher suites that are open on this port",
        "UNSUPPORTED_PROTOCOL": "it speaks only a version of TLS that is not accepted here",
        "VERSION_TOO_LOW": "it speaks only a version of TLS that is not accepted here",
        "NO_SHARED_SIGNATURE_ALGORITHMS": "it knows no signature algorithm that is accepted here",
        "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it showed no certificate",
        "WRONG_VERSION_NUMBER": _NO_TLS,
        "HTTP_REQUEST": _NO_TLS,
        "HTTPS_PROXY_REQUEST": _NO_TLS,
        "UNKNOWN_PROTOCOL": _NO_TLS,
        "UNEXPECTED_MESSAGE": _NO_TLS,
        "TLSV1_ALERT_UNKNOWN_CA": _NO_TRUST,
        "SSLV3_ALERT_BAD_CERTIFICATE": _NO_TRUST,
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _NO_TRUST,
        "SSLV3_ALERT_CERTIFICATE_REVOKED": _NO_TRUST,
        "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it takes the certificate of this node for expired; check its clock",
        "SSLV3_ALERT_HANDSHAKE_FAILURE": "it found nothing that both sides accept",
        "TLSV1_ALERT_PROTOCOL_VERSION": "it speaks only a version of TLS that is not accepted here",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY": "it finds the cipher suites or the key of this node too weak",
        "EE_KEY_TOO_SMALL": "the key of its certificate is too short",
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
