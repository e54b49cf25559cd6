"""Device names and hardware addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.rules.device_name import DEVICE_NAME, device_name_of, hardware_address


@pytest.mark.parametrize(
    "text",
    [
        "SEP001122AABBCC",
        "sep001122aabbcc",
        "001122AABBCC",
        "00:11:22:aa:bb:cc",
        "00-11-22-AA-BB-CC",
        "0011.22aa.bbcc",
        " 001122aabbcc ",
    ],
)
def test_all_notations_name_the_same_device(text: str) -> None:
    assert device_name_of(text) == "SEP001122AABBCC"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SEP",
        "SEP001122AABBC",
        "001122AABBCCD",
        "00:11:22:aa:bb",
        "00112.2aa.bbcc",
        "001122AABBCG",
        "SIPSEP",
        "SEPSEP001122AABBCC",
        "٠٠١١٢٢AABBCC",
    ],
)
def test_other_texts_name_none(text: str) -> None:
    assert device_name_of(text) is None


@given(st.binary(min_size=6, max_size=6), st.sampled_from(("", ":", "-")))
def test_an_address_comes_back_from_its_name(address: bytes, separator: str) -> None:
    name = device_name_of(address.hex(separator) if separator else address.hex())
    assert name is not None
    assert DEVICE_NAME.fullmatch(name)
    assert bytes.fromhex(hardware_address(name)) == address
    assert hardware_address(name) == address.hex().upper()


@pytest.mark.parametrize("name", ["", "001122AABBCC", "sep001122aabbcc", "SEP001122AABBCC\n"])
def test_only_device_names_have_an_address(name: str) -> None:
    with pytest.raises(ValueError, match="not a device name"):
        hardware_address(name)


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    name = device_name_of(text)
    assert name is None or DEVICE_NAME.fullmatch(name)
