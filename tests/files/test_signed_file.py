"""Signed files: TFTP-15, PHONE-04."""

from __future__ import annotations

import pytest

from files import vectors
from ringward.files import signed_file, trust_list
from ringward.files.envelope import Fault, RefusedFile
from ringward.pki.listing import verify_signature

NAME = "SEP001122334455.cnf.xml.sgn"
TRUST = trust_list.parse(vectors.read("native/ctl/CTLFile.tlv")).trust


def test_is_octet_for_octet_what_others_signed() -> None:
    content = vectors.read("inputs/SEP001122334455.cnf.xml")
    made = signed_file.build(NAME, content, vectors.signer("ccmtftp"), 1_161_614_801)
    assert made == vectors.read(f"native/enc/{NAME}")


def test_a_phone_that_trusts_the_signer_gets_the_content() -> None:
    found = signed_file.open_signed(vectors.read(f"native/enc/{NAME}"), NAME, TRUST, verify_signature)
    assert found.body == vectors.read("inputs/SEP001122334455.cnf.xml")


@pytest.mark.parametrize(
    ("suffix", "fault"),
    [
        ("-body-bit-flipped", Fault.SIGNATURE),
        ("-wrong-filename", Fault.FILE_NAME),
        ("-signer-not-tftp-role", Fault.SIGNER),
    ],
)
def test_what_phones_refuse_is_refused(suffix: str, fault: Fault) -> None:
    with pytest.raises(RefusedFile) as refusal:
        signed_file.open_signed(vectors.read(f"native/negative/{NAME}{suffix}"), NAME, TRUST, verify_signature)
    assert refusal.value.fault is fault


def test_one_changed_octet_anywhere_is_refused() -> None:
    good = vectors.read(f"native/enc/{NAME}")
    for place in (*range(460), *range(460, len(good), 97)):
        data = bytearray(good)
        data[place] ^= 0x10
        with pytest.raises(RefusedFile):
            signed_file.open_signed(bytes(data), NAME, TRUST, verify_signature)
