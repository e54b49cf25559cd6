"""SIP<MAC>.cnf as the 7940 and 7960 read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone.configurations import FLAT
from ringward.domain.secret import Secret
from ringward.phone.configuration import MAX_FILE, Configuration, Member, UnusableConfiguration
from ringward.phone.flat_configuration import read_flat, read_values
from ringward.protocols.sip.flow import Transport


def test_a_file() -> None:
    configuration = read_flat(FLAT)
    assert configuration.members == (Member("192.0.2.1", 5070),)
    assert configuration.transport is Transport.UDP
    (line,) = configuration.lines
    assert (line.number, line.display_name, line.auth_name) == ("1001", "Anna: Reception; main", "anna")
    assert line.auth_password == Secret("s3cret")
    assert configuration.timers.register_expires == 120
    assert (configuration.media.first_port, configuration.media.last_port) == (20000, 20100)
    assert configuration.load_information == "P0S3-08-2-00"
    assert configuration.hardening == (("telnet_level", "0"),)


def test_the_device_file_wins_over_the_default_file() -> None:
    defaults = b"proxy1_port: 5060\nproxy2_address: 192.0.2.2\ntimer_register_expires: 3600\n"
    configuration = read_flat(FLAT, defaults)
    assert configuration.members == (Member("192.0.2.1", 5070), Member("192.0.2.2", 5060))
    assert configuration.timers.register_expires == 120


def test_unprovisioned_credentials_are_none_and_blank_ones_blank() -> None:
    """PHONE-13."""
    before = read_flat(FLAT)
    base = b"proxy1_address: cm\nline1_name: 1001\n"
    absent = read_flat(base + b"line1_password: UNPROVISIONED\n")
    assert absent.lines[0].auth_password is None
    assert absent.keeping_credentials(before).lines[0].auth_password == Secret("s3cret")
    assert read_flat(base + b'line1_password: ""\n').keeping_credentials(before).lines[0].auth_password == Secret(
        ""
    )


def test_credentials_that_came_once_stay_and_are_changed_by_the_next_file_that_has_some() -> None:
    """CFGENC-32, CFGENC-34, CFGENC-35: a first file with credentials, then files that exclude them."""
    base = b"proxy1_address: cm\nline1_name: 1001\n"

    def held(before: Configuration | None, more: bytes = b"") -> Configuration:
        return read_flat(base + more).keeping_credentials(before)

    never = held(None)
    assert never.lines[0].auth_password is None
    first = held(None, b"line1_password: first\n")
    excluded = held(first)
    assert excluded.lines[0].auth_password == Secret("first")
    changed = held(excluded, b"line1_password: second\n")
    assert held(changed).lines[0].auth_password == Secret("second")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "names no call manager"),
        (b"proxy1_address: cm\n", "no line"),
        (b"no colon here\n", "line 1"),
        (b"ok: 1\n: 2\n", "line 2"),
        (b'a: "b" c\n', "line 1"),
        (b"proxy1_address: cm\nproxy1_port: 70000\nline1_name: 1\n", "no port"),
        (b"#" * (MAX_FILE + 1), "longer than"),
        (b"a: " + b"x" * 2000, "line 1"),
    ],
)
def test_what_a_phone_does_not_apply(data: bytes, reason: str) -> None:
    with pytest.raises(UnusableConfiguration, match=reason):
        read_flat(data)


def test_old_files_are_latin_1() -> None:
    assert read_values("line1_displayname: Jürg".encode("latin-1")) == {"line1_displayname": "Jürg"}


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        read_flat(FLAT + data)
    except UnusableConfiguration:
        return
