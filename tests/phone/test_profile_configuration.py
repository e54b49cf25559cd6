"""The profile of a 7905 or 7912 in its text form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone.configurations import PROFILE
from ringward.domain.secret import Secret
from ringward.phone.configuration import MAX_FILE, Member, UnusableConfiguration
from ringward.phone.profile_configuration import read_profile
from ringward.protocols.sip.flow import Transport


def test_a_profile() -> None:
    configuration = read_profile(PROFILE)
    assert configuration.members == (Member("192.0.2.1", 5070),)
    assert (configuration.transport, configuration.signalling_port) == (Transport.UDP, 5062)
    (line,) = configuration.lines
    assert (line.number, line.auth_name, line.auth_password) == ("1001", "anna", Secret("s3cret"))


def test_a_profile_without_credentials_says_nothing_of_them() -> None:
    """PHONE-13."""
    (line,) = read_profile(b"#txt\nProxy:cm:5060\nUID:1001\n").lines
    assert (line.auth_name, line.auth_password) == (None, None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not begin with #txt"),
        (b"Proxy:cm:5060\nUID:1\n", "does not begin with #txt"),
        (b"#txt\nUID:1\n", "names no call manager"),
        (b"#txt\nProxy:cm:5060\n", "no line"),
        (b"#txt\nProxy:cm:0\nUID:1\n", "no port"),
        (b"#txt\nProxy:cm:655359\nUID:1\n", "no port"),
        (b"#txt\nnothing\n", "line 2"),
        (b"#txt\nUID:\xc3\xa4\n", "not in ASCII"),
        (b"#" * (MAX_FILE + 1), "longer than"),
        (b"#txt\nUID:" + b"1" * 2000, "line 2"),
    ],
)
def test_what_a_phone_does_not_apply(data: bytes, reason: str) -> None:
    with pytest.raises(UnusableConfiguration, match=reason):
        read_profile(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        read_profile(PROFILE + data)
    except UnusableConfiguration:
        return
