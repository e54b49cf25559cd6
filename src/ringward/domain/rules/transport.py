"""Which transport a SIP phone's signalling may use (PSP-22, MODEL-16)."""

from __future__ import annotations

from ringward.domain.phone_models import PhoneCapability
from ringward.domain.vocabulary import DeviceSecurityMode, TransportType

_CLEAR = (TransportType.TCP_UDP, TransportType.TCP, TransportType.UDP)


def transports(capability: PhoneCapability, mode: DeviceSecurityMode) -> tuple[TransportType, ...]:
    """The transports to choose from, the preset one first; a single one means that the field is locked."""
    if capability.is_third_party:
        # MODEL-16 means the guide's phones that know UDP alone; what a phone of others knows, nobody here can say.
        return _CLEAR
    if not capability.tls_signalling:
        return (TransportType.UDP,)
    if mode is DeviceSecurityMode.NONSECURE:
        return _CLEAR
    return (TransportType.TLS,)
