"""A message in a few words, for ladders."""

from __future__ import annotations


def caption(text: str) -> str:
    """``INVITE 1002``, ``180 Ringing``; with "(sdp)" where the message speaks about media."""
    first = text.partition("\r\n")[0]
    if first.startswith("SIP/2.0 "):
        words = first[len("SIP/2.0 ") :]
    else:
        method, _, rest = first.partition(" ")
        user = rest.partition("@")[0].partition(":")[2] if "@" in rest else ""
        words = f"{method} {user}".strip()
    return f"{words} (sdp)" if "\r\n\r\nv=0" in text else words
