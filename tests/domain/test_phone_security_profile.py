"""The phone security profile: which fields it has, what they hold, what locks the transport (PSP-16 to PSP-30)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ringward.domain.phone_models import CAPABILITIES, THIRD_PARTY_SIP
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.setting import record_errors, settings_of
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    DeviceSecurityMode,
    KeySize,
    Protocol,
    TransportType,
)

SCCP, SIP = Protocol.SCCP, Protocol.SIP
GENERAL = {"name", "model", "protocol", "description", "predefined"}
CAPF = {"authentication_mode", "key_size"}
SIP_ONLY = {"transport_type", "digest_authentication", "nonce_validity_time", "sip_phone_port"}
MODE, CONFIG, EXCLUDE = "device_security_mode", "tftp_encrypted_config", "exclude_digest_credentials"


GUIDES = [key for key, row in CAPABILITIES.items() if row.tls_signalling and row.station_type is not None]
"""Models of the guide that can hold a certificate."""


def profile(model: str = "7961", protocol: Protocol = SIP, **more: object) -> PhoneSecurityProfile:
    return PhoneSecurityProfile(f"{model} test", model, protocol, **more)  # type: ignore[arg-type]


def broken(record: PhoneSecurityProfile) -> list[str]:
    return [error.field for error in record_errors(record)]


def fields_of(model: str, protocol: Protocol) -> set[str]:
    if model == THIRD_PARTY_SIP:
        return GENERAL | SIP_ONLY  # MODEL-15
    if model in ("7905", "7912"):
        return GENERAL if protocol is SCCP else GENERAL | SIP_ONLY | {CONFIG, EXCLUDE}
    fields = GENERAL | CAPF | {MODE}
    if protocol is SIP:
        return fields | SIP_ONLY | {CONFIG, EXCLUDE}
    return fields if model in ("7940", "7960") else fields | {CONFIG}  # MODEL-09


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
def test_only_the_fields_that_model_and_protocol_support(model: str, protocol: Protocol) -> None:
    """PSP-04, PSP-30, SYS-06, MODEL-09, MODEL-15: the whole field set of every profile type."""
    record = profile(model, protocol)
    offered = {item.name for item in settings_of(PhoneSecurityProfile) if item.setting.applies_to(record)}
    assert offered == fields_of(model, protocol)


OTHER_VALUES: dict[str, Any] = {
    MODE: DeviceSecurityMode.ENCRYPTED,
    "transport_type": TransportType.UDP,
    "digest_authentication": True,
    "nonce_validity_time": 60,
    CONFIG: True,
    EXCLUDE: True,
    "authentication_mode": CapfAuthenticationMode.AUTHENTICATION_STRING,
    "key_size": KeySize.RSA_2048,
    "sip_phone_port": 5070,
}


@pytest.mark.parametrize(("model", "protocol"), CAPABILITIES)
@pytest.mark.parametrize("field", OTHER_VALUES)
def test_a_field_that_does_not_apply_cannot_be_set(model: str, protocol: Protocol, field: str) -> None:
    """SYS-10: also not by a crafted request."""
    record = replace(profile(model, protocol).settled(), **{field: OTHER_VALUES[field]}).settled()
    assert (field in broken(record)) is (field not in fields_of(model, protocol))


def test_presets() -> None:
    record = profile()
    assert record.nonce_validity_time == 600  # PSP-18
    assert record.key_size is KeySize.RSA_1024  # PSP-26
    assert record.sip_phone_port == 5060  # PSP-28
    assert record.device_security_mode is DeviceSecurityMode.NONSECURE
    assert not record.tftp_encrypted_config  # PSP-24, CFGENC-04
    assert not record.digest_authentication
    assert not record.predefined


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        *[({"key_size": size}, []) for size in (KeySize.RSA_512, KeySize.RSA_1024, KeySize.RSA_2048)],  # PSP-26
        *[({"key_size": size}, ["key_size"]) for size in (1024, "1024", KeySize.RSA_4096, KeySize.EC_256)],
        ({"nonce_validity_time": 0}, ["nonce_validity_time"]),
        ({"nonce_validity_time": 86401}, ["nonce_validity_time"]),
        ({"sip_phone_port": 1023}, ["sip_phone_port"]),
        ({"sip_phone_port": 65536}, ["sip_phone_port"]),
        ({"name": ""}, ["name"]),
        ({"name": "a" * 65}, ["name"]),
        ({"model": "7999"}, ["model"]),
    ],
)
def test_limits(change: dict[str, object], fields: list[str]) -> None:
    assert [each for each in broken(replace(profile(), **change)) if each in change] == fields  # type: ignore[arg-type]


@pytest.mark.parametrize(("model", "protocol"), GUIDES)
def test_the_key_sizes_of_the_guides_phones_are_exactly_three_with_1024_preset(
    model: str, protocol: Protocol
) -> None:
    """PSP-26."""
    (item,) = [item for item in settings_of(PhoneSecurityProfile) if item.name == "key_size"]
    record = profile(model, protocol)
    assert sorted(each.bits for each in item.choices_for(record)) == [512, 1024, 2048]
    assert item.default is record.settled().key_size is KeySize.RSA_1024
    assert item.allowed(record) == "1024, 512, 2048"


RECENT = ("7821", "7841", "7861", "8841", "8851", "8861")


@pytest.mark.parametrize("model", RECENT)
def test_newer_phones_make_longer_keys_and_those_on_elliptic_curves(model: str) -> None:
    """SYS-10, MODEL-17: which keys there are, is data of the model; what is too short for one is not offered."""
    (item,) = [item for item in settings_of(PhoneSecurityProfile) if item.name == "key_size"]
    assert profile(model).settled().key_size is KeySize.RSA_2048
    sizes = item.choices_for(profile(model))
    assert [each.value for each in sizes] == ["2048", "3072", "4096", "EC-256", "EC-384", "EC-521"]
    for size in KeySize:
        record = replace(profile(model), key_size=size)
        assert broken(record) == ([] if size in sizes else ["key_size"])


@pytest.mark.parametrize("size", KeySize)
def test_an_encrypted_file_wants_a_key_that_can_open_it(size: KeySize) -> None:
    """CFGENC-25: the key of the file is wrapped with the phone's, and only RSA can do that."""
    record = profile("8841", tftp_encrypted_config=True, key_size=size).settled()
    errors = {error.field: error.allowed for error in record_errors(record)}
    if size.is_elliptic:
        assert errors == {
            "key_size": "2048, 3072, 4096, since TFTP Encrypted Config is on and an EC key cannot open an "
            "encrypted file"
        }
    else:
        assert not errors or size is KeySize.RSA_512


def test_the_authentication_modes_are_the_guides_four() -> None:
    """PSP-27."""
    assert [mode.value for mode in CapfAuthenticationMode] == [
        "By Authentication String",
        "By Null String",
        "By Existing Certificate (Precedence to LSC)",
        "By Existing Certificate (Precedence to MIC)",
    ]


@pytest.mark.parametrize("mode", [DeviceSecurityMode.AUTHENTICATED, DeviceSecurityMode.ENCRYPTED])
@pytest.mark.parametrize("transport", TransportType)
def test_a_secure_mode_sets_tls_and_locks_it(mode: DeviceSecurityMode, transport: TransportType) -> None:
    """PSP-22."""
    record = profile(device_security_mode=mode, transport_type=transport).settled()
    assert record.transport_type is TransportType.TLS
    assert record.transport_choices == (TransportType.TLS,)
    assert broken(record) == []


@pytest.mark.parametrize("transport", TransportType)
def test_without_a_secure_mode_tls_cannot_be_chosen(transport: TransportType) -> None:
    """PSP-22."""
    record = profile(transport_type=transport).settled()
    assert record.transport_type is transport
    assert broken(record) == (["transport_type"] if transport is TransportType.TLS else [])


@pytest.mark.parametrize("model", ["7905", "7912"])
@pytest.mark.parametrize("transport", TransportType)
def test_where_the_mode_cannot_be_set_the_transport_is_udp(model: str, transport: TransportType) -> None:
    """MODEL-16."""
    record = profile(model, transport_type=transport).settled()
    assert record.transport_type is TransportType.UDP
    assert record.transport_choices == (TransportType.UDP,)
    assert broken(record) == []


@pytest.mark.parametrize("transport", TransportType)
def test_a_third_party_phone_may_come_by_udp_and_by_tcp(transport: TransportType) -> None:
    record = profile(THIRD_PARTY_SIP, transport_type=transport).settled()
    assert record.transport_choices == (TransportType.TCP_UDP, TransportType.TCP, TransportType.UDP)
    assert broken(record) == (["transport_type"] if transport is TransportType.TLS else [])


def test_sccp_has_no_transport_to_choose() -> None:
    record = profile("7961", SCCP, device_security_mode=DeviceSecurityMode.ENCRYPTED)
    assert record.settled() == record
    assert record.transport_choices == ()
    assert broken(record) == []


def test_a_protocol_that_the_model_has_not_is_refused() -> None:
    assert "protocol" in broken(profile(THIRD_PARTY_SIP, SCCP))
