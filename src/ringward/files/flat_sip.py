"""``SIP<MAC>.cnf`` and ``SIPDefault.cnf``: the text files of the 7940 and 7960 with SIP software.

One ``name : "value"`` per line. The phone reads the default file first and its own second, and its own wins. What
neither names stays as it was stored: so excluded digest credentials survive (PHONE-13, CFGENC-33), and so unused
lines must be written empty. No name for TLS or certificates is known for these loads, and none for a list of call
managers: the documented backup and emergency proxies are used.
"""

from __future__ import annotations

from collections.abc import Iterable

from ringward.domain.phone_models import capability_of
from ringward.files.phone_configuration import (
    CallManagerNode,
    DefaultConfiguration,
    PhoneConfiguration,
    PhoneLine,
    SipSettings,
    Unwritable,
)
from ringward.files.time_zone import phone_zone

Entry = tuple[str, str]
"""Name and value of one line of the file."""

_ENCODING = "iso-8859-1"
"""What these phones' character sets are based on; text outside it is shown as question marks."""


def build(phone: PhoneConfiguration) -> bytes:
    """The phone's own file; raises :class:`Unwritable` when a value would break the format."""
    common = phone.common
    entries: list[Entry] = []
    if phone.load:
        entries.append(("image_version", _exact("image_version", phone.load)))
    entries += _servers(common.call_managers)
    capability = capability_of(common.model, common.protocol)
    lines = {line.button: line for line in phone.lines}
    for button in range(1, (capability.max_lines if capability else 0) + 1):
        entries += _line(button, lines.get(button), common.call_managers)
    entries.append(("phone_label", _shown(phone.phone_label)))
    if phone.phone_password is not None:
        entries.append(("phone_password", _exact("phone_password", phone.phone_password.reveal())))
    entries += _sip(common.sip)
    entries += _clock(common.time_zone, common.ntp_servers)
    entries += _services(common.urls.services, common.urls.directory, common.dial_template)
    messages = next((line.messages_number for line in phone.lines if line.messages_number), "")
    entries.append(("messages_uri", _exact("messages_uri", messages)))
    return _write(f"{phone.device_name}: made for this phone", entries)


def build_default(default: DefaultConfiguration) -> bytes:
    """``SIPDefault.cnf``: what all these phones have in common; no line, no credential."""
    entries: list[Entry] = []
    if default.flat_sip_load:
        entries.append(("image_version", _exact("image_version", default.flat_sip_load)))
    entries += _servers(default.call_managers)
    if default.call_managers:
        entries += _proxy(1, default.call_managers[0])
    entries += _sip(default.sip)
    entries += _clock(default.time_zone, default.ntp_servers)
    entries += _services(default.urls.services, default.urls.directory, default.dial_template)
    return _write("what phones without a file of their own start from", entries)


def _servers(nodes: tuple[CallManagerNode, ...]) -> Iterable[Entry]:
    yield "proxy_register", "1"
    if len(nodes) > 1:
        yield "proxy_backup", _exact("proxy_backup", nodes[1].process_node_name)
        yield "proxy_backup_port", str(nodes[1].sip_port)
    if len(nodes) > 2:
        yield "proxy_emergency", _exact("proxy_emergency", nodes[2].process_node_name)


def _line(button: int, line: PhoneLine | None, nodes: tuple[CallManagerNode, ...]) -> Iterable[Entry]:
    if line is None:
        for field in ("name", "shortname", "displayname", "contact"):
            yield f"line{button}_{field}", ""
        return
    yield from _proxy(button, nodes[0])
    yield f"line{button}_name", _exact(f"line{button}_name", line.number)
    yield f"line{button}_shortname", _shown(line.label or line.number)
    yield f"line{button}_displayname", _shown(line.display_name)
    yield f"line{button}_contact", _exact(f"line{button}_contact", line.contact or line.number)
    if line.digest is not None:
        yield f"line{button}_authname", _exact(f"line{button}_authname", line.digest.user)
        yield f"line{button}_password", _exact(f"line{button}_password", line.digest.password.reveal())


def _proxy(button: int, node: CallManagerNode) -> Iterable[Entry]:
    yield f"proxy{button}_address", _exact(f"proxy{button}_address", node.process_node_name)
    yield f"proxy{button}_port", str(node.sip_port)


def _sip(sip: SipSettings) -> Iterable[Entry]:
    yield "voip_control_port", str(sip.phone_port)
    yield "start_media_port", str(sip.first_media_port)
    yield "end_media_port", str(sip.last_media_port)
    yield "timer_register_expires", str(sip.register_expires)
    yield "timer_invite_expires", str(sip.invite_expires)
    yield "timer_t1", str(sip.t1_milliseconds)
    yield "timer_t2", str(sip.t2_milliseconds)
    yield "sip_invite_retx", str(sip.invite_retransmissions)
    yield "sip_retx", str(sip.retransmissions)
    yield "preferred_codec", _exact("preferred_codec", sip.preferred_codec)
    yield "dtmf_outofband", "avt"
    yield "dtmf_avt_payload", str(sip.dtmf_payload_type)
    yield "enable_vad", "0"


def _clock(zone_name: str, ntp_servers: tuple[str, ...]) -> Iterable[Entry]:
    zone = phone_zone(zone_name)
    if ntp_servers:
        yield "sntp_mode", "unicast"
        yield "sntp_server", _exact("sntp_server", ntp_servers[0])
    yield "time_zone", zone.code
    if zone.saving is None:
        yield "dst_auto_adjust", "0"
        return
    yield "dst_auto_adjust", "1"
    yield "dst_offset", "1"
    for edge, (month, week, hour) in (("start", zone.saving.start), ("stop", zone.saving.stop)):
        yield f"dst_{edge}_month", str(month)
        yield f"dst_{edge}_day", "0"
        yield f"dst_{edge}_day_of_week", "1"
        yield f"dst_{edge}_week_of_month", str(week)
        yield f"dst_{edge}_time", f"{hour:02d}"


def _services(services: str, directory: str, dial_template: str) -> Iterable[Entry]:
    yield "services_url", _exact("services_url", services)
    yield "directory_url", _exact("directory_url", directory)
    yield "dial_template", _exact("dial_template", dial_template.removesuffix(".xml"))


def _exact(name: str, value: str) -> str:
    """A value that must arrive as it is; what the format cannot quote is refused."""
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise Unwritable(name, "it holds control characters")
    if '"' in value:
        raise Unwritable(name, "it holds a quotation mark, which this format cannot write")
    try:
        value.encode(_ENCODING)
    except UnicodeEncodeError:
        raise Unwritable(name, "it holds characters outside Latin-1") from None
    return value


def _shown(value: str) -> str:
    """A text that is only shown: what the format cannot hold is replaced by its nearest likeness."""
    readable = "".join(" " if ord(char) < 32 or ord(char) == 127 else char for char in value)
    return readable.replace('"', "'").encode(_ENCODING, "replace").decode(_ENCODING)


def _write(comment: str, entries: Iterable[Entry]) -> bytes:
    lines = [f"# {comment}", *(f'{name} : "{value}"' for name, value in entries)]
    return "".join(line + "\n" for line in lines).encode(_ENCODING)
