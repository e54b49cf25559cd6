"""The torture messages of RFC 4475 and RFC 5118, byte for byte as they come over the wire.

One message is not as in the RFC: the part of mpart01 that is a signature there holds every octet there is here.
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "protocols/sip/torture"


def _read(folder: str) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((_FOLDER / folder).glob("*.dat"))}


RFC_4475 = _read("rfc4475")
RFC_5118 = _read("rfc5118")
ALL = {**RFC_4475, **RFC_5118}
