"""The TLS door of devices: which certificates prove a device, and why a handshake or a certificate was refused.

A certificate is asked for, and must be right if one is shown, but it need not be shown: phones without security
may come by TLS too. Whether a device has proved enough for its profile is decided when it registers.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringward.domain.errors import RingwardError
from ringward.domain.rules import obstacles
from ringward.domain.rules.device_security import IssuedLsc
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.device_certificate import DeviceCertificate, read_device_certificate
from ringward.pki.tls import ServerTls, Suites, Terms
from ringward.pki.tls_failure import failure_reason
from ringward.services.call_manager.registrations import Refusal

MAX_FAILURES = 256
"""Addresses whose last failed handshake is remembered; strangers may have many, so the list is short."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceTrust:
    """What the configuration says of certificates of devices."""

    authorities: tuple[bytes, ...] = ()
    """CAPF and the manufacturers (DER): who vouches for devices (SIG-06)."""
    revoked: frozenset[str] = frozenset()
    """SHA-256 fingerprints of certificates that are refused."""
    suites: Suites = Suites.MODERN
    old_phones: bool = False
    """Whether weak certificates and old versions of TLS are accepted."""

    def refusal_of(self, shown: DeviceCertificate) -> str:
        """Why a verified certificate is refused; empty if it is not."""
        if shown.fingerprint in self.revoked:
            return obstacles.REVOKED
        if shown.is_forgeable or (shown.weakness and not self.old_phones):
            return shown.weakness
        return ""

    def terms(self) -> Terms:
        """The same for the TLS listener. What cannot be read any more vouches for nobody."""
        return Terms(self.suites, self.old_phones, tuple(_readable(self.authorities)), client_required=False)


def _readable(authorities: tuple[bytes, ...]) -> list[Certificate]:
    found = []
    for each in authorities:
        try:
            found.append(Certificate(each))
        except BadCertificate:
            log.warning("a certificate in the trust store of devices cannot be read")
    return found


class DeviceDoor:
    """See the module."""

    def __init__(
        self,
        tls: ServerTls,
        on_refusal: Callable[[str, Refusal], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``on_refusal`` gets the name of the device whose certificate was refused, and the reason."""
        self._tls = tls
        self._on_refusal = on_refusal
        self._clock = clock
        self._trust: DeviceTrust | None = None
        self.lscs: Mapping[str, IssuedLsc] = {}
        """By device the LSC that it has."""
        self.context: ssl.SSLContext = tls.context
        self.failures: OrderedDict[str, Refusal] = OrderedDict()
        """The last failed handshake of each address."""

    def trust(self, trust: DeviceTrust) -> bool:
        """Work by a new configuration; returns whether anything has changed. On an error the former one stays."""
        if trust == self._trust:
            return False
        try:
            self._tls.renew(trust.terms())
        except (RingwardError, ssl.SSLError):
            log.exception("the trust store of devices cannot be used; the one before stays in force")
        self._trust = trust
        return True

    def look_at(self, connection: ssl.SSLObject | None, address: str, now: float) -> DeviceCertificate | None:
        """The certificate by which a new connection proves its device; None if it showed none.

        Raises :class:`BadCertificate` with the reason when the one that it showed is refused.
        """
        der = _verified(connection)
        if der is None:
            return None
        shown = read_device_certificate(der)
        reason = self.refusal_of(shown)
        if reason:
            self._on_refusal(shown.device, Refusal(now, address, reason))
            raise BadCertificate(reason)
        return shown

    def refusal_of(self, shown: DeviceCertificate) -> str:
        """Why a certificate is refused now; empty if it is not."""
        return self._trust.refusal_of(shown) if self._trust is not None else ""

    def passes_over_lsc(self, shown: DeviceCertificate) -> bool:
        """Whether a device that has an LSC shows another certificate.

        Asked once for each connection, so that one that began before the LSC was issued stays as good as it was.
        """
        issued = self.lscs.get(shown.device)
        return issued is not None and issued.is_passed_over(shown.fingerprint, self._clock())

    def failed(self, error: BaseException, address: str, now: float) -> str:
        """Keep why a handshake failed; returns it in words, empty when it was no affair of TLS."""
        reason = failure_reason(error)
        if reason is None:
            return ""
        self.failures[address] = Refusal(now, address, reason)
        self.failures.move_to_end(address)
        if len(self.failures) > MAX_FAILURES:
            self.failures.popitem(last=False)
        return reason


def _verified(connection: ssl.SSLObject | None) -> bytes | None:
    """The certificate that the peer showed and TLS verified: none is asked for that would not be verified."""
    if connection is None or connection.context.verify_mode == ssl.CERT_NONE:
        return None
    return connection.getpeercert(binary_form=True)
