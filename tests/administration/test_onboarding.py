from __future__ import annotations

from dataclasses import replace

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.onboarding import NewPhone, WantedSecurity, choices_for
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import AlreadyExists, Invalid
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation, DeviceSecurityMode, Protocol

NEW = NewPhone("7961", Protocol.SIP, "00:11:22:33:44:55", "1501", "Lobby", WantedSecurity.ENCRYPTED, enrol=True)


def test_a_new_phone_gets_line_profile_and_operation_at_once(administration: Administration, ada: Actor) -> None:
    """SCN-08, CAPF-26; a second one of its kind has the same profile."""
    phone = administration.onboarding.add(ada, NEW)
    assert (phone.device_name, phone.lines[0].directory_number) == ("SEP001122334455", "1501")
    assert phone.certificate_operation is CertificateOperation.INSTALL_UPGRADE
    assert phone.authentication_string is not None
    profile = administration.records(PhoneSecurityProfile).get(ada, phone.security_profile)
    assert profile.name == "7961 - SIP Encrypted"
    assert profile.device_security_mode is DeviceSecurityMode.ENCRYPTED
    assert profile.authentication_mode is CapfAuthenticationMode.AUTHENTICATION_STRING
    second = administration.onboarding.add(ada, replace(NEW, device="001122334456", directory_number="1502"))
    assert second.security_profile == profile.name


def test_a_model_without_security_is_offered_none(administration: Administration, ada: Actor) -> None:
    row = capability_of("7905", Protocol.SIP)
    assert row is not None
    assert choices_for(row) == (WantedSecurity.NONSECURE,)
    new = replace(NEW, model="7905", security=WantedSecurity.NONSECURE)
    assert administration.onboarding.add(ada, new).certificate_operation is CertificateOperation.NONE


def test_a_mistake_leaves_nothing_behind(administration: Administration, ada: Actor) -> None:
    for new, error in (
        (replace(NEW, device="no address"), Invalid),
        (replace(NEW, description="x" * 999), Invalid),
    ):
        with pytest.raises(error):
            administration.onboarding.add(ada, new)
    assert administration.phones.find(ada).total == 0
    assert administration.records(DirectoryNumber).find(ada).total == 0
    administration.onboarding.add(ada, NEW)
    with pytest.raises(AlreadyExists):
        administration.onboarding.add(ada, NEW)
