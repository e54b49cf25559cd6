"""Phone security profiles, beside what every noun can (test_records)."""

from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    DeviceSecurityMode,
    Protocol,
    TransportType,
)

SEP = "SEP001122AABBCC"


@pytest.fixture
def desk(administration: Administration, ada: Actor) -> Administration:
    """A profile with a phone that has it."""
    administration.records(PhoneSecurityProfile).add(ada, PhoneSecurityProfile("Desk", "7961", Protocol.SIP))
    administration.phones.add(ada, Phone(SEP, "7961", Protocol.SIP, "Desk"))
    return administration


@pytest.mark.parametrize("changes", [{"model": "7970"}, {"protocol": Protocol.SCCP, "name": "Other"}])
def test_a_profile_in_use_stays_one_for_its_phones(
    desk: Administration, ada: Actor, changes: dict[str, object]
) -> None:
    """PSP-13: its phones would have a profile that they must not have."""
    profiles = desk.records(PhoneSecurityProfile)
    before = profiles.get(ada, "Desk")
    with pytest.raises(Refused, match=f"in use by {SEP}, so it stays a profile for 7961 with SIP"):
        profiles.update(ada, "Desk", changes)
    assert profiles.get(ada, "Desk") == before
    desk.phones.remove(ada, SEP)
    profiles.update(ada, "Desk", {"model": "7970"})
    assert profiles.get(ada, "Desk").model == "7970"


def test_who_asks_for_a_transport_that_cannot_be_is_told_which_there_is(desk: Administration, ada: Actor) -> None:
    """PSP-22: with Encrypted the field is locked."""
    profiles = desk.records(PhoneSecurityProfile)
    said = "Transport Type is TLS: with Device Security Mode Encrypted nothing else is."
    saved = profiles.update(ada, "Desk", {"device_security_mode": DeviceSecurityMode.ENCRYPTED})
    assert saved.record.transport_type is TransportType.TLS
    assert said not in saved.notes
    assert said in profiles.update(ada, "Desk", {"transport_type": TransportType.TCP}).notes
    assert profiles.update(ada, "Desk", {"transport_type": TransportType.TLS}).notes == ()
    mode, udp = DeviceSecurityMode.ENCRYPTED, TransportType.UDP
    wanted = PhoneSecurityProfile("Other", "7961", Protocol.SIP, device_security_mode=mode, transport_type=udp)
    assert said in profiles.add(ada, wanted).notes


def test_operations_that_a_changed_profile_leaves_without_a_string_are_told(
    desk: Administration, ada: Actor
) -> None:
    """CAPF-14: they were given while the phones needed none."""
    profiles = desk.records(PhoneSecurityProfile)
    by_string = {"authentication_mode": CapfAuthenticationMode.AUTHENTICATION_STRING}
    wanted = WantedOperation(CertificateOperation.INSTALL_UPGRADE)
    desk.certificate_operations.give(ada, wanted, devices=[SEP])
    told = "A phone has a pending certificate operation and no authentication string: give it anew with one."
    assert told in profiles.update(ada, "Desk", by_string).notes
    assert told not in profiles.update(ada, "Desk", {"description": "by string"}).notes
    profiles.update(ada, "Desk", {"authentication_mode": CapfAuthenticationMode.NULL_STRING})
    desk.certificate_operations.give(ada, WantedOperation(CertificateOperation.NONE), devices=[SEP])
    assert told not in profiles.update(ada, "Desk", by_string).notes
