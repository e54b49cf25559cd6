from __future__ import annotations

import pytest

from ringward.domain.phone_models import capability_of
from ringward.domain.rules.readiness import Readiness, readiness_of
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol

ENCRYPTED, NONSECURE = DeviceSecurityMode.ENCRYPTED, DeviceSecurityMode.NONSECURE


@pytest.mark.parametrize(
    ("model", "mode", "has_certificate", "expected"),
    [
        ("7961", ENCRYPTED, False, Readiness.READY),  # its MIC will do
        ("7960", ENCRYPTED, False, Readiness.NEEDS_CERTIFICATE),
        ("7960", ENCRYPTED, True, Readiness.READY),
        ("7960", NONSECURE, True, Readiness.BY_PROFILE),
        ("7905", NONSECURE, False, Readiness.BY_MODEL),
        ("Third-party SIP", NONSECURE, False, Readiness.BY_MODEL),
    ],
)
def test_model_profile_and_certificate_decide(
    model: str, mode: DeviceSecurityMode, has_certificate: bool, expected: Readiness
) -> None:
    row = capability_of(model, Protocol.SIP)
    assert readiness_of(row, mode, has_certificate=has_certificate, left_behind=False) is expected


def test_a_phone_that_would_be_left_behind_is_that_before_all_else() -> None:
    row = capability_of("7961", Protocol.SIP)
    assert readiness_of(row, ENCRYPTED, has_certificate=True, left_behind=True) is Readiness.LEFT_BEHIND
