"""Names, methods and keys of encrypted configuration files: every row (MODEL-06 to MODEL-09, CFGENC-11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.phone_models import CAPABILITIES, THIRD_PARTY_SIP, PhoneCapability
from ringward.domain.rules.configuration_encryption import (
    carries_digest_credentials,
    encrypted_file_name,
    has_manual_key,
    is_symmetric_key,
    method_in_effect,
)
from ringward.domain.vocabulary import ClusterSecurityMode, ConfigurationEncryption, Protocol

SCCP, SIP = Protocol.SCCP, Protocol.SIP
JAVA = ("7906", "7911", "7941", "7941G-GE", "7961", "7961G-GE", "7970", "7971")
ALL_ROWS = pytest.mark.parametrize(
    "row", CAPABILITIES.values(), ids=lambda row: f"{row.model} {row.protocol.value}"
)


@ALL_ROWS
@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize("cluster", ClusterSecurityMode)
def test_method_in_effect(row: PhoneCapability, flag: bool, cluster: ClusterSecurityMode) -> None:
    """CFGENC-08, CFGENC-02, CFGENC-03: only in a mixed cluster, only with the flag."""
    on = flag and cluster is ClusterSecurityMode.MIXED
    expected = row.configuration_encryption if on else ConfigurationEncryption.NONE
    assert method_in_effect(flag, cluster, row) is expected


@pytest.mark.parametrize(
    ("model", "protocol", "name"),
    [
        ("7905", SIP, "LD001122AABBCC.x"),
        ("7912", SIP, "LD001122AABBCC.x"),
        ("7940", SIP, "SIP001122AABBCC.cnf.enc.sgn"),
        ("7960", SIP, "SIP001122AABBCC.cnf.enc.sgn"),
        *[(model, SIP, "SIP001122AABBCC.cnf.xml.enc.sgn") for model in JAVA],
        *[(model, SCCP, "SEP001122AABBCC.cnf.xml.enc.sgn") for model in JAVA],
        *[(model, SCCP, None) for model in ("7905", "7912", "7940", "7960")],
        (THIRD_PARTY_SIP, SIP, None),
    ],
)
def test_names_as_printed(model: str, protocol: Protocol, name: str | None) -> None:
    """CFGENC-11, R-27."""
    assert encrypted_file_name(CAPABILITIES[model, protocol], "SEP001122AABBCC") == name


def test_a_wrong_device_name_has_no_file() -> None:
    with pytest.raises(ValueError, match="not a device name"):
        encrypted_file_name(CAPABILITIES["7961", SIP], "../../etc/passwd")


@ALL_ROWS
@pytest.mark.parametrize("digits", [0, 1, 31, 32, 33, 63, 64, 65])
def test_a_symmetric_key_has_exactly_the_models_length(row: PhoneCapability, digits: int) -> None:
    """CFGENC-17, ADMIN-43."""
    wanted = {"7905": 64, "7912": 64, "7940": 32, "7960": 32}.get(row.model) if row.protocol is SIP else None
    assert has_manual_key(row) is (wanted is not None)
    assert is_symmetric_key(row, "aF"[digits % 2] * digits) is (digits == wanted)


@given(st.text(min_size=32, max_size=32))
def test_a_symmetric_key_is_hexadecimal(text: str) -> None:
    row = CAPABILITIES["7960", SIP]
    assert is_symmetric_key(row, text) is all(char in "0123456789abcdefABCDEF" for char in text)
    assert not is_symmetric_key(row, "g" * 32)


@ALL_ROWS
@pytest.mark.parametrize("digest", [False, True])
@pytest.mark.parametrize("exclude", [False, True])
def test_who_gets_digest_credentials_by_file(row: PhoneCapability, digest: bool, exclude: bool) -> None:
    """MODEL-12, SIPD-19, R-26; CFGENC-33: the exclude flag wins on every SIP model."""
    by_file = row.protocol is SIP and row.model != THIRD_PARTY_SIP
    carried = carries_digest_credentials(row, digest_authentication=digest, exclude_digest_credentials=exclude)
    assert carried is (by_file and digest and not exclude)
