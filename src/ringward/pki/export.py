"""Certificates in the forms in which people take them away: PEM, DER and PKCS#7 (HTTPS-09)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ringward.pki.certificates import Certificate


class ExportForm(Enum):
    """Form of an exported certificate; the value is the usual ending of its file."""

    PEM = "pem"
    DER = "der"
    PKCS7 = "p7b"


def export(chain: Sequence[Certificate], form: ExportForm) -> bytes:
    """The first certificate of a chain as a file; as PKCS#7 the whole chain."""
    if form is ExportForm.PEM:
        return chain[0].pem
    if form is ExportForm.DER:
        return chain[0].der
    return pkcs7.serialize_certificates([each.parsed() for each in chain], Encoding.DER)
