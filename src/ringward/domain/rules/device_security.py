"""What of a phone's security settings is in force, and which connections that lets in.

In a nonsecure cluster every security setting is kept but ignored, except digest authentication (CLUSTER-07,
CLUSTER-08, CLUSTER-10).
"""

from __future__ import annotations

from dataclasses import dataclass

from ringward.domain.phone_models import PhoneCapability
from ringward.domain.rules import obstacles
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, TransportType

_TRANSPORT_WITHOUT_TLS = TransportType.TCP
"""A phone whose TLS is not in force connects by what TLS runs over."""
_ADMITTED_WITHOUT_MODE: dict[TransportType, frozenset[TransportType]] = {
    TransportType.UDP: frozenset({TransportType.UDP}),
    # TLS is the same stream, only better protected: more protection than asked for is not refused.
    TransportType.TCP: frozenset({TransportType.TCP, TransportType.TLS}),
    TransportType.TCP_UDP: frozenset({TransportType.TCP, TransportType.UDP, TransportType.TLS}),
    TransportType.TLS: frozenset(),  # cannot be in effect without a secure mode
}
"""By which connections a Non Secure phone may come, by its transport type in effect."""


@dataclass(frozen=True, slots=True)
class IssuedLsc:
    """The LSC that a device has, as far as is known here."""

    fingerprints: frozenset[str]
    """SHA-256 of the one that it has confirmed, and of those that were sent to it since."""
    expires_at: float
    """When the confirmed one ends, in seconds since 1970."""

    def is_passed_over(self, fingerprint: str, now: float) -> bool:
        """Whether a device that shows this certificate should have shown its LSC.

        With a secure mode the LSC is the certificate that is used (CERT-03): what a maker vouches for counts only
        until the cluster has vouched for the device itself, and again when that has ended.
        """
        return now <= self.expires_at and fingerprint not in self.fingerprints


@dataclass(frozen=True, slots=True)
class Connection:
    """How a phone has connected, as the transport sees it."""

    transport: TransportType
    """TCP, UDP or TLS."""
    cipher_encrypts: bool = False
    """Whether the cipher of a TLS connection encrypts: AES128-SHA does, NULL-SHA does not."""
    proves_device: bool = False
    """Whether the peer showed a trusted certificate in the device's name."""
    proves_another: str = ""
    """The device in whose name it was, if it was another one's."""
    passes_over_lsc: bool = False
    """Whether that was another certificate than the LSC that it has."""


def mode_in_effect(
    configured: DeviceSecurityMode, cluster: ClusterSecurityMode, capability: PhoneCapability
) -> DeviceSecurityMode:
    """The device security mode that files carry and registrations must have (CLUSTER-06, CLUSTER-07, SYS-10).

    A model without TLS is nonsecure whatever its profile says.
    """
    if cluster is ClusterSecurityMode.NONSECURE or not capability.tls_signalling:
        return DeviceSecurityMode.NONSECURE
    return configured


def transport_in_effect(configured: TransportType, mode: DeviceSecurityMode) -> TransportType:
    """The transport of a SIP phone's signalling when ``mode`` is the mode in effect."""
    if mode is not DeviceSecurityMode.NONSECURE:
        return TransportType.TLS
    return _TRANSPORT_WITHOUT_TLS if configured is TransportType.TLS else configured


def signs_files(cluster: ClusterSecurityMode, *, identity_trust_list: bool = False) -> bool:
    """Whether phones' files are signed: in mixed mode (TFTP-01, TFTP-02), and for phones that have an ITL."""
    return cluster is ClusterSecurityMode.MIXED or identity_trust_list


def registration_refusal(mode: DeviceSecurityMode, transport: TransportType, connection: Connection) -> str | None:
    """Why a phone must not register over a connection; None if it may (CLUSTER-05, SIG-03).

    ``mode`` and ``transport`` are those in effect. The text is for the log and the administrator.
    """
    if mode is DeviceSecurityMode.NONSECURE:
        if connection.transport in _ADMITTED_WITHOUT_MODE[transport]:
            return None
        return f"{obstacles.OTHER_TRANSPORT} {transport.value}, but it connected over {connection.transport.value}"
    lack = _lack(mode, connection)
    return f"its device security mode is {mode.label}, but {lack}" if lack else None


def _lack(mode: DeviceSecurityMode, connection: Connection) -> str:
    """What a connection lacks for a secure mode; empty for nothing."""
    if connection.transport is not TransportType.TLS:
        return obstacles.WITHOUT_TLS
    if not connection.proves_device:
        other = connection.proves_another
        return f"{obstacles.FOR_ANOTHER} {other}" if other else f"{obstacles.NO_CERTIFICATE} of its own"
    if connection.passes_over_lsc:
        return obstacles.PASSES_OVER_ITS_LSC
    if connection.cipher_encrypts is not (mode is DeviceSecurityMode.ENCRYPTED):
        return f"{obstacles.OTHER_MODE} {'encrypts' if connection.cipher_encrypts else 'does not encrypt'}"
    return ""
