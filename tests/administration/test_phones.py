from __future__ import annotations

import re

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Invalid, NotAllowed, NotFound, Refused, Unavailable
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import CapfAuthenticationMode, KeySize, Protocol, Switch
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
    """PSP-08, PSP-10: none is made."""
    profiles = phones.records(PhoneSecurityProfile)
    profiles.copy(ada, PROFILE, {"name": "Long keys", "key_size": KeySize.RSA_2048})
    before = profiles.find(ada).total
    saved = phones.phones.edit_capf_settings(ada, KEY, key_size=KeySize.RSA_2048)
    assert saved.record.security_profile == "Long keys"
    assert profiles.find(ada).total == before


def test_capf_settings_that_no_profile_has_make_one_for_this_phone_alone(
    phones: Administration, ada: Actor
) -> None:
    """PSP-11: other phones of the former profile are untouched."""
    other = Phone("SEP001122AABB00", "7960", Protocol.SIP, PROFILE)
    phones.phones.add(ada, other)
    mode = CapfAuthenticationMode.AUTHENTICATION_STRING
    saved = phones.phones.edit_capf_settings(ada, KEY, mode, KeySize.RSA_512)
    made = phones.records(PhoneSecurityProfile).get(ada, saved.record.security_profile)
    assert (made.authentication_mode, made.key_size, made.predefined) == (mode, KeySize.RSA_512, False)
    assert made.name != PROFILE
    assert any(made.name in note for note in saved.notes)
    assert phones.phones.get(ada, other.key) == other
    again = phones.phones.edit_capf_settings(ada, other.key, mode, KeySize.RSA_512)
    assert again.record.security_profile == made.name
    back = phones.phones.edit_capf_settings(ada, KEY, CapfAuthenticationMode.NULL_STRING, KeySize.RSA_1024)
    assert back.record.security_profile == PROFILE


def test_capf_settings_that_cannot_be_are_refused(phones: Administration, ada: Actor) -> None:
    """PSP-26."""
    with pytest.raises(Invalid, match="key_size"):
        phones.phones.edit_capf_settings(ada, KEY, key_size=KeySize.RSA_4096)
    phones.phones.add(ada, Phone("SEP001122AABB00", "7905", Protocol.SIP, ""))
    with pytest.raises(Invalid, match="no such field"):
        phones.phones.edit_capf_settings(ada, "SEP001122AABB00", key_size=KeySize.RSA_2048)


@pytest.mark.parametrize(("model", "digits"), [("7940", 32), ("7960", 32), ("7905", 64), ("7912", 64)])
def test_a_symmetric_key_is_made_in_the_length_of_the_model(
    administration: Administration, ada: Actor, model: str, digits: int
) -> None:
    """CFGENC-13, CFGENC-17, CFGENC-18: it is told once, kept, and new each time; another length is refused."""
    administration.phones.add(ada, Phone(KEY, model, Protocol.SIP, nonsecure_profile_name(model, Protocol.SIP)))
    first, saved = administration.phones.generate_symmetric_key(ada, KEY)
    assert re.fullmatch(rf"[0-9A-F]{{{digits}}}", first.reveal())
    assert any("estart" in note for note in saved.notes)
    second, _ = administration.phones.generate_symmetric_key(ada, KEY)
    assert first != second
    kept = administration.configuration().of(Phone)[KEY].symmetric_key
    assert kept == second
    for wrong in ("A" * (digits - 1), "A" * (digits + 1), "g" * digits):
        with pytest.raises(Invalid, match="symmetric_key") as refusal:
            administration.phones.update(ada, KEY, {"symmetric_key": Secret(wrong)})
        assert wrong not in str(refusal.value)
    assert second.reveal() not in str(administration.audit.find(ada, AuditFilter(noun="phone")))


def test_who_changes_a_symmetric_key_is_warned(administration: Administration, ada: Actor) -> None:
    """CFGENC-19: the first key needs no warning, nor does another change."""
    phones = administration.phones
    phones.add(ada, Phone(KEY, "7960", Protocol.SIP, PROFILE))

    def warned(**changes: object) -> bool:
        return any("symmetric key has changed" in note for note in phones.update(ada, KEY, changes).notes)

    assert not warned(symmetric_key=Secret("5a" * 16))
    assert not warned(description="Lobby")
    assert not warned(symmetric_key=Secret("5a" * 16))
    assert warned(symmetric_key=Secret("a5" * 16))


def test_phones_with_a_key_pair_have_no_symmetric_key(administration: Administration, ada: Actor) -> None:
    """MODEL-08."""
    administration.phones.add(ada, Phone(KEY, "7961", Protocol.SIP, nonsecure_profile_name("7961", Protocol.SIP)))
    with pytest.raises(Refused, match="7961 with SIP is not encrypted with a symmetric key"):
        administration.phones.generate_symmetric_key(ada, KEY)


def test_an_order_to_the_node_is_in_the_log_if_the_node_has_taken_it(
    phones: Administration, ada: Actor, guest: Actor
) -> None:
    """ADMIN-07: reset, restart, and who is traced since when, how and for how long."""
    told: list[str] = []

    def unreachable() -> None:
        raise Unavailable("the node does not run")

    assert phones.phones.reset(ada, KEY, lambda: 2) == 2
    phones.phones.reset(ada, KEY, lambda: told.append("restart"), restart=True)
    phones.phones.trace(ada, KEY, lambda: told.append("begin"), level="messages", seconds=300)
    phones.phones.trace(ada, KEY, lambda: told.append("end"))
    with pytest.raises(Unavailable):
        phones.phones.reset(ada, KEY, unreachable)
    with pytest.raises(Unavailable):
        phones.phones.trace(ada, KEY, unreachable, level="summary", seconds=60)
    with pytest.raises(NotFound):
        phones.phones.reset(ada, "SEP999999999999", lambda: told.append("reset"))
    with pytest.raises(NotAllowed):
        phones.phones.trace(guest, KEY, lambda: told.append("trace"), level="summary", seconds=60)
    assert told == ["restart", "begin", "end"]
    log = phones.audit.find(ada).entries
    assert [(each.permission, each.key, each.outcome.value, dict(each.after)) for each in log[:5]] == [
        ("phone.trace", KEY, "denied", {}),
        ("phone.trace", KEY, "done", {"trace": "ended"}),
        ("phone.trace", KEY, "done", {"trace": "messages", "minutes": "5"}),
        ("phone.reset", KEY, "done", {"order": "restart"}),
        ("phone.reset", KEY, "done", {"order": "reset"}),
    ]


def test_profiles_that_are_made_are_numbered_on(phones: Administration, ada: Actor) -> None:
    """PSP-11."""
    key = phones.phones.find(ada).records[0].key
    first = phones.phones.edit_capf_settings(ada, key, CapfAuthenticationMode.AUTHENTICATION_STRING).record
    second = phones.phones.edit_capf_settings(ada, key, CapfAuthenticationMode.EXISTING_MIC).record
    stem = first.security_profile.removesuffix(" 2")
    assert (first.security_profile, second.security_profile) == (f"{stem} 2", f"{stem} 3")
