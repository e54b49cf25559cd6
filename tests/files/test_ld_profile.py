from __future__ import annotations

from collections.abc import Callable

import pytest

from ringward.domain.secret import Secret
from ringward.files import ld_profile
from ringward.files.phone_configuration import DigestCredentials, PhoneConfiguration, PhoneLine, Unwritable

PhoneMaker = Callable[..., PhoneConfiguration]


def test_names() -> None:
    assert ld_profile.profile_name("7905", "00112233AABB") == "ld00112233aabb"
    assert ld_profile.profile_name("7912", "00112233AABB") == "gk00112233aabb"
    with pytest.raises(KeyError):
        ld_profile.profile_name("7960", "00112233AABB")


def test_the_text_form_says_so_first(make_phone: PhoneMaker) -> None:
    assert ld_profile.build(make_phone("7905")).startswith(b"#txt\n")


def test_a_phone_without_a_line_has_its_number_emptied(make_phone: PhoneMaker) -> None:
    assert b"\nUID:\n" in ld_profile.build(make_phone("7905", lines=()))


def test_credentials_only_where_due(make_phone: PhoneMaker) -> None:
    document = ld_profile.build(make_phone("7905", lines=(PhoneLine(1, "1001"),)))
    assert b"PWD" not in document
    assert b"LoginID" not in document


@pytest.mark.parametrize("wrong", ["a\nPWD:x", "\u00e4", " a", "#a", "a\x7f"])
def test_values_that_would_break_the_format_are_refused(wrong: str, make_phone: PhoneMaker) -> None:
    line = PhoneLine(1, "1001", digest=DigestCredentials("alice", Secret(wrong)))
    with pytest.raises(Unwritable):
        ld_profile.build(make_phone("7905", lines=(line,)))
