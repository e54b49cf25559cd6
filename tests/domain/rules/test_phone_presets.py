"""What a new phone is preset to."""

from __future__ import annotations

from ringward.domain.phone_models import CAPABILITIES, THIRD_PARTY_SIP
from ringward.domain.predefined import nonsecure_profiles
from ringward.domain.rules.phone_presets import PHONE_PRESETS, with_presets
from ringward.domain.vocabulary import Protocol


def test_a_phone_of_which_nothing_is_known_is_a_third_party_sip_phone() -> None:
    values = with_presets({"device_name": "SEP001122AABBCC"})
    assert (values["model"], values["protocol"]) == (THIRD_PARTY_SIP, Protocol.SIP)
    assert set(values) == {"device_name", *PHONE_PRESETS}


def test_what_is_given_stays() -> None:
    given = {"model": "7970", "protocol": Protocol.SCCP, "security_profile": "Ours"}
    assert with_presets(given) == given


def test_every_model_is_preset_to_a_profile_that_there_is() -> None:
    """PSP-03."""
    names = {profile.name for profile in nonsecure_profiles()}
    for model, protocol in CAPABILITIES:
        assert with_presets({"model": model, "protocol": protocol})["security_profile"] in names
        assert with_presets({"model": model})["security_profile"] in names
