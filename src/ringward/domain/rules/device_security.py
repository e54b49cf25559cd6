"""What of a phone's security settings is in force, and which connections that lets in.

In a nonsecure cluster every security setting is kept but ignored, except digest authentication (CLUSTER-07,
CLUSTER-08, CLUSTER-10).
"""

from __future__ import annotations

from dataclasses import dataclass

from ringward.domain.phone_models import PhoneCapability
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, TransportType

_TRANSPORT_WITHOUT_TLS = TransportType.TCP
"""A phone whose TLS is not in force connects by what TLS runs over."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How a phone has connected, as the transport sees it."""

    transport: TransportType
    """TCP, UDP or TLS."""
    cipher_encrypts: bool = False
    """Whether the cipher of a TLS connection encrypts: AES128-SHA does, NULL-SHA does not."""


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


def signs_files(cluster: ClusterSecurityMode) -> bool:
    """Whether phones' files are signed: in mixed mode only (TFTP-01, TFTP-02)."""
    return cluster is ClusterSecurityMode.MIXED


def registration_refusal(mode: DeviceSecurityMode, transport: TransportType, connection: Connection) -> str | None:
    """Why a phone must not register over a connection; None if it may (CLUSTER-05, SIG-03).

    ``mode`` and ``transport`` are those in effect. The text is for the log and the administrator.
    """
    over_tls = connection.transport is TransportType.TLS
    if mode is DeviceSecurityMode.NONSECURE:
        if over_tls:
            return "its device security mode is Non Secure, but it connected over TLS"
        if transport is not TransportType.TCP_UDP and transport is not connection.transport:
            return f"its transport type is {transport.value}, but it connected over {connection.transport.value}"
        return None
    if not over_tls:
        return f"its device security mode is {mode.label}, but it connected without TLS"
    if connection.cipher_encrypts is not (mode is DeviceSecurityMode.ENCRYPTED):
        cipher = "encrypts" if connection.cipher_encrypts else "does not encrypt"
        return f"its device security mode is {mode.label}, but the cipher of its TLS connection {cipher}"
    return None
