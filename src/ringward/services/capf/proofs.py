"""Judges the certificate by which a phone wants to prove itself to CAPF (CAPF-16 to CAPF-19).

A name, a validity, somebody who vouches for it, no revocation, and the key itself: all of them are looked at, and
of what a phone sends nothing is taken on trust.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ringward.administration.enrolment import PendingOperation, Trust
from ringward.domain.rules.certificate_operation import PresentedCertificate
from ringward.domain.rules.device_name import device_named_by
from ringward.domain.vocabulary import DeviceCertificateKind, HashAlgorithm
from ringward.pki.bare_digest import is_bare_signature
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.chain import chain_of
from ringward.protocols.capf.values import (
    VERSION_WITH_KEY_TYPES,
    FactoryProof,
    Introduction,
    signed_octets,
)


@dataclass(frozen=True, slots=True)
class Proofs:
    """What phones are judged by."""

    authority: str
    """The subject of CAPF, which signs LSCs."""
    trust: Trust
    accept_sha1: bool
    """Whether clients of old versions may prove themselves by a signature over SHA-1 alone."""

    def presented(
        self, introduction: Introduction, session_id: int, pending: PendingOperation, now: datetime
    ) -> PresentedCertificate | None:
        """The certificate that a phone shows; None if it shows none."""
        if introduction.certificate is None:
            return None
        try:
            certificate = Certificate(introduction.certificate)
        except BadCertificate as error:
            return PresentedCertificate(DeviceCertificateKind.LSC, str(error))
        kind = self.kind_of(certificate)
        flaw = (
            self.flaw_of(certificate, kind, pending, now)
            or self._signature_flaw(introduction, certificate)
            or self._factory_flaw(introduction.factory_proof, session_id, pending, now)
        )
        return PresentedCertificate(kind, flaw)

    def kind_of(self, certificate: Certificate) -> DeviceCertificateKind:
        """What CAPF has signed is an LSC; everything else can only be of the factory."""
        return DeviceCertificateKind.LSC if certificate.issuer == self.authority else DeviceCertificateKind.MIC

    def flaw_of(
        self, certificate: Certificate, kind: DeviceCertificateKind, pending: PendingOperation, now: datetime
    ) -> str:
        """What is wrong with a certificate itself; empty for nothing."""
        if device_named_by(certificate.common_name) != pending.device:
            return f"it names {certificate.common_name!r}"
        known = certificate == pending.lsc or certificate.der in pending.unconfirmed
        if kind is DeviceCertificateKind.LSC and not known:
            return "it is not the one that this phone was given last"
        if kind is DeviceCertificateKind.MIC and certificate.common_name == pending.device:
            return f"neither CAPF nor a factory has issued it, but {certificate.issuer}"
        if kind is DeviceCertificateKind.MIC and chain_of(certificate, self.trust.manufacturers) is None:
            return f"no manufacturer in CAPF-trust has signed it; its issuer is {certificate.issuer}"
        if certificate.fingerprint_sha256 in self.trust.revoked:
            return "it is revoked"
        if not certificate.valid_from <= now <= certificate.valid_to:
            return f"it is valid from {certificate.valid_from:%Y-%m-%d} to {certificate.valid_to:%Y-%m-%d} only"
        return ""

    def _signature_flaw(self, introduction: Introduction, certificate: Certificate) -> str:
        data = signed_octets(introduction.device_name, certificate.der)
        sha1, sha512 = introduction.sha1_signature, introduction.sha512_signature
        if sha512 is None and (introduction.version >= VERSION_WITH_KEY_TYPES or not self.accept_sha1):
            return "there is no signature over SHA-512"
        if sha1 is None and sha512 is None:
            return "there is no signature"
        for signature, digest in ((sha1, HashAlgorithm.SHA1), (sha512, HashAlgorithm.SHA512)):
            if signature is not None and not is_bare_signature(certificate, data, signature, digest):
                return f"the signature over {digest.value} is not of its key"
        return ""

    def _factory_flaw(
        self, proof: FactoryProof | None, session_id: int, pending: PendingOperation, now: datetime
    ) -> str:
        """What is wrong with the proof by the factory's certificate, which a phone may send along."""
        if proof is None:
            return ""
        try:
            certificate = Certificate(proof.certificate)
        except BadCertificate as error:
            return str(error)
        if flaw := self.flaw_of(certificate, DeviceCertificateKind.MIC, pending, now):
            return f"of the factory's certificate beside it: {flaw}"
        data = FactoryProof.signed_octets(session_id, proof.certificate)
        for signature, digest in ((proof.sha1, HashAlgorithm.SHA1), (proof.sha512, HashAlgorithm.SHA512)):
            if not is_bare_signature(certificate, data, signature, digest):
                return "the proof by the factory's certificate is not for this session"
        return ""
