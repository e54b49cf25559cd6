"""Has Chromium trust a certificate: what its own dialogue does, which a test cannot press.

Chromium on Linux keeps what its user trusts in a database of NSS, the library it has with it. Run as a program, so
that the library stays out of the tests' own process: ``python trusting.py CERTIFICATE.der HOME``.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path


def make_home(home: Path, certificate: bytes) -> None:
    """A home directory whose owner trusts a certificate (DER)."""
    file = home.with_suffix(".der")
    file.write_bytes(certificate)
    subprocess.run([sys.executable, __file__, file, home], check=True)


class _Item(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int), ("data", ctypes.c_char_p), ("len", ctypes.c_uint))


class _Trust(ctypes.Structure):
    _fields_ = (("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("object_signing", ctypes.c_uint))


def _trust(certificate: bytes, database: Path) -> None:
    nss = ctypes.CDLL("libnss3.so")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    nss.NSS_InitReadWrite.argtypes = [text]
    for made in (nss.PK11_GetInternalKeySlot, nss.CERT_GetDefaultCertDB, nss.CERT_NewTempCertificate):
        made.restype = pointer
    nss.PK11_InitPin.argtypes = [pointer, text, text]
    nss.CERT_NewTempCertificate.argtypes = [pointer, ctypes.POINTER(_Item), text, number, number]
    nss.PK11_ImportCert.argtypes = [pointer, pointer, ctypes.c_ulong, text, number]
    nss.CERT_DecodeTrustString.argtypes = [pointer, text]
    nss.CERT_ChangeCertTrust.argtypes = [pointer, pointer, pointer]
    nss.CERT_DestroyCertificate.argtypes = nss.PK11_FreeSlot.argtypes = [pointer]

    _done(nss.NSS_InitReadWrite(f"sql:{database}".encode()))
    slot, trust = nss.PK11_GetInternalKeySlot(), _Trust()
    _done(nss.PK11_InitPin(slot, None, b""))
    item = _Item(0, certificate, len(certificate))
    parsed = nss.CERT_NewTempCertificate(nss.CERT_GetDefaultCertDB(), ctypes.byref(item), None, 0, 1)
    assert parsed, "NSS cannot read the certificate"
    _done(nss.PK11_ImportCert(slot, parsed, 0, b"imported", 0))
    _done(nss.CERT_DecodeTrustString(ctypes.byref(trust), b"P,,"))
    _done(nss.CERT_ChangeCertTrust(None, parsed, ctypes.byref(trust)))
    nss.CERT_DestroyCertificate(parsed)
    nss.PK11_FreeSlot(slot)
    _done(nss.NSS_Shutdown())


def _done(status: int) -> None:
    assert status == 0, "NSS refuses"


if __name__ == "__main__":
    where = Path(sys.argv[2]) / ".pki" / "nssdb"
    where.mkdir(parents=True)
    _trust(Path(sys.argv[1]).read_bytes(), where)
