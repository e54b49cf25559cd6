"""What desk phones of the guide say and hear beyond the RFCs, under the names that they know."""

from __future__ import annotations

import re
from enum import Enum

FALLBACK = "X-cisco-srtp-fallback"
"""In Supported: RTP may answer an offer of SRTP."""
CALL_INFORMATION = "X-cisco-callinfo"
"""In Supported: the phone shows how secure a call is, as Call-Info tells it."""
_SECURITY = re.compile(r"<urn:x-cisco-remotecc:callinfo>(?:;[^;]*)*?;\s*security=\s*(\w+)")


class ShownSecurity(Enum):
    """How secure a call is, in the words of Call-Info."""

    NONSECURE = "NotAuthenticated"
    AUTHENTICATED = "Authenticated"
    ENCRYPTED = "Encrypted"


def call_information(security: ShownSecurity) -> str:
    """The header Call-Info that tells a phone which icon to show."""
    return f"<urn:x-cisco-remotecc:callinfo>;security={security.value}"


def read_call_information(header: str) -> ShownSecurity | None:
    """The inverse of :func:`call_information`; None if the header says nothing of security that is known."""
    found = _SECURITY.match(header.strip()[:512])
    try:
        return ShownSecurity(found[1]) if found else None
    except ValueError:
        return None
