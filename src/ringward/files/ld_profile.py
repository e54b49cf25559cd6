"""``ld<mac>`` and ``gk<mac>``: the profile of the 7905 and 7912 with SIP software, in its text form.

The phones load a binary that the maker's conversion tool produces from exactly this text; the layout of the binary
is not published, so it is not made here and phones with factory firmware cannot read the file as served. What is
served can be converted with that tool. Parameter names are those of the makers' manuals as far as they are known.
"""

from __future__ import annotations

from collections.abc import Iterable

from ringward.files.file_names import FileForm
from ringward.files.phone_configuration import (
    CallManagerNode,
    DefaultConfiguration,
    PhoneConfiguration,
    PhoneLine,
    Unwritable,
)

FIRST_LINE = "#txt"
"""Marks the text form; the conversion tool insists on it."""
PREFIXES = {"7905": "ld", "7912": "gk"}
"""How the names of a model's profiles begin; the MAC address follows in lower case."""
_ENCRYPTED_PREFIX = "ld"


def is_asked_for(model: str, prefix: str, form: FileForm) -> bool:
    """Whether a name that begins so stands for the profile of a model.

    The encrypted one is LD<MAC>.x for both models (CFGENC-11), and by the makers' manuals gk<mac>.x for the 7912.
    """
    own = PREFIXES.get(model)
    return own == prefix or (own is not None and prefix == _ENCRYPTED_PREFIX and form is FileForm.ENCRYPTED)


def profile_name(model: str, mac: str) -> str:
    """Name under which a model asks for its profile; ``KeyError`` for models that have none."""
    return PREFIXES[model] + mac.lower()


def build(phone: PhoneConfiguration) -> bytes:
    """The phone's profile; raises :class:`Unwritable` when a value would break the format."""
    line = phone.lines[0] if phone.lines else None
    entries = [*_server(phone.common.call_managers), ("SIPPort", str(phone.common.sip.phone_port)), *_line(line)]
    if phone.phone_password is not None:
        entries.append(("UIPassword", phone.phone_password.reveal()))
    return _write(entries)


def build_default(default: DefaultConfiguration) -> bytes:
    """``lddefault.cfg`` and ``gkdefault.cfg``: servers only."""
    return _write([*_server(default.call_managers), ("SIPPort", str(default.sip.phone_port))])


def _server(nodes: tuple[CallManagerNode, ...]) -> Iterable[tuple[str, str]]:
    if nodes:
        yield "Proxy", f"{nodes[0].process_node_name}:{nodes[0].sip_port}"
        yield "SIPRegOn", "1"


def _line(line: PhoneLine | None) -> Iterable[tuple[str, str]]:
    if line is None:
        yield "UID", ""
        return
    yield "UID", line.number
    if line.digest is not None:
        yield "UseLoginID", "1"
        yield "LoginID", line.digest.user
        yield "PWD", line.digest.password.reveal()


def _write(entries: Iterable[tuple[str, str]]) -> bytes:
    lines = [FIRST_LINE]
    for name, value in entries:
        if not (value.isascii() and value.isprintable()):
            raise Unwritable(name, "it holds characters outside printable ASCII")
        if value != value.strip() or value.startswith("#"):
            raise Unwritable(name, "it begins or ends with a space, or begins with a number sign")
        lines.append(f"{name}:{value}")
    return "".join(line + "\n" for line in lines).encode("ascii")
