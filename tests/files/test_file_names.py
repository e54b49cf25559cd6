from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.files.file_names import FileForm, FileKind, FileName, parse

DEVICE = "SEP0011223344AA"


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("SEP0011223344AA.cnf.xml", FileName(FileKind.PHONE_XML, FileForm.CLEAR, DEVICE)),
        ("sep0011223344aa.CNF.XML", FileName(FileKind.PHONE_XML, FileForm.CLEAR, DEVICE)),
        ("SIP0011223344AA.cnf.xml", FileName(FileKind.PHONE_XML, FileForm.CLEAR, DEVICE)),
        ("SEP0011223344AA.cnf.xml.sgn", FileName(FileKind.PHONE_XML, FileForm.SIGNED, DEVICE)),
        ("SIP0011223344AA.cnf.xml.enc.sgn", FileName(FileKind.PHONE_XML, FileForm.ENCRYPTED, DEVICE)),
        ("SIP0011223344AA.cnf", FileName(FileKind.PHONE_FLAT_SIP, FileForm.CLEAR, DEVICE)),
        ("SIP0011223344AA.cnf.enc.sgn", FileName(FileKind.PHONE_FLAT_SIP, FileForm.ENCRYPTED, DEVICE)),
        ("ld0011223344aa", FileName(FileKind.PHONE_PROFILE, FileForm.CLEAR, DEVICE, "ld")),
        ("LD0011223344AA.txt", FileName(FileKind.PHONE_PROFILE, FileForm.CLEAR, DEVICE, "ld")),
        ("gk0011223344aa", FileName(FileKind.PHONE_PROFILE, FileForm.CLEAR, DEVICE, "gk")),
        ("XMLDefault.cnf.xml", FileName(FileKind.DEFAULT_XML, FileForm.CLEAR)),
        ("XmlDefault.cnf.xml.sgn", FileName(FileKind.DEFAULT_XML, FileForm.SIGNED)),
        ("default.cnf.xml", FileName(FileKind.DEFAULT_XML, FileForm.CLEAR)),
        ("SIPDefault.cnf", FileName(FileKind.DEFAULT_FLAT_SIP, FileForm.CLEAR)),
        ("gkdefault.cfg", FileName(FileKind.DEFAULT_PROFILE, FileForm.CLEAR, prefix="gk")),
        ("RINGLIST.XML", FileName(FileKind.RING_LIST, FileForm.CLEAR)),
        ("DistinctiveRingList.xml.sgn", FileName(FileKind.RING_LIST, FileForm.SIGNED)),
        ("dialplan.xml", FileName(FileKind.DIAL_PLAN, FileForm.CLEAR)),
        ("CTLSEP0011223344AA.tlv", FileName(FileKind.TRUST_LIST, FileForm.CLEAR, DEVICE)),
        ("CTLFile.tlv", FileName(FileKind.TRUST_LIST, FileForm.CLEAR)),
        ("ITLFile.tlv", FileName(FileKind.TRUST_LIST, FileForm.CLEAR)),
    ],
)
def test_names_that_phones_ask_by(name: str, meaning: FileName) -> None:
    assert parse(name) == meaning


@pytest.mark.parametrize(
    "name",
    [
        "",
        "SEP0011223344A.cnf.xml",
        "SEP0011223344AAA.cnf.xml",
        "x/SEP0011223344AA.cnf.xml",
        "SEP0011223344AG.cnf.xml",
        "SEP0011223344AA.cnf.xml ",
        "SEP0011223344AA.cnf.xml\n",
        "SEP0011223344AA.cnf.xml.sgn.sgn",
        "7960-tones.xml",
    ],
)
def test_other_names(name: str) -> None:
    assert parse(name) is None


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_none(text: str) -> None:
    found = parse(text)
    assert found is None or len(found.device_name) in (0, 15)
