"""Names of SIP headers: each is kept under one spelling, whatever its case or compact form."""

from __future__ import annotations

_HEADER_NAMES = """
Accept Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info Authorization Call-ID
Call-Info Contact Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date
Error-Info Event Expires From In-Reply-To Max-Forwards MIME-Version Min-Expires Organization
P-Asserted-Identity P-Preferred-Identity Path Priority Privacy Proxy-Authenticate Proxy-Authorization
Proxy-Require RAck Reason Record-Route Refer-To Referred-By Refer-Sub Remote-Party-ID Replaces Reply-To Require
Retry-After Route RSeq Server Session-Expires Min-SE Subject Subscription-State Supported Target-Dialog
Timestamp To Unsupported User-Agent Via Warning WWW-Authenticate Diversion Join
"""
_NAMES = _HEADER_NAMES.split()
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
CANONICAL = {name: name for name in _NAMES} | {name.lower(): name for name in _NAMES} | _COMPACT
"""The spelling that is kept, by names as phones write them: whole, small or compact (RFC 3261 section 7.3.3)."""


def canonical_name(name: str) -> str:
    """The one spelling under which a header is kept, whatever its case or compact form."""
    known = CANONICAL.get(name)
    if known is None:
        lowered = name.lower()
        known = CANONICAL.get(lowered)
        if known is None:
            known = "-".join(part.capitalize() for part in lowered.split("-"))
    return known
