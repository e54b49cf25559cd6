"""Phones and their lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from ringward.domain.partition import NO_PARTITION
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_models import CAPABILITIES, THIRD_PARTY_SIP
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name, nonsecure_profiles
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, record_errors, references_of, settings_of
from ringward.domain.vocabulary import BuiltInBridge, Protocol, SettingsAccess, Switch

SCCP, SIP = Protocol.SCCP, Protocol.SIP
N = TypeVar("N", bound=Noun)


class Records:
    """A configuration in memory."""

    def __init__(self, *records: Noun) -> None:
        self._records = records

    def find(self, kind: type[N], key: str) -> N | None:
        return next((each for each in self.every(kind) if each.key == key), None)

    def every(self, kind: type[N]) -> Iterable[N]:
        return [each for each in self._records if isinstance(each, kind)]


def phone(model: str = "7961", protocol: Protocol = SIP, **more: object) -> Phone:
    name = nonsecure_profile_name(model, protocol)
    return Phone("SEP001122334455", model, protocol, name, **more)  # type: ignore[arg-type]


def broken(record: Phone) -> list[str]:
    return [error.field for error in record_errors(record)]


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
def test_the_simplest_phone_of_every_model_is_valid(model: str, protocol: Protocol) -> None:
    record = phone(model, protocol, lines=(PhoneLine(1, "1001"),))
    assert broken(record.settled()) == []
    assert list(record.cross_errors(Records(*nonsecure_profiles()))) == []


def test_a_hardware_address_becomes_the_device_name() -> None:
    record = replace(phone(), device_name="00:1a:2b:3c:4d:5e").settled()
    assert record.device_name == record.key == "SEP001A2B3C4D5E"
    assert replace(phone(), device_name="nonsense").settled().device_name == "nonsense"


@pytest.mark.parametrize(
    "name", ["", "SEP00112233445", "SEP0011223344556", "SEP00112233445G", "sep001122334455", "x"]
)
def test_other_device_names_are_refused(name: str) -> None:
    assert broken(replace(phone(), device_name=name)) == ["device_name"]


def test_a_phone_must_have_a_profile() -> None:
    """PSP-03."""
    assert broken(replace(phone(), security_profile="")) == ["security_profile"]


@pytest.mark.parametrize("other", nonsecure_profiles(), ids=lambda each: each.name)
def test_the_profile_must_be_for_the_phones_model_and_protocol(other: PhoneSecurityProfile) -> None:
    """PSP-13."""
    record = replace(phone("7970", SIP), security_profile=other.name)
    errors = [error.field for error in record.cross_errors(Records(*nonsecure_profiles()))]
    assert errors == ([] if (other.model, other.protocol) == ("7970", SIP) else ["security_profile"])


def test_a_protocol_that_the_model_has_not_is_refused() -> None:
    assert broken(phone(THIRD_PARTY_SIP, SCCP)) == ["protocol"]


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
def test_a_model_has_so_many_line_buttons(model: str, protocol: Protocol) -> None:
    most = CAPABILITIES[model, protocol].max_lines
    full = phone(model, protocol, lines=tuple(PhoneLine(each, f"10{each}") for each in range(1, most + 1)))
    assert broken(full) == []
    if most < 8:
        more = replace(full, lines=(*full.lines, PhoneLine(most + 1, "1099")))
        assert broken(more) == [f"lines[{most + 1}].button"]


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        ((PhoneLine(1, "1001"), PhoneLine(1, "1002")), ["lines[2].button"]),
        ((PhoneLine(1, "1001"), PhoneLine(2, "1001")), ["lines[2].directory_number"]),
        ((PhoneLine(1, "1001"), PhoneLine(2, "1001/Staff")), []),
        ((PhoneLine(1, ""),), ["lines[1].directory_number"]),
        ((PhoneLine(0, "1001"),), ["lines[1].button"]),
        ((PhoneLine(1, "1001", max_calls=0),), ["lines[1].max_calls"]),
        ((PhoneLine(1, "1001", max_calls=201),), ["lines[1].max_calls"]),
        ((PhoneLine(1, "1001", max_calls=2, busy_trigger=3),), ["lines[1].busy_trigger"]),
        ((PhoneLine(1, "1001", max_calls=1, busy_trigger=1),), []),
        ((PhoneLine(1, "1001", label="x" * 31),), ["lines[1].label"]),
    ],
)
def test_lines(lines: tuple[PhoneLine, ...], fields: list[str]) -> None:
    assert broken(phone(lines=lines)) == fields


def test_a_line_tells_number_and_partition() -> None:
    assert (PhoneLine(1, "1001").number, PhoneLine(1, "1001").partition) == ("1001", NO_PARTITION)
    assert (PhoneLine(1, "1001/Staff").number, PhoneLine(1, "1001/Staff").partition) == ("1001", "Staff")
    assert PhoneLine(1, "1001").max_calls == 4
    assert PhoneLine(1, "1001").busy_trigger == 2


OTHER_VALUES: dict[str, Any] = {
    "digest_user": "ann",
    "load_information": "SIP41.8-0-2",
    "built_in_bridge": BuiltInBridge.ON,
    "phone_password": Secret("1234"),
    "pc_port": Switch.DISABLED,
    "settings_access": SettingsAccess.RESTRICTED,
    "gratuitous_arp": Switch.DISABLED,
    "pc_voice_vlan_access": Switch.DISABLED,
    "web_access": Switch.DISABLED,
}
HARDENING = ("pc_port", "settings_access", "gratuitous_arp", "pc_voice_vlan_access", "web_access")


def has_field(model: str, protocol: Protocol, field: str) -> bool:
    """Which phone has which field, written down a second time."""
    java = model[:4] in ("7906", "7911", "7941", "7961", "7970", "7971") or model[:2] in ("78", "88")
    classic = model in ("7940", "7960")
    if field == "digest_user":
        return protocol is SIP
    if field == "load_information":
        return model != THIRD_PARTY_SIP
    if field == "built_in_bridge":
        return java or classic
    if field == "phone_password":
        return java or (protocol is SIP and model != THIRD_PARTY_SIP)
    if not java and (protocol is SIP):
        return False
    if field == "pc_port":
        return model not in ("7905", "7906")
    if field == "pc_voice_vlan_access":
        return model not in ("7905", "7906", "7912")
    return True


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
@pytest.mark.parametrize("field", OTHER_VALUES)
def test_only_what_the_model_can_do_can_be_set(model: str, protocol: Protocol, field: str) -> None:
    """SYS-10, HARD-01, HARD-10, HARD-14, MODEL-15."""
    record = replace(phone(model, protocol), **{field: OTHER_VALUES[field]})
    assert broken(record) == ([] if has_field(model, protocol, field) else [field])


def test_hardening_is_off_until_it_is_wanted() -> None:
    """HARD-02, HARD-06, HARD-11, HARD-14."""
    record = phone()
    assert {getattr(record, name).value for name in HARDENING} == {"Enabled"}


def test_only_settings_access_can_be_restricted() -> None:
    """HARD-16, R-40."""
    assert [each.value for each in SettingsAccess] == ["Enabled", "Disabled", "Restricted"]
    assert [each.value for each in Switch] == ["Enabled", "Disabled"]


@pytest.mark.parametrize("password", ["with space", "", "ü", "a" * 32])
def test_a_phone_password_can_be_typed_on_a_phone(password: str) -> None:
    """HARD-17."""
    assert broken(phone(phone_password=Secret(password))) == ([] if password == "" else ["phone_password"])


@pytest.mark.parametrize(("model", "digits"), [("7912", 64), ("7960", 32)])
def test_a_key_of_zeros_is_none(model: str, digits: int) -> None:
    """CFGENC-21: entered at the phone it erases the key, and what it encrypts everybody can read."""
    assert broken(replace(phone(model), symmetric_key=Secret("0" * digits))) == ["symmetric_key"]
    assert broken(replace(phone(model), symmetric_key=Secret("0" * (digits - 1) + "1"))) == []


def test_a_phone_names_everything_it_uses() -> None:
    record = phone(
        calling_search_space="Staff", owner="ann", digest_user="bob", lines=(PhoneLine(1, "1001/Staff"),)
    )
    assert [(each.noun, each.key) for each in references_of(record)] == [
        ("phone-security-profile", record.security_profile),
        ("device-pool", "Default"),
        ("calling-search-space", "Staff"),
        ("end-user", "ann"),
        ("end-user", "bob"),
        ("directory-number", "1001/Staff"),
    ]


def test_no_field_of_a_phone_is_a_secret_in_clear() -> None:
    secrets = [item.name for item in settings_of(Phone) if item.setting.secret]
    assert secrets == ["authentication_string", "phone_password", "symmetric_key"]
    assert "1234" not in repr(phone(phone_password=Secret("1234")))
