"""What a new phone is preset to where nobody says: as on the command line, so in a file of many phones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringward.domain.phone_models import THIRD_PARTY_SIP, protocols_of
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.vocabulary import Protocol

PHONE_PRESETS = {
    "model": THIRD_PARTY_SIP,
    "protocol": "SIP, or what the model knows",
    "security_profile": "the Non-Secure Profile of model and protocol",
}
"""The fields that are preset, and to what, in words."""


def with_presets(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a new phone with those that were not given (PSP-03: never without a profile)."""
    model = values.get("model", THIRD_PARTY_SIP)
    known = protocols_of(model)
    protocol = values.get("protocol", known[0] if len(known) == 1 else Protocol.SIP)
    preset = {
        "model": model,
        "protocol": protocol,
        "security_profile": nonsecure_profile_name(model, protocol),
    }
    return preset | dict(values)
