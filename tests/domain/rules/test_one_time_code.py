from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from ringward.domain.rules.one_time_code import (
    STEP,
    accepted_step,
    code_of,
    is_code,
    key_address,
    key_text,
    step_at,
)

KEY = b"12345678901234567890"
"""The key of the test vectors of both RFCs."""


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (0, "755224"),
        (1, "287082"),
        (2, "359152"),
        (3, "969429"),
        (4, "338314"),
        (5, "254676"),
        (6, "287922"),
        (7, "162583"),
        (8, "399871"),
        (9, "520489"),
    ],
)
def test_codes_are_those_of_rfc_4226_appendix_d(step: int, code: str) -> None:
    assert code_of(KEY, step) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    """The RFC prints eight digits; six are the last six of them."""
    assert code_of(KEY, step_at(seconds * 1000)) == code[-6:]
    assert accepted_step(KEY, code[-6:], seconds * 1000, -1) == seconds // STEP


def test_a_code_is_taken_a_step_early_and_a_step_late_and_no_other_time() -> None:
    moment = 1_000_000 * STEP * 1000
    accepted = [accepted_step(KEY, code_of(KEY, 1_000_000 + drift), moment, -1) for drift in (-2, -1, 0, 1, 2)]
    assert accepted == [None, 999_999, 1_000_000, 1_000_001, None]


def test_no_code_is_taken_twice_nor_one_older_than_the_last() -> None:
    """RFC 6238 section 5.2."""
    moment = 1_000_000 * STEP * 1000
    code, before = code_of(KEY, 1_000_000), code_of(KEY, 999_999)
    assert accepted_step(KEY, code, moment, 999_999) == 1_000_000
    assert accepted_step(KEY, code, moment, 1_000_000) is None
    assert accepted_step(KEY, before, moment, 1_000_000) is None


@pytest.mark.parametrize("code", ["", "0", "000000", "75522", "7552244", "٧٥٥٢٢٤", "75522é"])
def test_what_is_no_code_of_the_moment_is_refused(code: str) -> None:
    assert accepted_step(KEY, code, 0, -1) is None
    assert is_code(code) is (code == "000000")


def test_the_key_is_written_for_people_and_for_cameras() -> None:
    assert key_text(KEY) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    address = urlsplit(key_address(KEY, "ada@node 1", "Ringward"))
    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/Ringward:ada@node%201")
    assert parse_qs(address.query) == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["Ringward"]}
