"""The trace files in which Troubleshoot keeps the certificates that phones show, one for each (CAPF-24)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ringward.domain.vocabulary import DeviceCertificateKind
from ringward.pki.certificates import Certificate, write_atomically

MAX_TRACES = 1000
"""Files that are kept; beyond that the oldest go."""


class Traces:
    """The trace files of CAPF in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(
        self, device: str, kind: DeviceCertificateKind, certificate: Certificate, flaw: str, now: datetime
    ) -> Path:
        """Keep a certificate with what it says, and what is wrong with it, in words and in PEM form."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._directory / f"{device}-{kind.value}-{now:%Y%m%dT%H%M%S%f}.txt"
        lines = (
            f"Device:        {device}",
            f"Certificate:   {kind.value}",
            f"Verified:      {f'no: {flaw}' if flaw else 'yes'}",
            f"Retrieved:     {now:%Y-%m-%d %H:%M:%S %Z}",
            f"Subject:       {certificate.subject}",
            f"Issuer:        {certificate.issuer}",
            f"Serial number: {certificate.serial_number:X}",
            f"Valid from:    {certificate.valid_from:%Y-%m-%d %H:%M:%S} UTC",
            f"Valid to:      {certificate.valid_to:%Y-%m-%d %H:%M:%S} UTC",
            f"Key:           {certificate.key_description}",
            f"SHA-1:         {certificate.fingerprint_sha1}",
            f"SHA-256:       {certificate.fingerprint_sha256}",
        )
        text = "\n".join(lines) + "\n\n"
        write_atomically(path, text.encode() + certificate.pem, mode=0o600)
        for old in sorted(self._directory.glob("*.txt"), key=lambda each: each.stat().st_mtime)[:-MAX_TRACES]:
            old.unlink(missing_ok=True)
        return path
