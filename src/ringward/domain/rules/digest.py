"""Digest authentication of SIP phones: which requests are challenged, and how long a challenge can be answered."""

from __future__ import annotations

from dataclasses import dataclass

_NEVER_CHALLENGED = frozenset({"ACK", "CANCEL"})
"""Neither can be sent again with credentials (RFC 3261 section 22.1)."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What decides whether a phone's request is challenged."""

    method: str
    refreshes_registration: bool = False
    """A REGISTER that only prolongs a registration which was authenticated: same contact, same Call-ID, from
    the same address, and not for zero seconds."""


def is_challenged(digest_enabled: bool, request: RequestFacts) -> bool:
    """Whether a request must carry credentials (SIPD-05, SIPD-16, R-31).

    With digest on everything is challenged except keepalives, which are the refreshes of a registration, and
    except ACK and CANCEL. The first REGISTER is challenged, and so is one that ends or moves a registration. The
    cluster security mode has no say in it (CLUSTER-10).
    """
    if not digest_enabled or request.method in _NEVER_CHALLENGED:
        return False
    return not (request.method == "REGISTER" and request.refreshes_registration)


def nonce_is_valid(issued: float, now: float, validity: float) -> bool:
    """Whether an answer to a challenge made at ``issued`` still counts at ``now``; all in seconds (SIPD-07, R-01).

    A challenge from the future is none of ours.
    """
    return 0 <= now - issued <= validity
