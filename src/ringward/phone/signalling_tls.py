"""How a phone with a trust list and a certificate of its own connects to a call manager (PHONE-02, CTL-21).

Phones build no chain and compare no name: the call manager's certificate must be one that the trust list names for
that role. The cipher suites are those of the device security mode, so that a phone that should only be
authenticated is not encrypted by chance, and above all not the other way round.
"""

from __future__ import annotations

import os
import ssl
import tempfile

from cryptography.hazmat.primitives import serialization

from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.file_security import FileSecurity
from ringward.pki.certificates import KeyPair

_SUITES = {
    DeviceSecurityMode.AUTHENTICATED: "NULL-SHA256:NULL-SHA:@SECLEVEL=0",
    DeviceSecurityMode.ENCRYPTED: "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=1",
}


def signalling_context(security: FileSecurity, mode: DeviceSecurityMode) -> ssl.SSLContext | None:
    """A TLS context for a secure mode; None when one of the conditions of PHONE-02 does not hold."""
    pair = security.keys.used
    servers = [
        record.certificate.der
        for record in security.trust.trust.records
        if record.role.serves_signalling and record.certificate is not None
    ]
    suites = _SUITES.get(mode)
    if pair is None or not servers or suites is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if mode is DeviceSecurityMode.AUTHENTICATED:  # TLS 1.3 has no suites without encryption
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites)
    context.check_hostname = False
    # The servers' own certificates are the anchors. They are no authorities, so nothing else passes.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=b"".join(servers))
    _show(context, pair)
    return context


def _show(context: ssl.SSLContext, pair: KeyPair) -> None:
    """Have the context show a certificate; the module can read keys from files only."""
    descriptor, path = tempfile.mkstemp(prefix="ringward-phone-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(
                pair.key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                + pair.certificate.pem
            )
        context.load_cert_chain(path)
    finally:
        os.unlink(path)  # noqa: PTH108  (the path is a text already)
