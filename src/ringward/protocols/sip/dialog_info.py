"""Dialog information: how a line is used, for phones that share it or have a lamp for it (RFC 4235)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

PACKAGE = "dialog"
"""The event package."""
CONTENT_TYPE = "application/dialog-info+xml"
_NAMESPACE = "urn:ietf:params:xml:ns:dialog-info"


@dataclass(frozen=True, slots=True)
class DialogIdentity:
    """What only those may know who may take the call over: which dialog it is, and who is at the other end."""

    call_id: str
    local_tag: str
    """The tag of the phone that is watched."""
    remote_tag: str
    remote_uri: str
    remote_name: str
    is_holding: bool


@dataclass(frozen=True, slots=True)
class DialogState:
    """One call at a line."""

    id: str
    state: str
    """A state of section 3.7.1."""
    outgoing: bool
    identity: DialogIdentity | None = None


def encode_dialog_info(entity: str, version: int, dialogs: Sequence[DialogState]) -> bytes:
    """The whole state of a line as a document (section 4.1); ``version`` counts the documents."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\r\n',
        f'<dialog-info xmlns="{_NAMESPACE}" version="{version}" state="full" entity={_attribute(entity)}>\r\n',
    ]
    for dialog in dialogs:
        parts.extend(_dialog(entity, dialog))
    parts.append("</dialog-info>\r\n")
    return "".join(parts).encode()


def _dialog(entity: str, dialog: DialogState) -> list[str]:
    known = dialog.identity
    tags = ""
    if known is not None:
        tags = f" call-id={_attribute(known.call_id)} local-tag={_attribute(known.local_tag)}"
        if known.remote_tag:
            tags += f" remote-tag={_attribute(known.remote_tag)}"
    direction = "initiator" if dialog.outgoing else "recipient"
    parts = [
        f'<dialog id={_attribute(dialog.id)}{tags} direction="{direction}">\r\n',
        f"<state>{dialog.state}</state>\r\n",
    ]
    if known is not None:
        rendering = '<param pname="+sip.rendering" pval="no"/>' if known.is_holding else ""
        parts.append(f"<local><target uri={_attribute(entity)}>{rendering}</target></local>\r\n")
        name = f" display={_attribute(known.remote_name)}" if known.remote_name else ""
        parts.append(f"<remote><identity{name}>{escape(_printable(known.remote_uri))}</identity></remote>\r\n")
    parts.append("</dialog>\r\n")
    return parts


def _attribute(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    """A text without what XML cannot hold: control characters, and bytes that were no UTF-8."""
    return text if text.isprintable() else "".join(char for char in text if char.isprintable())
