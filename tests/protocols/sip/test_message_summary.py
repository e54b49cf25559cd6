"""Message summaries (RFC 3842), written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.message_summary import MOST, MessageSummary

counts = st.integers(0, MOST)


@given(st.builds(MessageSummary, st.booleans(), counts, counts))
def test_what_is_written_is_read(summary: MessageSummary) -> None:
    assert MessageSummary.parse(summary.encode("sip:1001@cm")) == summary


def test_the_example_of_the_rfc_is_read() -> None:
    """Section 5.1, the second NOTIFY."""
    body = (
        b"Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
        b"Voice-Message: 4/8 (1/2)\r\n\r\nTo: <alice@atlanta.example.com>\r\n"
    )
    assert MessageSummary.parse(body) == MessageSummary(True, 4, 8)


def test_without_counts_the_lamp_is_known() -> None:
    assert MessageSummary.parse(b"messages-waiting:NO\r\n") == MessageSummary(False)


@given(st.binary(max_size=300))
def test_anything_else_is_refused(body: bytes) -> None:
    try:
        summary = MessageSummary.parse(body)
    except MalformedMessage:
        return
    assert body.lower().startswith(b"messages-waiting")
    assert summary.new <= MOST


@pytest.mark.parametrize(
    "body", [b"", b"Voice-Message: 1/0\r\n", b"Messages-Waiting: maybe\r\n", b"Messages-Waiting: yes\r\n" * 300]
)
def test_what_is_no_summary_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        MessageSummary.parse(body)
