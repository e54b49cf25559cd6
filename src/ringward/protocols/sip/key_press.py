"""Keys pressed during a call, as the body of an INFO says so: the two forms that phones use.

Neither has an RFC. ``application/dtmf-relay`` has lines such as ``Signal=5`` and ``Duration=160``;
``application/dtmf`` has the key alone.
"""

from __future__ import annotations

RELAY = "application/dtmf-relay"
PLAIN = "application/dtmf"
KEYS = frozenset("0123456789*#ABCD!")
"""Those of RFC 4733 section 3.2; ``!`` is a flash of the hook."""
USUAL_DURATION = 160
"""Milliseconds, where none are stated."""
MAX_DURATION = 8_000
"""About what one event of RFC 4733 can last (section 2.3.3)."""
_EVENTS = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D", "16": "!"}
"""Some phones write the number of the event (RFC 4733 section 3.2)."""
_MAX_BODY = 256


def read(content_type: str, body: bytes) -> tuple[str, int] | None:
    """The key and its duration in milliseconds; None if the body says something else."""
    if len(body) > _MAX_BODY:
        return None
    text = body.decode("ascii", "replace")
    if content_type == PLAIN:
        key = _key(text)
        return (key, USUAL_DURATION) if key else None
    if content_type != RELAY:
        return None
    lines = (line.partition("=") for line in text.splitlines())
    values = {name.strip().lower(): value.strip() for name, _, value in lines}
    key = _key(values.get("signal", ""))
    if not key:
        return None
    stated = values.get("duration", "")
    duration = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 6 else USUAL_DURATION
    return key, min(max(duration, 1), MAX_DURATION)


def write_relay(key: str, duration: int) -> bytes:
    """The body of an INFO of type :data:`RELAY`."""
    return f"Signal={key}\r\nDuration={duration}\r\n".encode()


def _key(text: str) -> str:
    key = text.strip().upper()
    key = _EVENTS.get(key, key)
    return key if key in KEYS else ""
