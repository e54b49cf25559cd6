"""What becomes of each phone when the cluster goes into mixed mode (SCN-01, CLUSTER-10)."""

from __future__ import annotations

from enum import Enum

from ringward.domain.phone_models import PhoneCapability
from ringward.domain.vocabulary import DeviceSecurityMode


class Readiness(Enum):
    """In words, what to expect; the worst first."""

    LEFT_BEHIND = "the new CTL file would be refused"
    NEEDS_CERTIFICATE = "a certificate is needed first"
    READY = "secure registration"
    BY_PROFILE = "nonsecure as before, by the security profile"
    BY_MODEL = "nonsecure as before, by the model"


def readiness_of(
    capability: PhoneCapability | None,
    configured: DeviceSecurityMode,
    *,
    has_certificate: bool,
    left_behind: bool,
) -> Readiness:
    """``has_certificate``: it is known to hold one. A model that leaves the factory with a MIC always has one."""
    if left_behind:
        return Readiness.LEFT_BEHIND
    if capability is None or not capability.tls_signalling:
        return Readiness.BY_MODEL
    if configured is DeviceSecurityMode.NONSECURE:
        return Readiness.BY_PROFILE
    return Readiness.READY if has_certificate or capability.mic else Readiness.NEEDS_CERTIFICATE
