"""Phone security profiles: what a new one is preset to, and which one fits a phone (PSP-08 to PSP-13, R-38)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol


def new_profile(
    name: str, model: str, protocol: Protocol, preset_mode: DeviceSecurityMode
) -> PhoneSecurityProfile:
    """A profile with all presets; ``preset_mode`` is the enterprise parameter Device Security Mode (R-38).

    The mode counts only for models that can do it (SYS-10), and the transport follows it (PSP-22).
    """
    profile = PhoneSecurityProfile(name=name, model=model, protocol=protocol)
    row = capability_of(model, protocol)
    if row is not None and row.tls_signalling:
        profile = replace(profile, device_security_mode=preset_mode)
    return profile.settled()


def offered_to(phone: Phone, profiles: Iterable[PhoneSecurityProfile]) -> tuple[PhoneSecurityProfile, ...]:
    """The profiles that Phone Configuration offers: only those of the phone's model and protocol (PSP-13)."""
    return tuple(each for each in profiles if (each.model, each.protocol) == (phone.model, phone.protocol))


def matching(
    wanted: PhoneSecurityProfile, profiles: Iterable[PhoneSecurityProfile]
) -> PhoneSecurityProfile | None:
    """The first profile with the same model, protocol and settings, whatever it is called (PSP-10, PSP-11)."""
    ours = _settings_alone(wanted)
    return next((each for each in profiles if _settings_alone(each) == ours), None)


def _settings_alone(profile: PhoneSecurityProfile) -> PhoneSecurityProfile:
    return replace(profile, name="", description="", predefined=False)
