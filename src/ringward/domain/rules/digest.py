"""Digest authentication of SIP phones: which requests are challenged."""

from __future__ import annotations

_NEVER_CHALLENGED = frozenset({"ACK", "CANCEL"})
"""Neither can be sent again with credentials (RFC 3261 section 22.1)."""


def is_challenged(digest_enabled: bool, method: str, refreshes_registration: bool = False) -> bool:
    """Whether a request must carry credentials (SIPD-05, SIPD-16, R-31).

    With digest on everything is challenged except keepalives, which are the refreshes of a registration, and
    except ACK and CANCEL. The first REGISTER is challenged, and so is one that ends or moves a registration. The
    cluster security mode has no say in it (CLUSTER-10).

    ``refreshes_registration``: a REGISTER that only prolongs a registration which was authenticated: same contact,
    same Call-ID, from the same address, and not for zero seconds.
    """
    if not digest_enabled or method in _NEVER_CHALLENGED:
        return False
    return not (method == "REGISTER" and refreshes_registration)
