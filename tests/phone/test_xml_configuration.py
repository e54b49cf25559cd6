"""SEP<MAC>.cnf.xml as the phone reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone.configurations import device_xml, line_xml, member_xml
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.configuration import MAX_FILE, Configuration, Media, Member, Timers, UnusableConfiguration
from ringward.phone.xml_configuration import read_xml
from ringward.protocols.sip.flow import Transport


def test_a_plain_file() -> None:
    configuration = read_xml(device_xml())
    assert configuration.members == (Member("192.0.2.1", 5060),)
    assert configuration.transport is Transport.UDP
    assert configuration.security_mode is DeviceSecurityMode.NONSECURE
    assert configuration.timers == Timers()
    assert configuration.media == Media()
    (line,) = configuration.lines
    assert (line.button, line.number, line.display_name) == (1, "1001", "Anna")
    assert line.auth_name is None
    assert line.auth_password is None


def test_members_by_priority_and_at_most_three() -> None:
    members = "".join(member_xml(priority, f"cm{priority}") for priority in (3, 1, 0, 2))
    assert [member.host for member in read_xml(device_xml(members)).members] == ["cm0", "cm1", "cm2"]


def test_a_secure_phone_uses_tls_and_the_secured_port() -> None:
    top = "<deviceSecurityMode>3</deviceSecurityMode><transportLayerProtocol>3</transportLayerProtocol>"
    configuration = read_xml(device_xml(top=top))
    assert configuration.members == (Member("192.0.2.1", 5061),)
    assert (configuration.transport, configuration.security_mode) == (Transport.TLS, DeviceSecurityMode.ENCRYPTED)


@pytest.mark.parametrize("transport", [1, 2, 4])
def test_a_secure_mode_without_tls_is_refused(transport: int) -> None:
    """PHONE-01: rather no registration than one that only looks secure."""
    top = f"<deviceSecurityMode>2</deviceSecurityMode><transportLayerProtocol>{transport}</transportLayerProtocol>"
    with pytest.raises(UnusableConfiguration, match="needs TLS"):
        read_xml(device_xml(top=top))


def test_everything_a_phone_obeys() -> None:
    line = line_xml(
        2,
        "1002",
        "<contact>c1</contact><authName>anna</authName><authPassword>s3cret</authPassword><maxNumCalls>6</maxNumCalls>"
        "<messagesNumber>5000</messagesNumber>"
        "<busyTrigger>3</busyTrigger><autoAnswer><autoAnswerEnabled>3</autoAnswerEnabled></autoAnswer>",
    )
    speed_dial = '<line button="3"><featureID>2</featureID><name>9</name></line>'
    stack = (
        "<timerRegisterExpires>120s</timerRegisterExpires><timerRegisterDelta>7</timerRegisterDelta>"
        "<timerT1>250</timerT1><timerT2>2000</timerT2><timerInviteExpires>60</timerInviteExpires>"
    )
    profile = (
        "<startMediaPort>20000</startMediaPort><stopMediaPort>20010</stopMediaPort><phoneLabel>Reception</phoneLabel>"
        "<preferredCodec>g711alaw</preferredCodec><dtmfAvtPayload>110</dtmfAvtPayload><voipControlPort>5070</voipControlPort>"
    )
    top = (
        "<vendorConfig><webAccess>1</webAccess><pcPort>1</pcPort></vendorConfig>"
        "<enterpriseConfig><webAccess>0</webAccess><garp>1</garp></enterpriseConfig>"
        "<loadInformation>SIP41</loadInformation><versionStamp>7</versionStamp><transportLayerProtocol>1</transportLayerProtocol>"
    )
    configuration = read_xml(device_xml(lines=line + speed_dial, stack=stack, profile=profile, top=top))
    (line_read,) = configuration.lines
    assert line_read.auth_password == Secret("s3cret")
    assert (line_read.button, line_read.contact, line_read.auth_name) == (2, "c1", "anna")
    assert line_read.messages_number == "5000"
    assert (line_read.max_calls, line_read.busy_trigger, line_read.auto_answer) == (6, 3, True)
    assert configuration.timers == Timers(120, 7, 120, 60, 0.25, 2.0)
    assert configuration.media == Media(20000, 20010, "g711alaw", 110)
    assert dict(configuration.hardening) == {"webAccess": "1", "pcPort": "1", "garp": "1"}
    assert configuration.transport is Transport.TCP
    assert (configuration.phone_label, configuration.signalling_port) == ("Reception", 5070)
    assert (configuration.load_information, configuration.version_stamp) == ("SIP41", "7")
    assert "s3cret" not in repr(configuration)


def credentials(more: str) -> Configuration:
    return read_xml(device_xml(lines=line_xml(more=more)))


def test_credentials_survive_a_file_without_them_but_not_blank_ones() -> None:
    """PHONE-13."""
    before = credentials("<authName>anna</authName><authPassword>pass</authPassword>")
    kept = credentials("").keeping_credentials(before).lines[0]
    assert (kept.auth_name, kept.auth_password) == ("anna", Secret("pass"))
    blanked = credentials("<authName/><authPassword></authPassword>").keeping_credentials(before).lines[0]
    assert (blanked.auth_name, blanked.auth_password) == ("", Secret(""))
    assert credentials("").keeping_credentials(None).lines[0].auth_name is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not well-formed"),
        (b"<device>", "not well-formed"),
        (b"<html/>", "no configuration"),
        (b"<device/>", "names no call manager"),
        (device_xml(lines=""), "no line"),
        (device_xml(members=""), "names no call manager"),
        (device_xml(top="<deviceSecurityMode>9</deviceSecurityMode>"), "unknown"),
        (device_xml(top="<transportLayerProtocol>9</transportLayerProtocol>"), "unknown"),
        (device_xml(top="<fullConfig>False</fullConfig><encrConfig>true</encrConfig>"), "encrypted"),
        (device_xml(member_xml(0, "cm", 99999)), "no port"),
        (device_xml(member_xml(0, "c" * 2000)), "longer than"),
        (device_xml(profile="<startMediaPort>9</startMediaPort><stopMediaPort>9</stopMediaPort>"), "media"),
        (device_xml(lines=line_xml() * 101), "at most"),
        (b"<device>" + b" " * MAX_FILE + b"</device>", "longer than"),
        (b"<device>" + b"<a>" * 2000 + b"</a>" * 2000 + b"</device>", "not well-formed"),
    ],
)
def test_what_a_phone_does_not_apply(data: bytes, reason: str) -> None:
    with pytest.raises(UnusableConfiguration, match=reason):
        read_xml(data)


def test_no_entity_is_ever_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret")
    doctype = f'<!DOCTYPE device [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    with pytest.raises(UnusableConfiguration) as refused:
        read_xml(doctype + b"<device><phoneLabel>&x;</phoneLabel></device>")
    assert "top secret" not in str(refused.value)


def test_a_bomb_of_entities_is_refused() -> None:
    entities = b'<!ENTITY a0 "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 12)
    )
    with pytest.raises(UnusableConfiguration):
        read_xml(b"<!DOCTYPE device [" + entities + b"]><device>&a11;</device>")
    with pytest.raises(UnusableConfiguration, match="document type"):
        read_xml("<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE device><device/>".encode("utf-16"))


@given(st.binary(max_size=300), st.integers(0, 700))
def test_any_damage_is_refused_or_read(noise: bytes, place: int) -> None:
    whole = device_xml()
    try:
        configuration = read_xml(whole[:place] + noise + whole[place:])
    except UnusableConfiguration:
        return
    assert configuration.members
    assert configuration.lines
