"""What hardening reaches which phone (HARD-06 to HARD-16)."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from ringward.domain.phone import Phone
from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.rules.hardening import Hardening, hardening_of, vlan_filter_of
from ringward.domain.setting import settings_of
from ringward.domain.vocabulary import PcVoiceVlanFilter, Protocol, SettingsAccess, Switch


def phone(model: str, protocol: Protocol = Protocol.SCCP, **more: object) -> Phone:
    return Phone("SEP001122334455", model, protocol, "p", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
def test_only_what_the_model_can_goes_into_its_file(model: str, protocol: Protocol) -> None:
    fields = {name for name, value in asdict(hardening_of(phone(model, protocol))).items() if value is not None}
    assert fields == CAPABILITIES[model, protocol].hardening


def test_values_are_the_phones() -> None:
    record = phone("7970", web_access=Switch.DISABLED, settings_access=SettingsAccess.RESTRICTED)
    assert hardening_of(record) == Hardening(
        Switch.ENABLED, SettingsAccess.RESTRICTED, Switch.ENABLED, Switch.ENABLED, Switch.DISABLED
    )


def test_who_disables_web_access_is_told_what_fails_then() -> None:
    """HARD-04."""
    (web_access,) = [each for each in settings_of(Phone) if each.name == "web_access"]
    assert "quality report tool and serviceability applications" in web_access.setting.help


def test_an_unknown_phone_has_none() -> None:
    assert hardening_of(phone("7999")) == Hardening()
    assert vlan_filter_of(phone("7999", pc_voice_vlan_access=Switch.DISABLED)) is None


@pytest.mark.parametrize(
    ("model", "dropped"),
    [
        ("7940", PcVoiceVlanFilter.VOICE_VLAN),  # HARD-08
        ("7960", PcVoiceVlanFilter.VOICE_VLAN),
        ("7970", PcVoiceVlanFilter.ALL_TAGGED),  # HARD-09
        ("7912", None),  # HARD-10
    ],
)
def test_what_a_phone_drops_at_its_pc_port(model: str, dropped: PcVoiceVlanFilter | None) -> None:
    assert vlan_filter_of(phone(model, pc_voice_vlan_access=Switch.DISABLED)) is dropped
    assert vlan_filter_of(phone(model)) is None  # HARD-06
