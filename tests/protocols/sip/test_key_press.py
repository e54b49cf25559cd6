"""Keys in the body of an INFO."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sip.key_press import KEYS, MAX_DURATION, PLAIN, RELAY, USUAL_DURATION, read, write_relay


@given(st.sampled_from(sorted(KEYS)), st.integers(1, MAX_DURATION))
def test_what_is_written_is_read(key: str, duration: int) -> None:
    assert read(RELAY, write_relay(key, duration)) == (key, duration)


@pytest.mark.parametrize(
    ("content_type", "body", "pressed"),
    [
        (RELAY, b"Signal= 5\nDuration= 250\n", ("5", 250)),
        (RELAY, b"signal=a\r\n", ("A", USUAL_DURATION)),
        (RELAY, b"Signal=11\r\nDuration=0\r\n", ("#", 1)),
        (RELAY, b"Signal=1\r\nDuration=99999\r\n", ("1", MAX_DURATION)),
        (PLAIN, b"*", ("*", USUAL_DURATION)),
        (PLAIN, b"16\r\n", ("!", USUAL_DURATION)),
        (RELAY, b"Signal=12345\r\n", None),
        (RELAY, b"Duration=100\r\n", None),
        (RELAY, b"", None),
        (PLAIN, b"", None),
        ("text/plain", b"5", None),
        (PLAIN, b" " * 300 + b"5", None),
    ],
)
def test_forms_that_phones_use(content_type: str, body: bytes, pressed: tuple[str, int] | None) -> None:
    assert read(content_type, body) == pressed


@given(st.sampled_from([RELAY, PLAIN, ""]), st.binary(max_size=400))
def test_any_body_is_read_or_left(content_type: str, body: bytes) -> None:
    pressed = read(content_type, body)
    assert pressed is None or (pressed[0] in KEYS and 0 < pressed[1] <= MAX_DURATION)
