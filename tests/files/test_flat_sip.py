from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringward.domain.secret import Secret
from ringward.files import flat_sip
from ringward.files.phone_configuration import (
    DefaultConfiguration,
    DigestCredentials,
    PhoneConfiguration,
    PhoneLine,
    Unwritable,
)

PhoneMaker = Callable[..., PhoneConfiguration]
_LINE = re.compile(r'([a-z0-9_]+) : "([^"\x00-\x1f]*)"')


def entries(document: bytes) -> dict[str, str]:
    comment, *lines = document.decode("iso-8859-1").removesuffix("\n").split("\n")
    assert comment.startswith("# ")
    found = [_LINE.fullmatch(line) for line in lines]
    assert None not in found
    pairs = [(match[1], match[2]) for match in found if match is not None]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_servers_lines_and_credentials(make_phone: PhoneMaker) -> None:
    found = entries(flat_sip.build(make_phone("7960")))
    assert found["proxy1_address"] == "192.0.2.10"
    assert found["proxy_backup"] == "cm-sub.example.com"
    assert found["proxy_backup_port"] == "5070"
    assert (found["line2_name"], found["line2_authname"], found["line2_password"]) == ("1002", "alice", "s3cret")


def test_unused_lines_are_emptied_up_to_the_models_last(make_phone: PhoneMaker) -> None:
    found = entries(flat_sip.build(make_phone("7960")))
    assert [found[f"line{n}_name"] for n in range(1, 7)] == ["1001", "1002", "", "", "", ""]
    assert "line3_name" not in entries(flat_sip.build(make_phone("7940")))


def test_excluded_credentials_are_not_named_at_all(make_phone: PhoneMaker) -> None:
    phone = make_phone("7960")
    lines = tuple(replace(line, digest=None) for line in phone.lines)
    found = entries(flat_sip.build(replace(phone, lines=lines)))
    assert not [name for name in found if "auth" in name or name in ("line1_password", "line2_password")]


def test_daylight_saving(make_phone: PhoneMaker, default: DefaultConfiguration) -> None:
    found = entries(flat_sip.build(make_phone("7960")))
    assert (found["time_zone"], found["dst_start_month"], found["dst_stop_month"]) == ("CET", "3", "10")
    assert found["dst_start_week_of_month"] == "8"
    assert entries(flat_sip.build(make_phone("7960", time_zone="Asia/Tokyo")))["dst_auto_adjust"] == "0"
    assert entries(flat_sip.build_default(default))["time_zone"] == "EST"


@pytest.mark.parametrize("wrong", ['a"b', "a\nline2_name: 666", "a\rb", "\u20ac", "a\x00"])
def test_values_that_would_break_the_format_are_refused(wrong: str, make_phone: PhoneMaker) -> None:
    line = PhoneLine(1, "1001", digest=DigestCredentials("alice", Secret(wrong)))
    with pytest.raises(Unwritable) as caught:
        flat_sip.build(make_phone("7960", lines=(line,)))
    assert "line1_password" in str(caught.value)
    assert wrong not in str(caught.value)


ANY_TEXT = st.text(max_size=20)


@given(label=ANY_TEXT, display=ANY_TEXT, user=ANY_TEXT, password=ANY_TEXT)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_text_adds_or_changes_another_entry(
    make_phone: PhoneMaker, label: str, display: str, user: str, password: str
) -> None:
    plain = entries(flat_sip.build(make_phone("7960", lines=(PhoneLine(1, "1001", "l", "d"),))))
    line = PhoneLine(1, "1001", label, display, DigestCredentials(user, Secret(password)))
    try:
        found = entries(flat_sip.build(make_phone("7960", lines=(line,))))
    except Unwritable:
        return
    assert found.pop("line1_authname") == user
    assert found.pop("line1_password") == password
    free = {"line1_shortname", "line1_displayname"}
    assert {name: found[name] for name in found.keys() - free} == {
        name: plain[name] for name in plain.keys() - free
    }
