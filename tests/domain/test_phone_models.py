"""The capability table against the guide's, row by row (MODEL-01 to MODEL-20)."""

from __future__ import annotations

import pytest

from ringward.domain.phone_models import (
    CAPABILITIES,
    MODELS,
    MODELS_BY_STATION_TYPE,
    THIRD_PARTY_SIP,
    WIDEBAND,
    capability_of,
    protocols_of,
)
from ringward.domain.region import AUDIO_CODECS
from ringward.domain.vocabulary import (
    ConfigurationEncryption,
    DigestSource,
    FileFamily,
    PcVoiceVlanFilter,
    Protocol,
)

SCCP, SIP = Protocol.SCCP, Protocol.SIP
NONE, RC4 = ConfigurationEncryption.NONE, ConfigurationEncryption.MANUAL_RC4
AES, PUBLIC = ConfigurationEncryption.MANUAL_AES, ConfigurationEncryption.PUBLIC_KEY
SMALL, CLASSIC = ("7905", "7912"), ("7940", "7960")
RECENT = ("7821", "7841", "7861", "8841", "8851", "8861")
JAVA = ("7906", "7911", "7941", "7941G-GE", "7961", "7961G-GE", "7970", "7971")

ROWS = [
    # models, protocol, TLS, SRTP, MIC, method, key bits, checks file signature, digest source, encrypted name
    (SMALL, SCCP, False, False, False, NONE, 0, False, DigestSource.NONE, ""),
    (SMALL, SIP, False, False, False, RC4, 256, False, DigestSource.FILE, "LD{mac}.x"),
    (CLASSIC, SCCP, True, True, False, NONE, 0, True, DigestSource.NONE, ""),
    (CLASSIC, SIP, True, False, False, AES, 128, False, DigestSource.FILE_OR_TYPED, "SIP{mac}.cnf.enc.sgn"),
    (JAVA, SIP, True, True, True, PUBLIC, 128, True, DigestSource.FILE, "SIP{mac}.cnf.xml.enc.sgn"),
    (RECENT, SIP, True, True, True, PUBLIC, 128, True, DigestSource.FILE, "SEP{mac}.cnf.xml.enc.sgn"),
    (JAVA, SCCP, True, True, True, PUBLIC, 128, True, DigestSource.NONE, "SEP{mac}.cnf.xml.enc.sgn"),
    ((THIRD_PARTY_SIP,), SIP, False, False, False, NONE, 0, False, DigestSource.TYPED, ""),
]
CELLS = [(model, *row[1:]) for row in ROWS for model in row[0]]


@pytest.mark.parametrize(
    ("model", "protocol", "tls", "srtp", "mic", "method", "bits", "checks", "digest", "name"), CELLS
)
def test_every_cell_of_the_guides_table(
    model: str,
    protocol: Protocol,
    tls: bool,
    srtp: bool,
    mic: bool,
    method: ConfigurationEncryption,
    bits: int,
    checks: bool,
    digest: DigestSource,
    name: str,
) -> None:
    row = CAPABILITIES[model, protocol]
    assert row.tls_signalling is tls
    assert row.srtp is srtp
    assert row.mic is mic
    assert row.configuration_encryption is method
    assert row.key_bits == bits
    assert row.checks_file_signature is checks
    assert row.checks_certificate_signature  # R-62, MODEL-20
    assert row.digest_source is digest
    assert row.encrypted_file_name == name


def test_the_table_has_these_rows_and_no_others() -> None:
    assert set(CAPABILITIES) == {(model, protocol) for model, protocol, *_ in CELLS}
    assert set(MODELS) == {model for model, _ in CAPABILITIES}


def test_the_models_of_the_encrypted_calls() -> None:
    """MODEL-01, MODEL-02."""
    with_srtp = {
        protocol: {model for (model, each), row in CAPABILITIES.items() if row.srtp and each is protocol}
        for protocol in Protocol
    }
    assert with_srtp[SIP] == {*JAVA, *RECENT}
    assert with_srtp[SCCP] == {*JAVA, *CLASSIC}


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("7960", 7),
        ("7940", 8),
        ("7970", 30006),
        ("7971", 119),
        ("7911", 307),
        ("7961", 30018),
        ("7941", 115),
        ("7961G-GE", 308),
        ("7941G-GE", 309),
        ("7906", 369),
        ("7905", 20000),
        ("7912", 30007),
    ],
)
def test_station_types(model: str, code: int) -> None:
    assert MODELS_BY_STATION_TYPE[code] == model
    assert {CAPABILITIES[model, each].station_type for each in protocols_of(model)} == {code}


def test_station_types_are_those_of_all_models_that_have_one() -> None:
    assert set(MODELS_BY_STATION_TYPE.values()) == set(MODELS) - {THIRD_PARTY_SIP, *RECENT}
    assert CAPABILITIES[THIRD_PARTY_SIP, SIP].station_type is None


@pytest.mark.parametrize(
    ("models", "protocol", "family"),
    [
        (SMALL, SCCP, FileFamily.SEP_XML),
        (SMALL, SIP, FileFamily.PROFILE_TEXT),
        (CLASSIC, SCCP, FileFamily.SEP_XML),
        (CLASSIC, SIP, FileFamily.SIP_FLAT),
        (JAVA, SCCP, FileFamily.SEP_XML),
        (JAVA, SIP, FileFamily.SEP_XML),
        (RECENT, SIP, FileFamily.SEP_XML),
        ((THIRD_PARTY_SIP,), SIP, FileFamily.NONE),
    ],
)
def test_file_families(models: tuple[str, ...], protocol: Protocol, family: FileFamily) -> None:
    assert {CAPABILITIES[model, protocol].file_family for model in models} == {family}


@pytest.mark.parametrize(
    ("lines", "models"),
    [
        (1, ("7905", "7906", "7911", "7912")),
        (2, ("7821", "7940", "7941", "7941G-GE")),
        (4, ("7841",)),
        (6, ("7960", "7961", "7961G-GE")),
        (8, ("7970", "7971", THIRD_PARTY_SIP)),
        (10, ("8841", "8851", "8861")),
        (16, ("7861",)),
    ],
)
def test_line_buttons(lines: int, models: tuple[str, ...]) -> None:
    found = {model for (model, _), row in CAPABILITIES.items() if row.max_lines == lines}
    assert found == set(models)


def test_only_the_7940_and_7960_have_trouble_with_bridge_and_wideband() -> None:
    """MODEL-13, MODEL-14."""
    for (model, _), row in CAPABILITIES.items():
        assert row.bridge_when_encrypted is (model not in CLASSIC)
        assert row.wideband_when_encrypted is (model not in CLASSIC)
        assert (WIDEBAND in row.codecs) is (model in CLASSIC)


PC_PORT = {"pc_port", "settings_access", "gratuitous_arp", "web_access"}
EVERYTHING = PC_PORT | {"pc_voice_vlan_access"}


@pytest.mark.parametrize(
    ("model", "protocol", "fields", "vlan"),
    [
        ("7905", SCCP, PC_PORT - {"pc_port"}, PcVoiceVlanFilter.NOT_POSSIBLE),
        ("7912", SCCP, PC_PORT, PcVoiceVlanFilter.NOT_POSSIBLE),  # HARD-10
        ("7905", SIP, set(), PcVoiceVlanFilter.NOT_POSSIBLE),
        ("7912", SIP, set(), PcVoiceVlanFilter.NOT_POSSIBLE),
        ("7940", SCCP, EVERYTHING, PcVoiceVlanFilter.VOICE_VLAN),  # HARD-08
        ("7960", SCCP, EVERYTHING, PcVoiceVlanFilter.VOICE_VLAN),
        ("7940", SIP, set(), PcVoiceVlanFilter.NOT_POSSIBLE),
        ("7960", SIP, set(), PcVoiceVlanFilter.NOT_POSSIBLE),
        ("7906", SCCP, PC_PORT - {"pc_port"}, PcVoiceVlanFilter.NOT_POSSIBLE),
        ("7906", SIP, PC_PORT - {"pc_port"}, PcVoiceVlanFilter.NOT_POSSIBLE),
        *[
            (model, protocol, EVERYTHING, PcVoiceVlanFilter.ALL_TAGGED)  # HARD-09
            for model in JAVA
            if model != "7906"
            for protocol in Protocol
        ],
        (THIRD_PARTY_SIP, SIP, set(), PcVoiceVlanFilter.NOT_POSSIBLE),
    ],
)
def test_hardening(model: str, protocol: Protocol, fields: set[str], vlan: PcVoiceVlanFilter) -> None:
    assert CAPABILITIES[model, protocol].hardening == fields
    assert CAPABILITIES[model, protocol].pc_voice_vlan_filter is vlan


def test_codecs_are_named_as_in_regions() -> None:
    for row in CAPABILITIES.values():
        assert set(row.codecs) <= set(AUDIO_CODECS)


def test_who_is_third_party() -> None:
    """MODEL-15."""
    assert [model for (model, _), row in CAPABILITIES.items() if row.is_third_party] == [THIRD_PARTY_SIP]
    assert protocols_of(THIRD_PARTY_SIP) == (SIP,)
    assert capability_of(THIRD_PARTY_SIP, SCCP) is None
    assert capability_of("7999", SIP) is None
    assert protocols_of("7999") == ()
