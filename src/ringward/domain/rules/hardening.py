"""Hardening settings that reach a phone, and what PC Voice VLAN Access does there (HARD-01 to HARD-16)."""

from __future__ import annotations

from dataclasses import dataclass

from ringward.domain.phone import Phone
from ringward.domain.phone_models import PhoneCapability, capability_of
from ringward.domain.vocabulary import PcVoiceVlanFilter, SettingsAccess, Switch


@dataclass(frozen=True, slots=True)
class Hardening:
    """The settings as they go into the phone's file; None where the model has no such setting."""

    pc_port: Switch | None = None
    settings_access: SettingsAccess | None = None
    gratuitous_arp: Switch | None = None
    pc_voice_vlan_access: Switch | None = None
    web_access: Switch | None = None

    @classmethod
    def of(cls, phone: Phone, capability: PhoneCapability) -> Hardening:
        """The hardening of a phone, as far as its model and protocol, whose row this is, can do it."""
        return cls(**{name: getattr(phone, name) for name in capability.hardening})


def hardening_of(phone: Phone) -> Hardening:
    """The hardening of a phone, as far as its model and protocol can do it."""
    row = capability_of(phone.model, phone.protocol)
    return Hardening.of(phone, row) if row is not None else Hardening()


def vlan_filter_of(phone: Phone) -> PcVoiceVlanFilter | None:
    """What the phone drops at its PC port now; None if it passes everything (HARD-06 to HARD-10)."""
    row = capability_of(phone.model, phone.protocol)
    if row is None or hardening_of(phone).pc_voice_vlan_access is not Switch.DISABLED:
        return None
    return row.pc_voice_vlan_filter
