"""The boot of a phone that trusts somebody, as a ladder: areas CTL, CFGENC and PHONE, seen from the phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.signers import pair, signer
from phone.configurations import FLAT, PROFILE, device_xml, line_xml
from phone.secured import CIPHERS, DEVICE, HOST, START, ctl, enc, encrypting_full, itl, partial, security, sgn
from ringward.domain.errors import Refused
from ringward.domain.secret import Secret
from ringward.files import encrypted_file, profile_encryption
from ringward.files.encrypted_file import FileKey
from ringward.files.trust_list import TrustListKind
from ringward.phone.boot import Boot
from ringward.phone.boot_orders import Booted, Enrol, Fetch, Order, Pause, State
from ringward.phone.file_security import FileSecurity
from ringward.phone.flash import Flash, Item
from ringward.phone.identity import identify
from ringward.phone.xml_configuration import read_xml

PHONE, FLAT_PHONE = identify(DEVICE, "7961"), identify(DEVICE, "7960")
SERVER = f"{HOST}:69"
CTL, ITL, OWN = f"CTL{DEVICE}.tlv", f"ITL{DEVICE}.tlv", f"{DEVICE}.cnf.xml"
SGN, ENC = f"{OWN}.sgn", f"{OWN}.enc.sgn"


class Ladder:
    """One phone and the files of its server."""

    def __init__(self, secured: FileSecurity, files: dict[str, bytes], **more: bool) -> None:
        self.security = secured
        self.files = files
        self.asked: list[str] = []
        self.boot = Boot(PHONE, (SERVER,), None, secured, **more)
        self.end = self.go_on(self.boot.start())

    def go_on(self, order: Order) -> Order:
        while isinstance(order, Fetch):
            self.asked.append(order.name)
            found = self.files.get(order.name)
            order = self.boot.missing() if found is None else self.boot.found(found)
        return order

    @property
    def booted(self) -> Booted:
        assert isinstance(self.end, Booted), self.boot.log
        return self.end


def test_the_first_trust_list_leads_to_signed_files_at_once() -> None:
    """CTL-10, PHONE-04."""
    ladder = Ladder(security(), {CTL: ctl(), SGN: sgn(device_xml())})
    assert ladder.asked == [CTL, SGN]
    assert ladder.booted.configuration == read_xml(device_xml())
    assert "verified" in ladder.security.verdicts[SGN]


def test_an_emptied_list_leads_to_unsigned_files() -> None:
    """CTL-10."""
    ladder = Ladder(security(lists=ctl()), {CTL: ctl(now=START + 1, emptied=True), OWN: device_xml()})
    assert ladder.asked == [CTL, OWN]
    assert ladder.booted.file == OWN


@pytest.mark.parametrize(
    "bad",
    [
        sgn(device_xml())[:-1] + b"?",
        sgn(device_xml(), "SEP00AABBCCDDEE.cnf.xml.sgn"),
        sgn(device_xml(), server="stranger"),
        sgn(device_xml(), server="token one"),
        device_xml(),
        b"",
    ],
    ids=["changed", "of another phone", "by a stranger", "by a token", "not signed", "empty"],
)
def test_a_bad_file_is_refused_and_the_old_one_stays(bad: bytes) -> None:
    """PHONE-04, TFTP-15."""
    secured = security()
    Ladder(secured, {CTL: ctl(), SGN: sgn(device_xml(lines=line_xml(number="1001")))})
    again = Ladder(secured, {CTL: ctl(), SGN: bad})
    assert again.booted.kept
    assert again.booted.configuration.lines[0].number == "1001"
    assert secured.verdicts[SGN].startswith("refused")
    fresh = Ladder(security(), {CTL: ctl(), SGN: bad})
    assert isinstance(fresh.end, Pause)


def test_a_refused_list_changes_nothing() -> None:
    ladder = Ladder(
        security(lists=ctl()), {CTL: ctl("stranger", ("stranger", "pub"), now=START + 9), SGN: sgn(device_xml())}
    )
    assert ladder.booted.file == SGN
    assert any("refused" in entry and "stays" in entry for entry in ladder.boot.log)


def test_the_default_file_must_be_signed_too() -> None:
    name = "XMLDefault.cnf.xml.sgn"
    ladder = Ladder(security(), {CTL: ctl(), name: sgn(device_xml(), name)})
    assert ladder.asked == [CTL, SGN, name]
    assert ladder.booted.file == name
    assert isinstance(Ladder(security(), {CTL: ctl(), name: device_xml()}).end, Pause)


def test_a_server_that_the_list_does_not_name_is_not_asked() -> None:
    """TFTP-13, PHONE-17: not even in the boot that brought the list."""
    ladder = Ladder(security(), {CTL: ctl(host="192.0.2.99"), SGN: sgn(device_xml())})
    assert ladder.asked == [CTL]
    assert isinstance(ladder.end, Pause)
    assert Ladder(ladder.security, {}).asked == []


def test_an_identity_list_leads_to_signed_files_without_any_token() -> None:
    ladder = Ladder(security(), {ITL: itl(), SGN: sgn(device_xml())}, identity_list=True)
    assert ladder.asked == [CTL, ITL, SGN]
    assert ladder.booted.file == SGN
    ladder = Ladder(security(), {OWN: device_xml()}, identity_list=True)
    assert ladder.asked == [CTL, ITL, OWN]


def test_from_the_partial_file_to_the_encrypted_one_and_back() -> None:
    """CFGENC-22, CFGENC-28, TFTP-11: .sgn, .enc.sgn; next time .enc.sgn; off again: not found, .sgn."""
    secured = security(mic=DEVICE)
    files = {CTL: ctl(), SGN: sgn(partial()), ENC: enc(encrypting_full())}
    first = Ladder(secured, files)
    assert first.asked == [CTL, SGN, ENC]
    assert secured.verdicts[ENC] == "verified and decrypted"
    assert first.booted.configuration.lines == read_xml(device_xml()).lines
    assert Ladder(secured, files).asked == [CTL, ENC]
    off = {CTL: ctl(), SGN: sgn(device_xml())}
    assert Ladder(secured, off).asked == [CTL, ENC, SGN]
    assert Ladder(secured, off).asked == [CTL, SGN]


@pytest.mark.parametrize("known", [None, "another phone"])
def test_a_server_that_does_not_know_our_certificate_sends_us_to_capf(known: str | None) -> None:
    """CFGENC-23: blank or other hash; and a phone without certificate."""
    files = {CTL: ctl(), SGN: sgn(partial(known))}
    ladder = Ladder(security(mic=DEVICE), files)
    assert isinstance(ladder.end, Enrol)
    assert "public-key mismatch" in ladder.end.reason
    assert ladder.end.capf == ((HOST, 3804),)
    assert isinstance(Ladder(security(), {CTL: ctl(), SGN: sgn(partial())}).end, Enrol)


def test_after_the_certificate_operation_the_encrypted_file_is_fetched() -> None:
    """CFGENC-24."""
    ladder = Ladder(security(), {CTL: ctl(), SGN: sgn(partial(None))})
    assert isinstance(ladder.end, Enrol)
    ladder.security.keys.install(Item.LSC, pair(DEVICE))
    ladder.files |= {SGN: sgn(partial()), ENC: enc(encrypting_full())}
    ladder.end = ladder.go_on(ladder.boot.enrolled())
    assert ladder.booted.file == ENC
    assert ladder.boot.state is State.CONFIGURED


def test_a_certificate_operation_that_does_not_help_is_not_tried_for_ever() -> None:
    ladder = Ladder(security(mic=DEVICE), {CTL: ctl(), SGN: sgn(partial(None))})
    assert isinstance(ladder.end, Enrol)
    assert isinstance(ladder.go_on(ladder.boot.enrolled()), Pause)
    ladder = Ladder(security(mic=DEVICE), {CTL: ctl(), SGN: sgn(partial(None))})
    assert isinstance(ladder.go_on(ladder.boot.not_enrolled("CAPF is silent")), Pause)


def test_a_file_for_another_key_is_never_used() -> None:
    """CFGENC-26, PHONE-16: the phone asks what the server knows of it, then goes to CAPF; the old one stays."""
    secured = security(mic=DEVICE)
    files = {CTL: ctl(), SGN: sgn(partial()), ENC: enc(encrypting_full())}
    Ladder(secured, files)
    ladder = Ladder(secured, files | {ENC: enc(encrypting_full(), phone="another phone")})
    assert ladder.asked == [CTL, ENC, SGN]
    assert isinstance(ladder.end, Enrol)
    end = ladder.go_on(ladder.boot.not_enrolled("CAPF is silent"))
    assert isinstance(end, Booted)
    assert end.kept


def test_an_encrypted_file_with_a_bad_signature_is_never_decrypted() -> None:
    """CFGENC-26."""
    ladder = Ladder(
        security(mic=DEVICE), {CTL: ctl(), SGN: sgn(partial()), ENC: enc(encrypting_full(), server="stranger")}
    )
    assert isinstance(ladder.end, Pause)
    assert "signer" in ladder.security.verdicts[ENC]


def test_everything_survives_a_power_cut(tmp_path: Path) -> None:
    """PHONE-13, PHONE-16: lists, configuration and the credentials that only an earlier file carried."""
    with_password = line_xml(more="<authName>anna</authName><authPassword>pass</authPassword>")
    Ladder(security(flash=Flash(tmp_path)), {CTL: ctl(), SGN: sgn(device_xml(lines=with_password))})
    Ladder(security(flash=Flash(tmp_path)), {CTL: ctl(), SGN: sgn(device_xml())})
    later = Ladder(security(flash=Flash(tmp_path)), {CTL: ctl(), SGN: b"rubbish"})
    assert later.booted.kept
    assert later.booted.configuration.lines[0].auth_password == Secret("pass")
    assert later.security.trust.held(TrustListKind.CTL) is not None


# -- 7940 and 7960 with SIP software ------------------------------------------------------------------------

KEY = "5A" * 16
FLAT_ENC = "SIP001122334455.cnf.enc.sgn"


def sealed(key: str) -> bytes:
    return encrypted_file.build_with_typed_key(
        FLAT_ENC, FLAT, signer("pub"), START, CIPHERS, FileKey(bytes.fromhex(key), bytes(16))
    )


def flat(secured: FileSecurity, files: dict[str, bytes]) -> tuple[list[str], Order]:
    boot = Boot(FLAT_PHONE, (SERVER,), None, secured)
    asked, order = [], boot.start()
    while isinstance(order, Fetch):
        asked.append(order.name)
        order = boot.found(files[order.name]) if order.name in files else boot.missing()
    return asked[2:], order


def test_with_a_symmetric_key_nothing_but_the_encrypted_file_is_asked_for() -> None:
    """CFGENC-14, CFGENC-20, CFGENC-21, PHONE-11."""
    secured = security()
    secured.accept_symmetric_key("7960", KEY)
    asked, end = flat(secured, {FLAT_ENC: sealed(KEY)})
    assert asked == [FLAT_ENC]
    assert isinstance(end, Booted)
    asked, end = flat(security(flash=secured.flash), {"SIP001122334455.cnf": FLAT})
    assert asked == [FLAT_ENC]
    assert isinstance(end, Booted)
    assert end.kept
    secured.accept_symmetric_key("7960", "0" * 32)
    asked, end = flat(secured, {"SIP001122334455.cnf": FLAT})
    assert asked == ["SIP001122334455.cnf"]


@pytest.mark.parametrize("content", [sealed("5B" * 16), FLAT, b""])
def test_another_symmetric_key_gives_no_configuration(content: bytes) -> None:
    """CFGENC-20."""
    secured = security()
    secured.accept_symmetric_key("7960", KEY)
    _, end = flat(secured, {FLAT_ENC: content})
    assert isinstance(end, Pause)


# -- 7905 and 7912 with SIP software ------------------------------------------------------------------------

LONG_KEY = "5A" * 32
PROFILE_PHONE = identify(DEVICE, "7905")
CLEAR_PROFILE, ENCRYPTED_PROFILE = "ld001122334455", "LD001122334455.x"


def profile(secured: FileSecurity, files: dict[str, bytes]) -> tuple[list[str], Order]:
    boot = Boot(PROFILE_PHONE, (SERVER,), None, secured)
    order = boot.start()
    assert isinstance(order, Fetch)
    return [order.name], boot.found(files[order.name]) if order.name in files else boot.missing()


def test_a_7905_decrypts_its_profile_and_deletes_its_key() -> None:
    """CFGENC-11, CFGENC-14, CFGENC-20, CFGENC-21, MODEL-06."""
    secured = security()
    secured.accept_symmetric_key("7905", LONG_KEY)
    sealed_profile = profile_encryption.build(PROFILE, CIPHERS, bytes.fromhex(LONG_KEY), bytes(16))
    asked, end = profile(secured, {ENCRYPTED_PROFILE: sealed_profile})
    assert asked == [ENCRYPTED_PROFILE]
    assert isinstance(end, Booted)
    assert end.configuration.lines[0].auth_password == Secret("s3cret")
    other_key = security()
    other_key.accept_symmetric_key("7905", "5B" * 32)
    assert isinstance(profile(other_key, {ENCRYPTED_PROFILE: sealed_profile})[1], Pause)
    secured.delete_symmetric_key("7905")
    asked, end = profile(secured, {CLEAR_PROFILE: PROFILE})
    assert asked == [CLEAR_PROFILE]
    with pytest.raises(Refused, match="enter one of zeros"):
        secured.delete_symmetric_key("7960")


# -- digest credentials that are typed in -------------------------------------------------------------------


def test_typed_credentials_are_kept_until_a_file_carries_others() -> None:
    """PHONE-12, PHONE-13, MODEL-12, R-26."""
    without = b"proxy1_address: 192.0.2.1\nline1_name: 1001\n"
    secured = security()
    flat(secured, {"SIP001122334455.cnf": without})
    secured.enter_digest_credentials("7960", "anna", Secret("typed"))
    _, end = flat(secured, {"SIP001122334455.cnf": without})
    assert isinstance(end, Booted)
    assert (end.configuration.lines[0].auth_name, end.configuration.lines[0].auth_password) == (
        "anna",
        Secret("typed"),
    )
    _, end = flat(secured, {"SIP001122334455.cnf": FLAT})
    assert isinstance(end, Booted)
    assert end.configuration.lines[0].auth_password == Secret("s3cret")
    with pytest.raises(Refused, match="come with its file"):
        secured.enter_digest_credentials("7961", "anna", Secret("typed"))
