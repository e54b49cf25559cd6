from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sip.extensions import ShownSecurity, call_information, read_call_information


@pytest.mark.parametrize("security", ShownSecurity)
def test_what_is_written_is_read(security: ShownSecurity) -> None:
    assert read_call_information(call_information(security)) is security


def test_it_is_read_among_other_words() -> None:
    header = "<urn:x-cisco-remotecc:callinfo>; security= Encrypted; orientation= to; gci= 1-4; call-instance= 1"
    assert read_call_information(header) is ShownSecurity.ENCRYPTED
    header = "<urn:x-cisco-remotecc:callinfo>;orientation=to;security=NotAuthenticated"
    assert read_call_information(header) is ShownSecurity.NONSECURE


@given(st.text())
def test_anything_else_is_nothing(header: str) -> None:
    assert read_call_information(header) is None
    assert read_call_information(f"<urn:x-cisco-remotecc:callinfo>;security={header}x") is None
