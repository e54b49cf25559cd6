"""Dialog information (RFC 4235) as documents."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sip.dialog_info import DialogIdentity, DialogState, encode_dialog_info

SPACE = "{urn:ietf:params:xml:ns:dialog-info}"


def test_a_free_line() -> None:
    assert encode_dialog_info("sip:1001@cm", 0, ()) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\r\n'
        b'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" '
        b'entity="sip:1001@cm">\r\n'
        b"</dialog-info>\r\n"
    )


def test_a_call_on_hold_at_a_shared_line() -> None:
    """Section 5.1: who holds does not render."""
    identity = DialogIdentity("c1", "theirs", "ours", "sip:1002@cm", 'B & "C"', is_holding=True)
    document = ElementTree.fromstring(
        encode_dialog_info("sip:1001@cm", 3, [DialogState("7-0", "confirmed", True, identity)])
    )
    (dialog,) = document
    assert dialog.attrib == {
        "id": "7-0",
        "call-id": "c1",
        "local-tag": "theirs",
        "remote-tag": "ours",
        "direction": "initiator",
    }
    assert dialog.findtext(f"{SPACE}state") == "confirmed"
    remote = dialog.find(f"{SPACE}remote/{SPACE}identity")
    assert remote is not None
    assert (remote.get("display"), remote.text) == ('B & "C"', "sip:1002@cm")
    rendering = dialog.find(f"{SPACE}local/{SPACE}target/{SPACE}param")
    assert rendering is not None
    assert rendering.attrib == {"pname": "+sip.rendering", "pval": "no"}


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_the_document(entity: str, call_id: str, name: str) -> None:
    identity = DialogIdentity(call_id + "\udc80", "a", "b", "sip:" + name, name, is_holding=False)
    data = encode_dialog_info(entity, 0, [DialogState("1", "early", False, identity)])
    (dialog,) = ElementTree.fromstring(data)
    printable = "".join(char for char in call_id if char.isprintable())
    assert dialog.get("call-id") == printable
