"""From a certificate to the trusted one that vouches for it."""

from __future__ import annotations

from collections.abc import Iterable

from ringward.pki.certificates import Certificate

MAX_DEPTH = 8
"""Certificates above one; more is a mistake or an attack on whoever verifies."""


def chain_of(certificate: Certificate, trusted: Iterable[Certificate]) -> tuple[Certificate, ...] | None:
    """The trusted certificates that lead from one to its root, nearest first; None if none of them signed it.

    It ends at a root, or where the next issuer is not among the trusted.
    """
    candidates, chain = list(trusted), [certificate]
    while not chain[-1].is_self_issued and len(chain) <= MAX_DEPTH:
        issuer = next((each for each in candidates if chain[-1].is_issued_by(each)), None)
        if issuer is None or issuer in chain:
            break
        chain.append(issuer)
    return tuple(chain[1:]) if len(chain) > 1 else None


def intermediates(chain: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """The part of a chain that a server sends along: all but the root, which peers must have themselves."""
    return tuple(each for each in chain if not each.is_self_issued)
