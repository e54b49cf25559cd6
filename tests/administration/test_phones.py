from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Invalid
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.vocabulary import CapfAuthenticationMode, Protocol, Switch
from ringward.store.audit import AuditFilter

KEY = "SEP001122AABBCC"
PROFILE = nonsecure_profile_name("7960", Protocol.SIP)


@pytest.fixture
def phones(administration: Administration, ada: Actor) -> Administration:
    administration.phones.add(ada, Phone(KEY, "7960", Protocol.SIP, PROFILE, lines=(PhoneLine(1, "1001"),)))
    return administration


def test_numbers_come_into_being_with_the_lines_that_have_them(phones: Administration, ada: Actor) -> None:
    assert phones.records(DirectoryNumber).get(ada, "1001") == DirectoryNumber("1001")
    (entry,) = phones.audit.find(ada, AuditFilter(noun="directory-number")).entries
    assert (entry.key, entry.permission) == ("1001", "phone.add")
    phones.phones.add(ada, Phone("SEP001122AABB00", "7960", Protocol.SIP, PROFILE, lines=(PhoneLine(1, "1001"),)))
    assert phones.records(DirectoryNumber).find(ada).total == 1


@pytest.mark.parametrize("number", ["nonsense", "1001/Nowhere", ""])
def test_what_is_no_number_is_an_error_of_its_line(phones: Administration, ada: Actor, number: str) -> None:
    lines = (PhoneLine(1, "1002"), PhoneLine(2, number))
    with pytest.raises(Invalid) as caught:
        phones.phones.update(ada, KEY, {"lines": lines})
    assert [error.field for error in caught.value.errors] == ["lines[2].directory_number"]
    assert phones.records(DirectoryNumber).find(ada).total == 1


def test_a_phone_needs_a_profile_of_its_model_and_protocol(phones: Administration, ada: Actor) -> None:
    """PSP-03, PSP-13."""
    with pytest.raises(Invalid, match="security_profile"):
        phones.phones.update(ada, KEY, {"security_profile": ""})
    with pytest.raises(Invalid, match="a profile for 7960 with SIP"):
        phones.phones.update(ada, KEY, {"security_profile": nonsecure_profile_name("7960", Protocol.SCCP)})
    offered = phones.phones.profiles(ada, "7960", Protocol.SIP)
    assert [profile.name for profile in offered] == [PROFILE]


def test_a_model_without_security_gets_its_nonsecure_profile(administration: Administration, ada: Actor) -> None:
    """PSP-03."""
    saved = administration.phones.add(ada, Phone(KEY, "7905", Protocol.SIP, ""))
    assert saved.record.security_profile == nonsecure_profile_name("7905", Protocol.SIP)
    with pytest.raises(Invalid, match="security_profile"):
        administration.phones.add(ada, Phone("SEP001122AABB00", "7960", Protocol.SIP, ""))


def test_a_hardware_address_becomes_the_device_name(administration: Administration, ada: Actor) -> None:
    saved = administration.phones.add(ada, Phone("00:11:22:aa:bb:cc", "7960", Protocol.SIP, PROFILE))
    assert saved.record.device_name == KEY
    assert administration.phones.get(ada, KEY) == saved.record


def test_what_a_phone_must_do_is_told_after_a_change(phones: Administration, ada: Actor) -> None:
    """RST-01, RST-02: told once, and not for a new phone, nor for what comes into force at once."""
    profile = nonsecure_profile_name("7970", Protocol.SIP)
    phones.records(PhoneSecurityProfile).copy(ada, profile, {"name": "Desk"})
    phones.end_users.add(ada, EndUser("bob"))
    key = "SEP001122AABB00"
    assert phones.phones.add(ada, Phone(key, "7970", Protocol.SIP, profile)).notes == ()
    (note,) = phones.phones.update(ada, key, {"security_profile": "Desk", "web_access": Switch.DISABLED}).notes
    assert note.startswith("Reset this phone")
    assert phones.phones.update(ada, key, {"owner": "bob"}).notes == ()


def test_a_profile_with_digest_and_no_digest_user_is_pointed_out(phones: Administration, ada: Actor) -> None:
    """PSP-14, SIPD-20."""
    phones.records(PhoneSecurityProfile).copy(ada, PROFILE, {"name": "Desk", "digest_authentication": True})
    notes = phones.phones.update(ada, KEY, {"security_profile": "Desk"}).notes
    assert any("Digest User" in note for note in notes)


def test_capf_settings_edited_at_a_phone_choose_a_profile_that_has_them(
    phones: Administration, ada: Actor
) -> None:
    """PSP-10: none is made."""
    profiles = phones.records(PhoneSecurityProfile)
    profiles.copy(ada, PROFILE, {"name": "Long keys", "key_size": 2048})
    before = profiles.find(ada).total
    saved = phones.phones.edit_capf_settings(ada, KEY, key_size=2048)
    assert saved.record.security_profile == "Long keys"
    assert profiles.find(ada).total == before


def test_capf_settings_that_no_profile_has_make_one_for_this_phone_alone(
    phones: Administration, ada: Actor
) -> None:
    """PSP-11: other phones of the former profile are untouched."""
    other = Phone("SEP001122AABB00", "7960", Protocol.SIP, PROFILE)
    phones.phones.add(ada, other)
    mode = CapfAuthenticationMode.AUTHENTICATION_STRING
    saved = phones.phones.edit_capf_settings(ada, KEY, mode, 512)
    made = phones.records(PhoneSecurityProfile).get(ada, saved.record.security_profile)
    assert (made.authentication_mode, made.key_size, made.predefined) == (mode, 512, False)
    assert made.name != PROFILE
    assert any(made.name in note for note in saved.notes)
    assert phones.phones.get(ada, other.key) == other
    again = phones.phones.edit_capf_settings(ada, other.key, mode, 512)
    assert again.record.security_profile == made.name
    back = phones.phones.edit_capf_settings(ada, KEY, CapfAuthenticationMode.NULL_STRING, 1024)
    assert back.record.security_profile == PROFILE


def test_capf_settings_that_cannot_be_are_refused(phones: Administration, ada: Actor) -> None:
    """PSP-26."""
    with pytest.raises(Invalid, match="key_size"):
        phones.phones.edit_capf_settings(ada, KEY, key_size=4096)
    phones.phones.add(ada, Phone("SEP001122AABB00", "7905", Protocol.SIP, ""))
    with pytest.raises(Invalid, match="no such field"):
        phones.phones.edit_capf_settings(ada, "SEP001122AABB00", key_size=2048)
