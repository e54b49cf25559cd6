"""From records to what a phone's file says, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from ringward.administration.snapshot import ClusterConfiguration
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import predefined_records
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.service_parameters import CallManagerParameters, TftpParameters
from ringward.domain.setting import Noun
from ringward.domain.vocabulary import (
    ClusterSecurityMode,
    DeviceSecurityMode,
    FileFamily,
    Protocol,
    Switch,
    TransportType,
)
from ringward.files.phone_configuration import PhoneConfiguration
from ringward.services.tftp.source import ClusterSource

SERVER = Server("pub", "192.0.2.10", "First", ethernet_phone_port=2100)
DEVICE = "SEP001122334455"
USER = EndUser("alice", "Adams", digest_credentials=Secret("s3cret"))


def cluster(
    records: Iterable[Noun], mode: ClusterSecurityMode = ClusterSecurityMode.NONSECURE
) -> ClusterConfiguration:
    everything: dict[str, dict[str, Noun]] = {noun: {} for noun in NOUNS}
    for record in (*predefined_records(SERVER), *records):
        everything[record.noun][record.key] = record
    return ClusterConfiguration(
        sequence=1,
        enterprise=EnterpriseParameters(cluster_security_mode=mode, url_services="http://192.0.2.10/s"),
        call_manager={"pub": CallManagerParameters(sip_keepalive_interval=90, sip_timer_t1=400)},
        tftp={"pub": TftpParameters()},
        capf={},
        phone_certificates={},
        records=everything,
    )


def phone(model: str = "7961", protocol: Protocol = Protocol.SIP, **changes: object) -> Phone:
    made = Phone(
        device_name=DEVICE,
        model=model,
        protocol=protocol,
        security_profile="secure",
        digest_user="alice",
        phone_password=Secret("unlock"),
        lines=(PhoneLine(1, "1001", label="Desk"), PhoneLine(2, "1002/Staff")),
        web_access=Switch.DISABLED,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def profile(model: str = "7961", protocol: Protocol = Protocol.SIP, **changes: object) -> PhoneSecurityProfile:
    made = PhoneSecurityProfile("secure", model, protocol, digest_authentication=protocol is Protocol.SIP)
    return replace(made, **changes).settled()  # type: ignore[arg-type]


def configured(
    device: Phone,
    security: PhoneSecurityProfile,
    *more: Noun,
    mode: ClusterSecurityMode = ClusterSecurityMode.NONSECURE,
) -> PhoneConfiguration:
    source = ClusterSource(lambda: cluster((device, security, USER, *more), mode))
    found = source.phone(DEVICE)
    assert found is not None
    return found


def test_an_unknown_phone_has_none() -> None:
    assert ClusterSource(lambda: cluster(())).phone(DEVICE) is None


def test_servers_clock_addresses_and_timers() -> None:
    vienna = DateTimeGroup("Vienna", "Europe/Vienna", "D.M.Y", ("192.0.2.20",))
    found = configured(
        phone(device_pool="Branch"), profile(), vienna, DevicePool("Branch", date_time_group="Vienna")
    )
    [node] = found.common.call_managers
    assert (node.process_node_name, node.name, node.ethernet_phone_port) == ("192.0.2.10", "pub", 2100)
    assert (found.common.time_zone, found.common.date_template) == ("Europe/Vienna", "D.M.Y")
    assert found.common.ntp_servers == ("192.0.2.20",)
    assert found.common.urls.services == "http://192.0.2.10/s"
    assert (found.common.sip.keepalive_expires, found.common.sip.t1_milliseconds) == (90, 400)
    assert found.phone_label == "Desk"


def test_the_offset_of_a_node_is_in_every_port() -> None:
    source = ClusterSource(lambda: cluster((phone(), profile(), USER)), port_offset=20_000)
    found = source.phone(DEVICE)
    assert found is not None
    [node] = found.common.call_managers
    assert (node.ethernet_phone_port, node.sip_port, node.sip_secure_port) == (22_100, 25_060, 25_061)


def test_credentials_of_the_digest_user_are_in_each_line() -> None:
    """TFTP-07, SIPD-19; in a nonsecure cluster as well (CLUSTER-10)."""
    found = configured(phone(), profile())
    assert [line.digest.user for line in found.lines if line.digest] == ["alice", "alice"]
    assert found.lines[0].digest is not None
    assert found.lines[0].digest.password.reveal() == "s3cret"


@pytest.mark.parametrize(
    ("device", "security"),
    [
        (phone(), profile(exclude_digest_credentials=True)),
        (phone(), profile(exclude_digest_credentials=True, tftp_encrypted_config=True)),
        (phone(), profile(digest_authentication=False)),
        (phone(digest_user=None), profile()),
        (phone(protocol=Protocol.SCCP), profile(protocol=Protocol.SCCP)),
        (phone("Third-party SIP"), profile("Third-party SIP")),
    ],
)
def test_no_credentials_where_they_are_not_due(device: Phone, security: PhoneSecurityProfile) -> None:
    """CFGENC-33, MODEL-12."""
    found = configured(device, security)
    assert [line.digest for line in found.lines] == [None, None]


def test_a_digest_user_without_credentials_leaves_them_out() -> None:
    source = ClusterSource(lambda: cluster((phone(), profile(), replace(USER, digest_credentials=None))))
    found = source.phone(DEVICE)
    assert found is not None
    assert found.lines[0].digest is None


def test_in_a_nonsecure_cluster_the_file_says_nonsecure() -> None:
    """CLUSTER-02, CLUSTER-07: whatever the profile says."""
    encrypted = profile(device_security_mode=DeviceSecurityMode.ENCRYPTED, tftp_encrypted_config=True)
    found = configured(phone(), encrypted)
    assert found.common.security_mode is DeviceSecurityMode.NONSECURE
    assert found.common.transport is TransportType.TCP
    assert not found.common.encrypted


def test_in_a_mixed_cluster_the_profile_is_in_force() -> None:
    """TFTP-07."""
    encrypted = profile(device_security_mode=DeviceSecurityMode.ENCRYPTED, tftp_encrypted_config=True)
    found = configured(phone(), encrypted, mode=ClusterSecurityMode.MIXED)
    assert found.common.security_mode is DeviceSecurityMode.ENCRYPTED
    assert found.common.transport is TransportType.TLS
    assert found.common.encrypted
    assert [each.process_node_name for each in found.common.capf] == ["192.0.2.10"]


def test_hardening_as_far_as_the_model_can() -> None:
    """TFTP-07."""
    found = configured(phone(), profile())
    assert found.hardening.web_access is Switch.DISABLED
    assert configured(phone("7960"), profile("7960")).hardening.web_access is None


def test_the_phone_password_only_where_a_file_can_carry_it() -> None:
    assert configured(phone(), profile()).phone_password == Secret("unlock")
    assert configured(phone("7960", Protocol.SCCP), profile("7960", Protocol.SCCP)).phone_password is None


def test_a_number_on_two_phones_is_a_shared_line() -> None:
    other = phone(device_name="SEP00112233AAAA", lines=(PhoneLine(1, "1002/Staff"),))
    found = configured(phone(), profile(), other, DirectoryNumber("1001"), DirectoryNumber("1002", "Staff"))
    assert [line.shared for line in found.lines] == [False, True]


def test_every_model_has_a_configuration_or_no_file() -> None:
    for row in {
        (each.model, each.protocol)
        for each in predefined_records(SERVER)
        if isinstance(each, PhoneSecurityProfile)
    }:
        found = configured(phone(*row), profile(*row))
        assert (found.common.file_family is FileFamily.NONE) == (row[0] == "Third-party SIP")


def test_defaults_are_those_of_the_default_pool() -> None:
    found = ClusterSource(lambda: cluster(())).defaults()
    assert [node.name for node in found.call_managers] == ["pub"]
    assert found.time_zone == "UTC"
