from __future__ import annotations

from collections.abc import Callable

import pytest

from ringward.domain.vocabulary import DeviceSecurityMode, FileFamily, Protocol, TransportType
from ringward.files.phone_configuration import CallManagerNode, PhoneConfiguration

PhoneMaker = Callable[..., PhoneConfiguration]


@pytest.mark.parametrize(
    "changes",
    [
        {"device_name": "SEP00112233445"},
        {"device_name": "SEP00112233445g"},
        {"device_name": "sep001122334455"},
        {"device_name": "../../etc/passwd"},
        {"model": "7999"},
        {"call_managers": ()},
        {"call_managers": (CallManagerNode("a"),) * 6},
        {"transport": TransportType.TLS},
        {"security_mode": DeviceSecurityMode.ENCRYPTED},
    ],
)
def test_what_no_phone_may_be_given_is_no_configuration(
    changes: dict[str, object], make_phone: PhoneMaker
) -> None:
    with pytest.raises(ValueError):
        make_phone(**changes)


def test_sccp_knows_no_sip_transport(make_phone: PhoneMaker) -> None:
    phone = make_phone(protocol=Protocol.SCCP, security_mode=DeviceSecurityMode.ENCRYPTED)
    assert phone.common.security_mode is DeviceSecurityMode.ENCRYPTED


def test_files_and_names(make_phone: PhoneMaker) -> None:
    assert make_phone().mac == "001122334455"
    assert make_phone().common.file_family is FileFamily.SEP_XML
    assert make_phone("7960").common.file_family is FileFamily.SIP_FLAT
    assert make_phone("7960", Protocol.SCCP).common.file_family is FileFamily.SEP_XML
    assert make_phone("7912").common.file_family is FileFamily.PROFILE_TEXT


def test_without_secrets(make_phone: PhoneMaker) -> None:
    bare = make_phone().without_secrets()
    assert bare.phone_password is None
    assert all(line.digest is None for line in bare.lines)


def test_secrets_do_not_show(make_phone: PhoneMaker) -> None:
    shown = repr(make_phone())
    assert "s3cret" not in shown
    assert "unlock" not in shown
