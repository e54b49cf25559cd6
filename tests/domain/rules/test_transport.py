"""Every cell of transport by model and mode (PSP-22, MODEL-16)."""

from __future__ import annotations

import pytest

from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.rules.transport import transports
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol, TransportType

SIP_MODELS = [model for model, protocol in CAPABILITIES if protocol is Protocol.SIP]
UDP_ALONE = ("7905", "7912")
THIRD_PARTY = "Third-party SIP"


@pytest.mark.parametrize("model", SIP_MODELS)
@pytest.mark.parametrize("mode", DeviceSecurityMode)
def test_every_model_and_mode(model: str, mode: DeviceSecurityMode) -> None:
    offered = transports(CAPABILITIES[model, Protocol.SIP], mode)
    if model in UDP_ALONE:
        assert offered == (TransportType.UDP,)
    elif mode is DeviceSecurityMode.NONSECURE or model == THIRD_PARTY:
        assert offered == (TransportType.TCP_UDP, TransportType.TCP, TransportType.UDP)
    else:
        assert offered == (TransportType.TLS,)
