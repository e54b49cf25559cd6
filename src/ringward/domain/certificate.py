"""Certificates of servers by kind, and trust stores by purpose.

Certificates of phones are no subject here (CERT-04): they are made by CAPF and listed with the phones.
"""

from __future__ import annotations

from enum import Enum


class TrustPurpose(Enum):
    """The trust stores of the cluster: whom its servers believe, and in what matter (CERT-10, CERT-18)."""

    CALL_MANAGER = "call-manager"
    CAPF = "capf"
    TOKEN = "token"  # noqa: S105  (not a password)
    WEB = "web"
    IPSEC = "ipsec"
    SYSLOG = "syslog"

    @property
    def title(self) -> str:
        """The name of the store."""
        return {
            TrustPurpose.CALL_MANAGER: "CallManager-trust",
            TrustPurpose.CAPF: "CAPF-trust",
            TrustPurpose.TOKEN: "token-trust",
            TrustPurpose.WEB: "web-trust",
            TrustPurpose.IPSEC: "IPSec-trust",
            TrustPurpose.SYSLOG: "syslog-trust",
        }[self]

    @property
    def description(self) -> str:
        """Whom the certificates in it belong to, or whom they vouch for."""
        return {
            TrustPurpose.CALL_MANAGER: "peers of trunks, voice mail, and authorities that sign node certificates",
            TrustPurpose.CAPF: "CAPF itself, CAPF before it was renewed, and manufacturers (MIC)",
            TrustPurpose.TOKEN: "authorities whose security tokens may sign the CTL file, first our own",
            TrustPurpose.WEB: "authorities that sign the certificate of the web pages",
            TrustPurpose.IPSEC: "gateways, and authorities that sign the IPSec certificate",
            TrustPurpose.SYSLOG: "the syslog server that alarms go to by TLS, or the authority that signs for it",
        }[self]


class CertificateKind(Enum):
    """The certificates of a server, each with a key of its own."""

    NODE = "node"
    WEB = "web"
    IPSEC = "ipsec"
    TFTP = "tftp"
    CAPF = "capf"
    TOKEN_CA = "token-ca"  # noqa: S105  (not a password)

    @property
    def title(self) -> str:
        """What the certificate is, in words."""
        return {
            CertificateKind.NODE: "call manager node",
            CertificateKind.WEB: "web pages (HTTPS)",
            CertificateKind.IPSEC: "IPSec",
            CertificateKind.TFTP: "TFTP server that is separate",
            CertificateKind.CAPF: "certificate authority of CAPF",
            CertificateKind.TOKEN_CA: "certificate authority of security tokens",
        }[self]

    @property
    def is_authority(self) -> bool:
        """Whether it signs certificates for others; such a one is a root and is not signed elsewhere (CERT-07)."""
        return self in (CertificateKind.CAPF, CertificateKind.TOKEN_CA)

    @property
    def trust(self) -> TrustPurpose:
        """The store that names who may sign a certificate of this kind."""
        return {
            CertificateKind.NODE: TrustPurpose.CALL_MANAGER,
            CertificateKind.WEB: TrustPurpose.WEB,
            CertificateKind.IPSEC: TrustPurpose.IPSEC,
            CertificateKind.TFTP: TrustPurpose.CALL_MANAGER,
            CertificateKind.CAPF: TrustPurpose.CAPF,
            CertificateKind.TOKEN_CA: TrustPurpose.TOKEN,
        }[self]


MADE_AT_INSTALLATION = (CertificateKind.NODE, CertificateKind.WEB, CertificateKind.IPSEC)
"""CERT-05, CERT-06, CERT-08. The others are made when the service that needs them is activated."""
