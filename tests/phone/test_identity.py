"""What people type for a phone, and the names that follow from it."""

from __future__ import annotations

import pytest

from ringward.domain.errors import Invalid
from ringward.phone.identity import FileFamily, identify


@pytest.mark.parametrize(
    "name", ["SEP00112233AABB", "00112233aabb", "00:11:22:33:aa:bb", "0011.2233.AABB", " sep00-11-22-33-aa-bb "]
)
def test_names(name: str) -> None:
    identity = identify(name, "7970")
    assert identity.device_name == "SEP00112233AABB"
    assert identity.instance == "urn:uuid:00000000-0000-0000-0000-00112233aabb"
    assert identity.user_agent == "Ringward-Phone/0.1 (7970)"


@pytest.mark.parametrize("name", ["", "SEP", "SEP0011", "SEP00112233AABBCC", "SEP00112233AAXX", "../etc/passwd"])
def test_what_is_no_phone(name: str) -> None:
    with pytest.raises(Invalid, match="12 hexadecimal digits"):
        identify(name)


def test_a_model_cannot_smuggle_a_header_line() -> None:
    with pytest.raises(Invalid, match="model"):
        identify("001122334455", "7960\r\nVia: x")


def test_file_family() -> None:
    assert identify("001122334455", "7912").file_family is FileFamily.PROFILE
    assert identify("001122334455", "7960").file_family is FileFamily.FLAT
    assert identify("001122334455", "7961").file_family is FileFamily.XML
