"""The software phone reads what is built here: two readings of the same formats agree."""

from __future__ import annotations

from collections.abc import Callable

from ringward.domain.vocabulary import DeviceSecurityMode, TransportType
from ringward.files import flat_sip, sep_xml
from ringward.files.phone_configuration import DefaultConfiguration, PhoneConfiguration
from ringward.phone.flat_configuration import read_flat
from ringward.phone.xml_configuration import read_xml

PhoneMaker = Callable[..., PhoneConfiguration]


def test_xml(make_phone: PhoneMaker) -> None:
    read = read_xml(sep_xml.build(make_phone()))
    assert [member.host for member in read.members] == ["192.0.2.10", "cm-sub.example.com"]
    assert [line.number for line in read.lines] == ["1001", "1002"]
    assert read.lines[0].display_name == "Alice <Desk> & Co"
    assert read.lines[0].auth_name == "alice"
    assert read.load_information == "SIP41.8-0-2S"


def test_xml_of_an_encrypted_phone(make_phone: PhoneMaker) -> None:
    phone = make_phone(security_mode=DeviceSecurityMode.ENCRYPTED, transport=TransportType.TLS)
    read = read_xml(sep_xml.build(phone))
    assert read.security_mode is DeviceSecurityMode.ENCRYPTED
    assert [member.port for member in read.members] == [5061, 5071]


def test_flat(make_phone: PhoneMaker, default: DefaultConfiguration) -> None:
    read = read_flat(flat_sip.build(make_phone("7960")), flat_sip.build_default(default))
    assert read.members[0].host == "192.0.2.10"
    assert [line.number for line in read.lines] == ["1001", "1002"]
    assert read.lines[0].auth_name == "alice"
    assert read.phone_label == "Ringward"
