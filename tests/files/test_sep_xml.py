from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ringward.domain.rules.hardening import Hardening
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import (
    ConfigurationEncryption,
    DeviceSecurityMode,
    Protocol,
    SettingsAccess,
    Switch,
    TransportType,
)
from ringward.files import sep_xml
from ringward.files.phone_configuration import (
    DigestCredentials,
    FileProtection,
    PhoneConfiguration,
    PhoneLine,
    SrstReference,
    Unwritable,
)
from ringward.files.xml_document import MAX_TEXT

PhoneMaker = Callable[..., PhoneConfiguration]

PUBLISHED_PATHS = (
    "fullConfig",
    "deviceProtocol",
    "ipAddressMode",
    "devicePool/callManagerGroup/members/member/callManager/ports/ethernetPhonePort",
    "devicePool/callManagerGroup/members/member/callManager/ports/sipPort",
    "devicePool/callManagerGroup/members/member/callManager/ports/securedSipPort",
    "devicePool/callManagerGroup/members/member/callManager/processNodeName",
    "devicePool/srstInfo/srstOption",
    "devicePool/srstInfo/ipAddr1",
    "devicePool/srstInfo/port1",
    "devicePool/srstInfo/isSecure",
    "sipProfile/sipLines/line/featureID",
    "sipProfile/sipLines/line/featureLabel",
    "sipProfile/sipLines/line/proxy",
    "sipProfile/sipLines/line/port",
    "sipProfile/sipLines/line/name",
    "sipProfile/sipLines/line/authName",
    "sipProfile/sipLines/line/authPassword",
    "sipProfile/sipLines/line/contact",
    "sipProfile/voipControlPort",
    "loadInformation",
    "vendorConfig/pcPort",
    "vendorConfig/settingsAccess",
    "vendorConfig/garp",
    "vendorConfig/voiceVlanAccess",
    "vendorConfig/webAccess",
    "versionStamp",
    "deviceSecurityMode",
    "transportLayerProtocol",
    "capfAuthMode",
    "capfList/capf/phonePort",
    "capfList/capf/processNodeName",
    "certHash",
    "encrConfig",
)
"""Elements of a published configuration of a 7941 with SIP."""


def read(document: bytes) -> etree._Element:
    return etree.fromstring(document)


def text(document: bytes, path: str) -> str | None:
    return read(document).findtext(path)


def test_every_element_of_a_published_configuration_is_there(make_phone: PhoneMaker) -> None:
    root = read(sep_xml.build(make_phone()))
    assert [path for path in PUBLISHED_PATHS if root.find(path) is None] == []
    assert root.tag == "device"
    line = root.find("sipProfile/sipLines/line")
    assert line is not None
    assert (line.get("button"), line.get("lineIndex")) == ("1", "1")
    members = root.findall("devicePool/callManagerGroup/members/member")
    assert [member.get("priority") for member in members] == ["0", "1"]


def test_digest_credentials_are_in_each_line_and_nowhere_when_excluded(make_phone: PhoneMaker) -> None:
    phone = make_phone()
    root = read(sep_xml.build(phone))
    assert [each.text for each in root.iter("authName")] == ["alice", "alice"]
    assert [each.text for each in root.iter("authPassword")] == ["s3cret", "s3cret"]
    excluded = replace(phone, lines=tuple(replace(line, digest=None) for line in phone.lines))
    document = sep_xml.build(excluded)
    assert b"auth" not in document.replace(b"authenticationURL", b"")
    assert b"s3cret" not in document


@pytest.mark.parametrize("build", [sep_xml.build_partial, sep_xml.build_without_lines])
def test_shortened_files_hold_nothing_confidential(
    build: Callable[[PhoneConfiguration], bytes], make_phone: PhoneMaker
) -> None:
    protection = FileProtection("e9f54ccafc375814418bf22ddb3d5a17")
    document = build(make_phone(encryption=ConfigurationEncryption.PUBLIC_KEY, protection=protection))
    assert all(secret not in document for secret in (b"s3cret", b"unlock", b"alice", b"1001"))
    assert text(document, "encrConfig") == "true"
    assert text(document, "certHash") == "e9f54ccafc375814418bf22ddb3d5a17"


def test_sccp_files_have_no_sip_profile_and_no_credentials(make_phone: PhoneMaker) -> None:
    root = read(sep_xml.build(make_phone(protocol=Protocol.SCCP)))
    assert root.find("sipProfile") is None
    assert root.find("commonProfile") is None
    assert root.findtext("transportLayerProtocol") == "4"
    assert root.findtext("deviceProtocol") == "SCCP"


@pytest.mark.parametrize(
    ("mode", "transport", "codes"),
    [
        (DeviceSecurityMode.NONSECURE, TransportType.TCP, ("1", "1")),
        (DeviceSecurityMode.NONSECURE, TransportType.UDP, ("1", "2")),
        (DeviceSecurityMode.NONSECURE, TransportType.TCP_UDP, ("1", "4")),
        (DeviceSecurityMode.AUTHENTICATED, TransportType.TLS, ("2", "3")),
        (DeviceSecurityMode.ENCRYPTED, TransportType.TLS, ("3", "3")),
    ],
)
def test_mode_and_transport(
    mode: DeviceSecurityMode, transport: TransportType, codes: tuple[str, str], make_phone: PhoneMaker
) -> None:
    root = read(sep_xml.build(make_phone(security_mode=mode, transport=transport)))
    assert (root.findtext("deviceSecurityMode"), root.findtext("transportLayerProtocol")) == codes


def test_hardening(make_phone: PhoneMaker) -> None:
    off = Hardening(Switch.DISABLED, SettingsAccess.DISABLED, Switch.DISABLED, Switch.DISABLED, Switch.DISABLED)
    names = ("pcPort", "settingsAccess", "garp", "voiceVlanAccess", "webAccess")
    block = read(sep_xml.build(make_phone(hardening=off))).find("vendorConfig")
    assert block is not None
    assert [block.findtext(name) for name in names] == ["1", "0", "1", "1", "1"]
    on = Hardening(Switch.ENABLED, SettingsAccess.ENABLED, Switch.ENABLED, Switch.ENABLED, Switch.ENABLED)
    block = read(sep_xml.build(make_phone(hardening=on))).find("vendorConfig")
    assert block is not None
    assert [block.findtext(name) for name in names] == ["0", "1", "0", "0", "0"]
    block = read(sep_xml.build(make_phone(hardening=Hardening()))).find("vendorConfig")
    assert block is not None
    assert [block.find(name) for name in names] == [None] * 5


def test_the_gateways_certificate_is_written_only_when_it_is_secure(make_phone: PhoneMaker) -> None:
    srst = SrstReference("branch", "192.0.2.30", port=2001, secure=True, certificate=b"\x30\x82\x01")
    document = sep_xml.build(make_phone(srst=srst))
    assert text(document, "devicePool/srstInfo/certificate") == "MIIB"
    assert text(document, "devicePool/srstInfo/ipAddr1") == "192.0.2.30"
    document = sep_xml.build(make_phone(srst=replace(srst, secure=False)))
    assert text(document, "devicePool/srstInfo/certificate") is None
    assert text(document, "devicePool/srstInfo/isSecure") == "false"


def test_the_version_stamp_changes_with_the_content_and_only_with_it(make_phone: PhoneMaker) -> None:
    first, again = sep_xml.build(make_phone()), sep_xml.build(make_phone())
    changed = sep_xml.build(make_phone(phone_label="Lobby"))
    assert first == again
    assert text(first, "versionStamp") != text(changed, "versionStamp")


def test_what_xml_cannot_hold_is_refused(make_phone: PhoneMaker) -> None:
    for wrong in ("bell\x07", "line\nbreak", "\ufffe", "\ud800", "\x85", "x" * (MAX_TEXT + 1)):
        with pytest.raises(Unwritable):
            sep_xml.build(make_phone(phone_label=wrong))


ANY_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30)


@given(label=ANY_TEXT, display=ANY_TEXT, password=ANY_TEXT, user=ANY_TEXT)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_arrives_as_it_is(
    make_phone: PhoneMaker, label: str, display: str, password: str, user: str
) -> None:
    line = PhoneLine(1, "1001", "label", display, DigestCredentials(user, Secret(password)))
    try:
        document = sep_xml.build(make_phone(phone_label=label, lines=(line,)))
    except Unwritable:
        return
    assert text(document, "sipProfile/phoneLabel") == label
    assert text(document, "sipProfile/sipLines/line/displayName") == display
    assert text(document, "sipProfile/sipLines/line/authName") == user
    assert text(document, "sipProfile/sipLines/line/authPassword") == password
