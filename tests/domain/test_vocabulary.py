"""The numbers and words of the vocabulary that others depend on."""

from __future__ import annotations

from ringward.domain.vocabulary import CallSecurityClass, ClusterSecurityMode, DeviceSecurityMode


def test_device_security_modes_are_numbered_as_in_phone_files() -> None:
    """PSP-19 to PSP-21."""
    assert [(mode.value, mode.label) for mode in DeviceSecurityMode] == [
        (1, "Non Secure"),
        (2, "Authenticated"),
        (3, "Encrypted"),
    ]


def test_the_cluster_security_mode_is_shown_as_a_number() -> None:
    """CLUSTER-03."""
    assert [(mode.value, mode.label) for mode in ClusterSecurityMode] == [(0, "0"), (1, "1")]


def test_call_classes_are_ordered_so_that_the_weakest_leg_is_the_least() -> None:
    """CALL-03."""
    assert CallSecurityClass.NONSECURE < CallSecurityClass.AUTHENTICATED < CallSecurityClass.ENCRYPTED
    assert [each.value for each in CallSecurityClass] == [1, 2, 3]
