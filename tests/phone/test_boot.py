"""The boot as a ladder: what the phone asks for, what it is given, what it does next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone.configurations import FLAT, PROFILE, device_xml, line_xml
from ringward.domain.secret import Secret
from ringward.phone.boot import FIRST_PAUSE, LONGEST_PAUSE, Boot
from ringward.phone.boot_orders import Booted, Fetch, Order, Pause, State
from ringward.phone.file_security import FileSecurity
from ringward.phone.flash import Item
from ringward.phone.identity import identify
from ringward.phone.xml_configuration import read_xml

XML_PHONE = identify("001122334455", "7961")
FLAT_PHONE = identify("001122334455", "7960")
PROFILE_PHONE = identify("001122334455", "7905")
CTL, OWN, DEFAULT = "CTLSEP001122334455.tlv", "SEP001122334455.cnf.xml", "XMLDefault.cnf.xml"


def hunt(boot: Boot, files: dict[str, bytes], silent: frozenset[str] = frozenset()) -> tuple[list[str], Order]:
    """Serve files to a boot until it has what it wants or pauses; returns what it asked for, and the end."""
    asked: list[str] = []
    order = boot.due() if boot.state is State.PAUSING else boot.start()
    while isinstance(order, Fetch):
        asked.append(f"{order.name}@{order.server}")
        if order.server in silent:
            order = boot.silent("no answer")
        elif order.name in files:
            order = boot.found(files[order.name])
        else:
            order = boot.missing()
    return asked, order


def test_a_nonsecure_cluster_has_no_trust_list() -> None:
    asked, end = hunt(Boot(XML_PHONE, ("a",)), {OWN: device_xml()})
    assert asked == [f"{CTL}@a", f"{OWN}@a"]
    assert isinstance(end, Booted)
    assert (end.file, end.server) == (OWN, "a")
    assert end.configuration == read_xml(device_xml())


def test_an_unknown_phone_takes_the_default_file() -> None:
    asked, end = hunt(Boot(XML_PHONE, ("a",)), {DEFAULT: device_xml()})
    assert asked == [f"{CTL}@a", f"{OWN}@a", f"{DEFAULT}@a"]
    assert isinstance(end, Booted)
    assert end.file == DEFAULT


def test_a_flat_file_phone_reads_its_own_file_over_the_default() -> None:
    files = {"SIPDefault.cnf": b"proxy2_address: 192.0.2.2\n", "SIP001122334455.cnf": FLAT}
    asked, end = hunt(Boot(FLAT_PHONE, ("a",)), files)
    assert asked == [f"{CTL}@a", "SIPDefault.cnf@a", "SIP001122334455.cnf@a"]
    assert isinstance(end, Booted)
    assert [member.host for member in end.configuration.members] == ["192.0.2.1", "192.0.2.2"]


def test_a_profile_phone_asks_for_its_profile_alone() -> None:
    asked, end = hunt(Boot(PROFILE_PHONE, ("a",)), {"ld001122334455": PROFILE})
    assert asked == ["ld001122334455@a"]
    assert isinstance(end, Booted)
    asked, end = hunt(Boot(PROFILE_PHONE, ("a", "b")), {}, silent=frozenset("a"))
    assert asked == ["ld001122334455@a", "ld001122334455@b"]
    assert isinstance(end, Pause)


def test_a_flat_file_phone_does_with_either_file() -> None:
    for name in ("SIPDefault.cnf", "SIP001122334455.cnf"):
        _, end = hunt(Boot(FLAT_PHONE, ("a",)), {name: FLAT})
        assert isinstance(end, Booted), name


def test_the_next_server_is_asked_when_one_is_silent() -> None:
    asked, end = hunt(Boot(XML_PHONE, ("a", "b")), {OWN: device_xml()}, silent=frozenset("a"))
    assert asked == [f"{CTL}@a", f"{CTL}@b", f"{OWN}@b"]
    assert isinstance(end, Booted)


def test_a_phone_asks_again_ever_more_rarely() -> None:
    boot = Boot(XML_PHONE, ("a", "b"))
    pauses = []
    for _ in range(8):
        _, end = hunt(boot, {})
        assert isinstance(end, Pause)
        assert end.reason == f"{DEFAULT} not found on a"
        pauses.append(end.seconds)
    assert pauses == [FIRST_PAUSE * 2**step for step in range(6)] + [LONGEST_PAUSE] * 2
    _, end = hunt(boot, {OWN: device_xml()})
    assert isinstance(end, Booted)


def test_all_servers_silent() -> None:
    asked, end = hunt(Boot(XML_PHONE, ("a", "b")), {}, silent=frozenset("ab"))
    assert asked == [f"{CTL}@a", f"{CTL}@b"]
    assert isinstance(end, Pause)
    assert end.reason == "b: no answer"


def test_a_bad_file_is_not_applied_and_asked_for_again() -> None:
    """PHONE-16."""
    boot = Boot(XML_PHONE, ("a",))
    _, end = hunt(boot, {OWN: b"<device>"})
    assert isinstance(end, Pause)
    assert "not well-formed" in end.reason
    assert any("not used" in entry for entry in boot.log)
    _, end = hunt(boot, {OWN: device_xml()})
    assert isinstance(end, Booted)


def test_credentials_in_flash_survive_a_boot() -> None:
    """CFGENC-34, PHONE-13."""
    with_password = line_xml(more="<authName>anna</authName><authPassword>pass</authPassword>")
    before = read_xml(device_xml(lines=with_password))
    _, end = hunt(Boot(XML_PHONE, ("a",), before), {OWN: device_xml()})
    assert isinstance(end, Booted)
    assert end.configuration.lines[0].auth_password == Secret("pass")


def test_a_phone_without_file_server() -> None:
    with pytest.raises(ValueError, match="file server"):
        Boot(XML_PHONE, ())


@given(
    st.sampled_from([XML_PHONE, FLAT_PHONE, PROFILE_PHONE]),
    st.lists(
        st.one_of(
            st.none(), st.just("silent"), st.binary(max_size=20), st.sampled_from([device_xml(), FLAT, PROFILE])
        )
    ),
)
def test_whatever_the_servers_say_the_boot_goes_on(identity: object, answers: list[bytes | str | None]) -> None:
    boot = Boot(identity, ("a", "b"))  # type: ignore[arg-type]
    order = boot.start()
    for answer in answers:
        if isinstance(order, Pause):
            order = boot.due()
        elif isinstance(order, Booted):
            assert order.configuration.lines
            return
        elif answer is None:
            order = boot.missing()
        else:
            order = boot.silent(answer) if isinstance(answer, str) else boot.found(answer)
    assert isinstance(order, (Fetch, Pause, Booted))


UNNUMBERED = (
    b"<Default><callManagerGroup><members><member priority='0'><callManager><processNodeName>192.0.2.1"
    b"</processNodeName></callManager></member></members></callManagerGroup></Default>"
)


def test_with_a_default_file_that_has_no_number_a_phone_registers_by_its_name() -> None:
    """CLUSTER-11; it keeps nothing of it, so that its own file is the first that it has."""
    security = FileSecurity()
    _, end = hunt(Boot(XML_PHONE, ("a",), security=security), {DEFAULT: UNNUMBERED})
    assert isinstance(end, Booted)
    assert end.configuration.is_default
    assert [line.number for line in end.configuration.lines] == ["SEP001122334455"]
    assert security.flash.read(Item.CONFIGURATION) is None
    _, end = hunt(Boot(XML_PHONE, ("a",), end.configuration), {OWN: device_xml()})
    assert isinstance(end, Booted)
    assert end.configuration == read_xml(device_xml())


def test_a_phone_that_had_a_number_goes_on_with_it() -> None:
    """PHONE-16."""
    before = read_xml(device_xml())
    _, end = hunt(Boot(XML_PHONE, ("a",), before), {DEFAULT: UNNUMBERED})
    assert isinstance(end, Booted)
    assert (end.kept, end.configuration) == (True, before)
