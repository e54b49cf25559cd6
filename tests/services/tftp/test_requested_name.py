from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.services.tftp.requested_name import MAX_NAME, objection


@pytest.mark.parametrize(
    "name",
    [
        "SEP001122334455.cnf.xml",
        "English_United_States/7960-tones.xml",
        "Desktops/320x212x12/List.xml",
        "P0S3-08-2-00.loads",
        "jar45sip.9-4-2.sbn",
        "a b.raw",
    ],
)
def test_plain_names(name: str) -> None:
    assert objection(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("/etc/passwd", "absolute"),
        ("../etc/passwd", "leads out"),
        ("a/../../b", "leads out"),
        ("..\\boot.ini", "backslash"),
        ("C:\\x", "backslash"),
        ("C:x", "plain file name"),
        ("%2e%2e/x", "percent"),
        ("a//b", "plain file name"),
        ("a/", "plain file name"),
        ("./a", "plain file name"),
        (".ssh/id_rsa", "plain file name"),
        ("a\0.xml", "printable"),
        ("a\nb", "printable"),
        ("\u00e4", "printable"),
        ("~root", "plain file name"),
        ("a" * (MAX_NAME + 1), "longer"),
        ("a/" * 7 + "b", "deeper"),
    ],
)
def test_tricks(name: str, why: str) -> None:
    assert why in objection(name)


@given(st.text(max_size=80))
def test_what_passes_stays_inside(name: str) -> None:
    if not objection(name):
        assert all(part and not part.startswith(".") for part in name.split("/"))
