"""Modes in effect and the connections they let in: every cell (CLUSTER-05 to CLUSTER-08, SIG-03)."""

from __future__ import annotations

from itertools import product

import pytest

from ringward.domain.phone_models import CAPABILITIES, PhoneCapability
from ringward.domain.rules.device_security import (
    Connection,
    IssuedLsc,
    mode_in_effect,
    registration_refusal,
    signs_files,
    transport_in_effect,
)
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, TransportType

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode
MIXED = ClusterSecurityMode.MIXED
TCP, UDP, TCP_UDP, TLS = TransportType


@pytest.mark.parametrize("row", CAPABILITIES.values(), ids=lambda row: f"{row.model} {row.protocol.value}")
@pytest.mark.parametrize("configured", DeviceSecurityMode)
@pytest.mark.parametrize("cluster", ClusterSecurityMode)
def test_mode_in_effect(
    row: PhoneCapability, configured: DeviceSecurityMode, cluster: ClusterSecurityMode
) -> None:
    """CLUSTER-02, CLUSTER-06, CLUSTER-07, SYS-10."""
    secure = cluster is MIXED and row.model not in ("7905", "7912", "Third-party SIP")
    assert mode_in_effect(configured, cluster, row) is (configured if secure else NONSECURE)


@pytest.mark.parametrize(
    ("configured", "mode", "effect"),
    [
        (TCP, NONSECURE, TCP),
        (UDP, NONSECURE, UDP),
        (TCP_UDP, NONSECURE, TCP_UDP),
        (TLS, NONSECURE, TCP),  # a secure profile in a nonsecure cluster (CLUSTER-08)
        *[(transport, mode, TLS) for transport in TransportType for mode in (AUTHENTICATED, ENCRYPTED)],
    ],
)
def test_transport_in_effect(configured: TransportType, mode: DeviceSecurityMode, effect: TransportType) -> None:
    assert transport_in_effect(configured, mode) is effect


def test_files_are_signed_in_mixed_mode_only() -> None:
    """TFTP-01, TFTP-02."""
    assert signs_files(MIXED)
    assert not signs_files(ClusterSecurityMode.NONSECURE)


CONNECTIONS = {
    "TCP": Connection(TCP),
    "UDP": Connection(UDP),
    "TLS": Connection(TLS, cipher_encrypts=True),
    "TLS, NULL-SHA, own certificate": Connection(TLS, proves_device=True),
    "TLS, AES128-SHA, own certificate": Connection(TLS, cipher_encrypts=True, proves_device=True),
    "TLS, AES128-SHA, not its LSC": Connection(
        TLS, cipher_encrypts=True, proves_device=True, passes_over_lsc=True
    ),
}
ANY_TLS = {name for name in CONNECTIONS if name.startswith("TLS")}
ACCEPTED: dict[tuple[DeviceSecurityMode, TransportType], set[str]] = {
    (NONSECURE, TCP): {"TCP", *ANY_TLS},
    (NONSECURE, UDP): {"UDP"},
    (NONSECURE, TCP_UDP): {"TCP", "UDP", *ANY_TLS},
    (NONSECURE, TLS): set(),  # cannot be: the transport in effect is never TLS without a secure mode
    **{(AUTHENTICATED, transport): {"TLS, NULL-SHA, own certificate"} for transport in TransportType},
    **{(ENCRYPTED, transport): {"TLS, AES128-SHA, own certificate"} for transport in TransportType},
}


@pytest.mark.parametrize("name", CONNECTIONS)
@pytest.mark.parametrize(("mode", "transport"), list(product(DeviceSecurityMode, TransportType)))
def test_who_may_register_how(mode: DeviceSecurityMode, transport: TransportType, name: str) -> None:
    """SIG-12, CLUSTER-05: an encrypted phone is refused on the plain port; SIG-03: and over the wrong cipher.

    More protection than a Non Secure phone asks for is not refused.
    """
    refusal = registration_refusal(mode, transport, CONNECTIONS[name])
    assert (refusal is None) is (name in ACCEPTED[mode, transport])
    assert refusal is None or refusal.startswith("its ")


@pytest.mark.parametrize(
    ("shown", "now", "passes_over"),
    [
        ("the LSC", 5.0, False),
        ("the LSC sent since", 5.0, False),
        ("the MIC", 5.0, True),
        ("the LSC before", 5.0, True),
        (
            "the MIC",
            10.1,
            False,
        ),  # what has ended protects nobody, and the phone must be able to come for a new one
    ],
)
def test_a_device_that_has_an_lsc_must_show_it(shown: str, now: float, passes_over: bool) -> None:
    """CERT-03."""
    issued = IssuedLsc(frozenset({"the LSC", "the LSC sent since"}), expires_at=10.0)
    assert issued.is_passed_over(shown, now) is passes_over
