"""New profiles, profiles on offer, profiles that match (PSP-10 to PSP-13, R-38)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringward.domain.phone import Phone
from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name, nonsecure_profiles
from ringward.domain.rules.phone_security_profile import matching, new_profile, offered_to
from ringward.domain.setting import record_errors
from ringward.domain.vocabulary import DeviceSecurityMode, KeySize, Protocol, TransportType


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
@pytest.mark.parametrize("preset", DeviceSecurityMode)
def test_a_new_profile_has_the_preset_mode_if_its_model_can(
    model: str, protocol: Protocol, preset: DeviceSecurityMode
) -> None:
    """R-38, SYS-10: and it is valid as it is."""
    profile = new_profile("new", model, protocol, preset)
    can = CAPABILITIES[model, protocol].tls_signalling
    assert profile.device_security_mode is (preset if can else DeviceSecurityMode.NONSECURE)
    assert record_errors(profile) == []
    if protocol is Protocol.SIP and can and preset is not DeviceSecurityMode.NONSECURE:
        assert profile.transport_type is TransportType.TLS


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
def test_a_phone_is_offered_the_profiles_of_its_kind(model: str, protocol: Protocol) -> None:
    """PSP-13."""
    phone = Phone("SEP001122334455", model, protocol, "p")
    offered = offered_to(phone, nonsecure_profiles())
    assert [each.name for each in offered] == [nonsecure_profile_name(model, protocol)]


def test_a_match_has_the_same_settings_under_any_name() -> None:
    """PSP-10, PSP-11."""
    mine = PhoneSecurityProfile("mine", "7961", Protocol.SIP, key_size=KeySize.RSA_2048)
    others = [
        replace(mine, name="a", key_size=KeySize.RSA_1024),
        replace(mine, name="b", protocol=Protocol.SCCP),
        replace(mine, name="c", model="7970"),
    ]
    assert matching(mine, others) is None
    twin = replace(mine, name="d", description="the same", predefined=True)
    assert matching(mine, [*others, twin]) is twin
