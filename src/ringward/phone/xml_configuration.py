"""Reads SEP<MAC>.cnf.xml (and, for phones that nobody entered, XMLDefault.cnf.xml).

Numbers are read as far as they are digits; true is the word ``true`` in any case; unknown elements are ignored, as
the phones do. Entities, document types and anything from the network are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ringward.domain.secret import Secret
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.configuration import (
    MAX_FILE,
    MAX_LINES,
    MAX_MEMBERS,
    MAX_TEXT,
    Configuration,
    LineConfiguration,
    Media,
    Member,
    Timers,
    UnusableConfiguration,
    checked,
)
from ringward.protocols.sip.flow import Transport

_LINE_FEATURE = 9
"""``featureID`` of a line; others are speed dials and services."""
_TRANSPORTS = {1: Transport.TCP, 2: Transport.UDP, 3: Transport.TLS, 4: Transport.UDP}
"""``transportLayerProtocol``; 4 leaves the choice to the phone, which takes SIP's own default."""
_LEADING_NUMBER = re.compile(r"\s*(\d{1,9})")
_HARDENING = ("pcPort", "webAccess", "settingsAccess", "spanToPCPort", "voiceVlanAccess", "garp", "disableSpeaker")
_BLOCKS = ("vendorConfig", "commonConfig", "enterpriseConfig")
"""Where hardening values stand; the first that has one wins (phone files, section 7.2)."""
_SIP_PORT, _SECURED_SIP_PORT, _CAPF_PORT = 5060, 5061, 3804


@dataclass(frozen=True, slots=True)
class FileFlags:
    """What a file says of itself (phone files, section 6.4)."""

    full: bool
    encrypted: bool
    """Whether the configuration is to be asked for encrypted from now on."""
    certificate_hash: str
    capf_authentication_mode: int
    capf: tuple[tuple[str, int], ...]
    """Host and port of each CAPF server."""


def read_flags(data: bytes) -> FileFlags:
    """Read what a file says of itself; raises :class:`UnusableConfiguration`."""
    root = _parse(data)
    return FileFlags(
        full=_flag(root, "fullConfig", default=True),
        encrypted=_flag(root, "encrConfig"),
        certificate_hash=_text(root, "certHash").lower(),
        capf_authentication_mode=_number(root, "capfAuthMode", 0),
        capf=_capf(root),
    )


def _capf(root: etree._Element) -> tuple[tuple[str, int], ...]:
    nodes = root.findall("capfList/capf")[:MAX_MEMBERS]
    return tuple((_text(node, "processNodeName"), _port(node, "phonePort", _CAPF_PORT)) for node in nodes)


def read_xml(data: bytes, device_name: str = "") -> Configuration:
    """Read a configuration file; raises :class:`UnusableConfiguration`, saying what is wrong with it.

    With the default file the phone has no number: it registers by its ``device_name`` (CLUSTER-11).
    """
    root = _parse(data)
    lines = _lines(root)
    is_default = root.tag == "Default" and not lines and bool(device_name)
    if _flag(root, "fullConfig", default=True) is False:
        raise UnusableConfiguration("the file is only the clear part of an encrypted configuration")
    mode = _security_mode(root)
    timers = Timers()
    stack = "sipProfile/sipStack/"
    return checked(
        Configuration(
            members=_members(root, mode),
            transport=_transport(root, mode),
            lines=(LineConfiguration(1, device_name),) if is_default else lines,
            security_mode=mode,
            phone_label=_text(root, "sipProfile/phoneLabel"),
            timers=Timers(
                register_expires=_number(root, stack + "timerRegisterExpires", timers.register_expires),
                register_delta=_number(root, stack + "timerRegisterDelta", timers.register_delta),
                keep_alive=_number(root, stack + "timerKeepAliveExpires", timers.keep_alive),
                invite_expires=_number(root, stack + "timerInviteExpires", timers.invite_expires),
                t1=_number(root, stack + "timerT1", 500) / 1000 or timers.t1,
                t2=_number(root, stack + "timerT2", 4000) / 1000 or timers.t2,
            ),
            media=_media(root),
            signalling_port=_port(root, "sipProfile/voipControlPort", 0),
            hardening=tuple(_hardening(root)),
            is_default=is_default,
            load_information=_text(root, "loadInformation"),
            version_stamp=_text(root, "versionStamp"),
            capf_authentication_mode=_number(root, "capfAuthMode", 0),
            capf=_capf(root),
        )
    )


def _parse(data: bytes) -> etree._Element:
    if len(data) > MAX_FILE:
        raise UnusableConfiguration(f"the file is longer than {MAX_FILE} octets")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnusableConfiguration(f"the file is not well-formed XML: {error}") from None
    document: Any = root.getroottree().docinfo  # the stubs do not know all of it
    if document.doctype:
        raise UnusableConfiguration("the file has a document type, which no configuration needs")
    if root.tag not in ("device", "Default"):
        raise UnusableConfiguration(f"the file is no configuration: its root is {str(root.tag)[:40]!r}")
    return root


def _text(node: etree._Element, path: str) -> str:
    return _optional_text(node, path) or ""


def _optional_text(node: etree._Element, path: str) -> str | None:
    """Text of an element, None if there is no such element; an empty one is an empty text."""
    found = node.find(path)
    if found is None:
        return None
    text = (found.text or "").strip()
    if len(text) > MAX_TEXT:
        raise UnusableConfiguration(f"{path} is longer than {MAX_TEXT} characters")
    return text


def _number(node: etree._Element, path: str, default: int) -> int:
    match = _LEADING_NUMBER.match(_text(node, path))
    return int(match[1]) if match else default


def _port(node: etree._Element, path: str, default: int) -> int:
    port = _number(node, path, default)
    if port > 65535:
        raise UnusableConfiguration(f"{path} is {port}, which is no port")
    return port


def _flag(node: etree._Element, path: str, *, default: bool = False) -> bool:
    text = _text(node, path).lower()
    return text == "true" if text else default


def _security_mode(root: etree._Element) -> DeviceSecurityMode:
    number = _number(root, "deviceSecurityMode", DeviceSecurityMode.NONSECURE)
    try:
        return DeviceSecurityMode(number)
    except ValueError:
        raise UnusableConfiguration(f"deviceSecurityMode {number} is unknown") from None


def _transport(root: etree._Element, mode: DeviceSecurityMode) -> Transport:
    secure = mode is not DeviceSecurityMode.NONSECURE
    number = _number(root, "transportLayerProtocol", 3 if secure else 4)
    try:
        return _TRANSPORTS[number]
    except KeyError:
        raise UnusableConfiguration(f"transportLayerProtocol {number} is unknown") from None


def _members(root: etree._Element, mode: DeviceSecurityMode) -> tuple[Member, ...]:
    group = "callManagerGroup/members/member"
    found: list[tuple[int, Member]] = []
    for node in root.findall(f"devicePool/{group}") or root.findall(group):
        host = _text(node, "callManager/processNodeName") or _text(node, "callManager/name")
        if not host:
            continue
        if mode is DeviceSecurityMode.NONSECURE:
            port = _port(node, "callManager/ports/sipPort", _SIP_PORT)
        else:
            port = _port(node, "callManager/ports/securedSipPort", _SECURED_SIP_PORT)
        match = _LEADING_NUMBER.match(node.get("priority", ""))
        found.append((int(match[1]) if match else len(found), Member(host, port)))
    found.sort(key=lambda each: each[0])
    return tuple(member for _, member in found[:MAX_MEMBERS])


def _lines(root: etree._Element) -> tuple[LineConfiguration, ...]:
    nodes = root.findall("sipProfile/sipLines/line")
    if len(nodes) > MAX_LINES:
        raise UnusableConfiguration(f"the configuration has {len(nodes)} lines, at most {MAX_LINES} are read")
    lines = []
    for place, node in enumerate(nodes, 1):
        number = _text(node, "name")
        if _number(node, "featureID", _LINE_FEATURE) != _LINE_FEATURE or not number:
            continue
        match = _LEADING_NUMBER.match(node.get("button", ""))
        password = _optional_text(node, "authPassword")
        lines.append(
            LineConfiguration(
                button=int(match[1]) if match else place,
                number=number,
                label=_text(node, "featureLabel"),
                display_name=_text(node, "displayName"),
                contact=_text(node, "contact"),
                auth_name=_optional_text(node, "authName"),
                auth_password=None if password is None else Secret(password),
                messages_number=_text(node, "messagesNumber"),
                auto_answer=_number(node, "autoAnswer/autoAnswerEnabled", 0) & 1 == 1,
                max_calls=max(1, _number(node, "maxNumCalls", 4)),
                busy_trigger=max(1, _number(node, "busyTrigger", 2)),
            )
        )
    return tuple(lines)


def _media(root: etree._Element) -> Media:
    default = Media()
    digit_type = _number(root, "sipProfile/dtmfAvtPayload", default.digit_type)
    return Media(
        first_port=_port(root, "sipProfile/startMediaPort", default.first_port),
        last_port=_port(root, "sipProfile/stopMediaPort", default.last_port),
        preferred_codec=_text(root, "sipProfile/preferredCodec"),
        digit_type=digit_type if 96 <= digit_type <= 127 else default.digit_type,
        digits_in_media=_text(root, "sipProfile/dtmfOutofBand").lower() != "none",
    )


def _hardening(root: etree._Element) -> list[tuple[str, str]]:
    found = []
    for name in _HARDENING:
        for block in _BLOCKS:
            value = _optional_text(root, f"{block}/{name}")
            if value is not None:
                found.append((name, value))
                break
    return found
