"""Messages after Save (ADMIN-42)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

from ringward.domain.end_user import EndUser
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_models import THIRD_PARTY_SIP
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.region import Region
from ringward.domain.rules.save_messages import save_messages
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun
from ringward.domain.vocabulary import BuiltInBridge, CapfAuthenticationMode, DeviceSecurityMode, Protocol

N = TypeVar("N", bound=Noun)
SIP, SCCP = Protocol.SIP, Protocol.SCCP
NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode


class Records:
    """A configuration in memory."""

    def __init__(self, *records: Noun) -> None:
        self._records = records

    def find(self, kind: type[N], key: str) -> N | None:
        return next((each for each in self._records if isinstance(each, kind) and each.key == key), None)

    def every(self, kind: type[N]) -> Iterable[N]:
        raise AssertionError("messages must not read the whole configuration")


def profile(model: str = "7961", protocol: Protocol = SIP, **more: Any) -> PhoneSecurityProfile:
    return PhoneSecurityProfile("p", model, protocol, **more).settled()


def phone(model: str = "7961", protocol: Protocol = SIP, name: str = "SEP000000000001", **more: Any) -> Phone:
    return Phone(name, model, protocol, "p", **more)


def messages(record: Noun, *others: Noun, enable: bool = False, sharing: Iterable[Phone] = ()) -> list[str]:
    return list(save_messages(record, Records(*others), built_in_bridge_enable=enable, sharing=sharing))


def test_most_records_need_no_second_look() -> None:
    assert messages(Region("Default")) == []
    assert messages(profile()) == []
    assert messages(phone(), profile()) == []
    assert messages(phone()) == []


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("exclude", [False, True])
@pytest.mark.parametrize("digest", [False, True])
def test_digest_credentials_in_clear_files(digest: bool, exclude: bool, encrypted: bool) -> None:
    """CFGENC-05."""
    record = profile(
        digest_authentication=digest, exclude_digest_credentials=exclude, tftp_encrypted_config=encrypted
    )
    assert len(messages(record)) == int(digest and not exclude and not encrypted)


def test_a_third_party_phone_gets_no_file() -> None:
    assert messages(profile(THIRD_PARTY_SIP, digest_authentication=True)) == []


@pytest.mark.parametrize("mode", DeviceSecurityMode)
@pytest.mark.parametrize("way", CapfAuthenticationMode)
def test_an_authentication_string_with_a_secure_mode(
    mode: DeviceSecurityMode, way: CapfAuthenticationMode
) -> None:
    """CAPF-22, R-29."""
    found = messages(profile(device_security_mode=mode, authentication_mode=way))
    assert len(found) == int(way is CapfAuthenticationMode.AUTHENTICATION_STRING and mode is not NONSECURE)


@pytest.mark.parametrize(
    ("digest_user", "credentials", "count"),
    [(None, "", 1), ("ann", "", 1), ("ann", "secret1", 0), ("gone", "secret1", 1)],
)
def test_digest_without_credentials(digest_user: str | None, credentials: str, count: int) -> None:
    """PSP-14, SIPD-20."""
    user = EndUser("ann", digest_credentials=Secret(credentials))
    found = messages(phone(digest_user=digest_user), profile(digest_authentication=True), user)
    assert len(found) == count
    assert "secret1" not in "".join(found)
    assert messages(phone(digest_user=digest_user), profile(), user) == []


@pytest.mark.parametrize("model", ["7940", "7960", "7961", "7905"])
@pytest.mark.parametrize("mode", DeviceSecurityMode)
@pytest.mark.parametrize("bridge", BuiltInBridge)
@pytest.mark.parametrize("enable", [False, True])
def test_the_barge_message(model: str, mode: DeviceSecurityMode, bridge: BuiltInBridge, enable: bool) -> None:
    """CALL-27 (a), ADMIN-35."""
    record = phone(model, SCCP, built_in_bridge=bridge)
    found = messages(record, PhoneSecurityProfile("p", model, SCCP, device_security_mode=mode), enable=enable)
    is_on = bridge is BuiltInBridge.ON or (bridge is BuiltInBridge.DEFAULT and enable)
    assert len(found) == int(model in ("7940", "7960") and mode is ENCRYPTED and is_on)


@pytest.mark.parametrize("ours", DeviceSecurityMode)
@pytest.mark.parametrize("theirs", DeviceSecurityMode)
def test_a_line_shared_by_phones_of_different_modes(ours: DeviceSecurityMode, theirs: DeviceSecurityMode) -> None:
    """CLUSTER-20."""
    mine = PhoneSecurityProfile("p", "7961", SIP, device_security_mode=ours)
    other_profile = PhoneSecurityProfile("q", "7961", SIP, device_security_mode=theirs)
    line = (PhoneLine(1, "1001"),)
    record = phone(lines=line)
    other = Phone("SEP000000000002", "7961", SIP, "q", lines=line)
    found = messages(record, mine, other_profile, sharing=[record, other])
    assert len(found) == int(ours is not theirs and ENCRYPTED in (ours, theirs))
    assert all("1001" in each and "SEP000000000002" in each for each in found)
    assert messages(phone(lines=(PhoneLine(1, "1002"),)), mine, other_profile, sharing=[other]) == []


def test_a_phone_whose_file_cannot_be_encrypted_is_told_of() -> None:
    """CFGENC-20: flag on, key missing."""
    encrypting = profile("7960", tftp_encrypted_config=True)
    (message,) = messages(phone("7960"), encrypting)
    assert "symmetric-key SEP000000000001" in message
    assert messages(phone("7960", symmetric_key=Secret("5a" * 16)), encrypting) == []
    assert messages(phone("7961"), profile("7961", tftp_encrypted_config=True)) == []
