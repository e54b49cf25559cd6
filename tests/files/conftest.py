"""Phones whose files the tests of this room build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from ringward.domain.rules.hardening import Hardening
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import Protocol, SettingsAccess, Switch, TransportType
from ringward.files.phone_configuration import (
    CallManagerNode,
    CapfAddress,
    CommonConfiguration,
    DefaultConfiguration,
    DefaultLoad,
    DigestCredentials,
    PhoneConfiguration,
    PhoneLine,
    PhoneUrls,
)

PhoneMaker = Callable[..., PhoneConfiguration]
_COMMON = [each.name for each in fields(CommonConfiguration)]

NODES = (
    CallManagerNode("192.0.2.10", "pub", "First node"),
    CallManagerNode("cm-sub.example.com", "sub", sip_port=5070, sip_secure_port=5071),
)
DIGEST = DigestCredentials("alice", Secret("s3cret"))
LINES = (
    PhoneLine(1, "1001", "Reception", "Alice <Desk> & Co", DIGEST),
    PhoneLine(2, "1002", busy_trigger=1, max_calls=2, digest=DIGEST, shared=True),
)
HARDENED = Hardening(
    pc_port=Switch.DISABLED,
    settings_access=SettingsAccess.RESTRICTED,
    gratuitous_arp=Switch.DISABLED,
    pc_voice_vlan_access=Switch.ENABLED,
    web_access=Switch.ENABLED,
)


@pytest.fixture
def make_phone() -> PhoneMaker:
    def make(model: str = "7961", protocol: Protocol = Protocol.SIP, **changes: Any) -> PhoneConfiguration:
        values: dict[str, Any] = {
            "device_name": "SEP001122334455",
            "model": model,
            "protocol": protocol,
            "call_managers": NODES,
            "transport": TransportType.TCP,
            "lines": LINES,
            "phone_label": "Ringward",
            "date_template": "D.M.Y",
            "time_zone": "Europe/Vienna",
            "ntp_servers": ("192.0.2.20",),
            "phone_password": Secret("unlock"),
            "hardening": HARDENED,
            "load": "SIP41.8-0-2S",
            "urls": PhoneUrls(services="http://192.0.2.10/services?a=1&b=2"),
            "capf": (CapfAddress("192.0.2.10"),),
        } | changes
        common = {name: values.pop(name) for name in _COMMON if name in values}
        return PhoneConfiguration(common=CommonConfiguration(**common), **values)

    return make


@pytest.fixture
def default() -> DefaultConfiguration:
    return DefaultConfiguration(
        NODES,
        time_zone="America/New_York",
        loads=(DefaultLoad(30018, "7961", "SIP41.8-0-2S"), DefaultLoad(7, "7960", "P0030801SR02")),
        flat_sip_load="P0S3-08-2-00",
    )
