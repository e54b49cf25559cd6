"""A new phone in one step: its record with a line, a profile as secure as wanted, its first certificate."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.administration.phones import Phones
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_models import PhoneCapability, capability_of
from ringward.domain.rules.certificate_operation import generate_string
from ringward.domain.rules.device_name import device_name_of
from ringward.domain.rules.phone_presets import with_presets
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    DeviceSecurityMode,
    Protocol,
)


class WantedSecurity(Enum):
    """How secure the phone shall be."""

    ENCRYPTED = "encrypted"
    AUTHENTICATED = "authenticated"
    NONSECURE = "nonsecure"

    @property
    def mode(self) -> DeviceSecurityMode:
        """As profiles have it."""
        return DeviceSecurityMode[self.name]


@dataclass(frozen=True, slots=True)
class NewPhone:
    """What is known of the phone."""

    model: str
    protocol: Protocol
    device: str
    """Its hardware address, or its device name."""
    directory_number: str
    description: str
    security: WantedSecurity
    enrol: bool
    """Whether it gets a certificate at its first boot, with an authentication string."""


def choices_for(capability: PhoneCapability) -> tuple[WantedSecurity, ...]:
    """How secure a model can be, the best first."""
    return tuple(WantedSecurity) if capability.tls_signalling else (WantedSecurity.NONSECURE,)


class Onboarding:
    """The use case."""

    def __init__(
        self, operations: Operations, phones: Phones, random_below: Callable[[int], int] = secrets.randbelow
    ) -> None:
        self._operations = operations
        self._phones = phones
        self._random_below = random_below

    def add(self, actor: Actor, new: NewPhone) -> Phone:
        """Add the phone, all of it or nothing. Raises what :class:`Phones` raises."""
        name = device_name_of(new.device) or new.device
        values = {
            "device_name": name,
            "model": new.model,
            "protocol": new.protocol,
            "description": new.description,
            "lines": (PhoneLine(1, new.directory_number),) if new.directory_number else (),
        }
        with self._operations.change(actor, f"{Phone.noun}.add", Phone.noun, name) as work:
            phone = self._phones.add_within(work, Phone(**with_presets(values)))
            row = capability_of(new.model, new.protocol)
            if new.security is WantedSecurity.NONSECURE or row is None:
                return phone
            wanted: dict[str, Any] = {"device_security_mode": new.security.mode}
            if new.enrol:
                wanted["authentication_mode"] = CapfAuthenticationMode.AUTHENTICATION_STRING
            title = f"{new.model} - {new.protocol.value} {new.security.mode.label}"
            profile, _ = self._phones.profile_like(work, phone, wanted, title)
            changes: dict[str, Any] = {"security_profile": profile.name}
            if new.enrol:
                changes |= {
                    "certificate_operation": CertificateOperation.INSTALL_UPGRADE,
                    "authentication_string": generate_string(self._random_below),
                }
            return self._phones.update_within(work, phone.device_name, changes)
