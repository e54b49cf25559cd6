"""Every kind of file, octet by octet: a change of what phones get is seen and meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ringward.domain.vocabulary import Protocol
from ringward.files import defaults, dial_plan, flat_sip, ld_profile, ring_list, sep_xml
from ringward.files.phone_configuration import DefaultConfiguration, PhoneConfiguration

GOLDEN = Path(__file__).parent / "golden"
PhoneMaker = Callable[..., PhoneConfiguration]


@pytest.mark.parametrize(
    ("file", "model", "protocol", "build"),
    [
        ("7961-sip.cnf.xml", "7961", Protocol.SIP, sep_xml.build),
        ("7961-sip-partial.cnf.xml", "7961", Protocol.SIP, sep_xml.build_partial),
        ("7970-sccp.cnf.xml", "7970", Protocol.SCCP, sep_xml.build),
        ("7960-sip-loader.cnf.xml", "7960", Protocol.SIP, sep_xml.build_without_lines),
        ("7960-sip.cnf", "7960", Protocol.SIP, flat_sip.build),
        ("7940-sip.cnf", "7940", Protocol.SIP, flat_sip.build),
        ("7912-sip-gk.txt", "7912", Protocol.SIP, ld_profile.build),
    ],
)
def test_files_of_phones(
    file: str,
    model: str,
    protocol: Protocol,
    build: Callable[[PhoneConfiguration], bytes],
    make_phone: PhoneMaker,
) -> None:
    assert build(make_phone(model, protocol)).decode() == (GOLDEN / file).read_text()


@pytest.mark.parametrize(
    ("file", "build"),
    [
        ("XMLDefault.cnf.xml", defaults.build),
        ("SIPDefault.cnf", flat_sip.build_default),
        ("lddefault.cfg", ld_profile.build_default),
    ],
)
def test_default_files(
    file: str, build: Callable[[DefaultConfiguration], bytes], default: DefaultConfiguration
) -> None:
    assert build(default).decode() == (GOLDEN / file).read_text()


def test_ring_list() -> None:
    built = ring_list.build(["OldStyle.raw", "Chime.pcm", "readme.txt"])
    assert built.decode() == (GOLDEN / "Ringlist.xml").read_text()


def test_dial_plan() -> None:
    assert dial_plan.build().decode() == (GOLDEN / "dialplan.xml").read_text()
