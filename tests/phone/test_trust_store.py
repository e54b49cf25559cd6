"""How a phone takes trust lists: CTL-16, CTL-19, PHONE-04, PHONE-17."""

from __future__ import annotations

from pathlib import Path

import pytest

from files import vectors
from phone.secured import HOST, START, ctl, itl
from ringward.files.envelope import Fault, RefusedFile
from ringward.files.trust_list import TrustListKind
from ringward.phone.flash import Flash, Item
from ringward.phone.trust_store import TrustStore
from ringward.pki.listing import verify_signature

CTL, ITL = TrustListKind.CTL, TrustListKind.ITL


def store(flash: Flash | None = None) -> TrustStore:
    return TrustStore(flash or Flash(), verify_signature)


def refused(phone: TrustStore, content: bytes, kind: TrustListKind = CTL) -> Fault:
    before = phone.held(kind)
    with pytest.raises(RefusedFile) as refusal:
        phone.offer(kind, content)
    assert phone.held(kind) == before, "what was refused must not be kept"
    return refusal.value.fault


def test_the_first_list_is_believed_and_later_ones_must_be_vouched_for(tmp_path: Path) -> None:
    flash = Flash(tmp_path)
    phone = store(flash)
    assert "taken on trust" in phone.offer(CTL, ctl())
    assert phone.offer(CTL, ctl()) == "the same as before"
    assert "updated; signed by CN=token two" in phone.offer(CTL, ctl("token two", now=START + 1))
    assert flash.read(Item.CTL_BACKUP) == ctl()
    again = store(Flash(tmp_path))
    assert again.held(CTL) == phone.held(CTL)


def test_a_stranger_cannot_replace_a_list() -> None:
    phone = store()
    phone.offer(CTL, ctl())
    strangers = ctl("stranger", ("stranger", "other stranger"), now=START + 1)
    assert refused(phone, strangers) is Fault.SIGNER
    assert "taken on trust" in store().offer(CTL, strangers)


def test_a_token_signs_itself_out_of_reach_only_by_an_older_one() -> None:
    """Adding a token: both in the list, signed by the old one; the new one counts from then on."""
    phone = store()
    phone.offer(CTL, ctl(tokens=("token one", "token two")))
    by_newcomer = ctl("token three", ("token one", "token two", "token three"), now=START + 1)
    assert refused(phone, by_newcomer) is Fault.SIGNER
    phone.offer(CTL, ctl("token one", ("token one", "token two", "token three"), now=START + 1))
    phone.offer(CTL, ctl("token three", ("token three", "token two"), now=START + 2))
    assert refused(phone, ctl("token one", ("token one", "token two"), now=START + 3)) is Fault.SIGNER


def test_a_server_does_not_sign_lists() -> None:
    phone = store()
    phone.offer(CTL, ctl())
    assert refused(phone, ctl("pub", ("pub", "token two"), now=START + 1)) is Fault.SIGNER


def test_an_older_list_is_refused() -> None:
    phone = store()
    phone.offer(CTL, ctl())
    assert refused(phone, ctl(now=START - 1)) is Fault.TIMESTAMP


@pytest.mark.parametrize("place", [3, 50, 300, 900, -1])
def test_a_changed_list_is_refused(place: int) -> None:
    phone = store()
    data = bytearray(ctl())
    data[place] ^= 1
    refused(phone, bytes(data))
    assert phone.held(CTL) is None
    phone.offer(CTL, ctl())
    data = bytearray(ctl(now=START + 1))
    data[place] ^= 1
    refused(phone, bytes(data))


def test_the_emptied_list_makes_the_phone_ask_for_unsigned_files() -> None:
    """CTL-10, CTL-13."""
    phone = store()
    phone.offer(CTL, ctl())
    phone.offer(CTL, ctl(now=START + 1, emptied=True))
    assert not phone.asks_for_signed_files
    phone.offer(CTL, ctl("token two", now=START + 2))
    assert phone.asks_for_signed_files


def test_an_erased_phone_believes_anybody_again() -> None:
    """CTL-19."""
    flash = Flash()
    phone = store(flash)
    phone.offer(CTL, ctl())
    phone.erase()
    assert flash.read(Item.CTL) is None
    assert "taken on trust" in phone.offer(CTL, ctl("stranger", ("stranger", "other stranger")))


def test_files_come_only_from_servers_in_the_list() -> None:
    """PHONE-17."""
    phone = store()
    assert phone.takes_files_from("198.51.100.1")
    phone.offer(CTL, ctl())
    assert phone.takes_files_from(HOST)
    assert not phone.takes_files_from("198.51.100.1")


def test_an_identity_list_alone_is_believed_and_beside_a_ctl_it_must_be_of_its_server() -> None:
    phone = store()
    assert "taken on trust" in phone.offer(ITL, itl())
    assert phone.asks_for_signed_files
    assert refused(phone, itl("another server"), ITL) is Fault.SIGNER
    secured = store()
    secured.offer(CTL, ctl())
    assert refused(secured, itl("another server"), ITL) is Fault.SIGNER
    secured.offer(ITL, itl())


def test_one_list_does_not_pass_for_the_other() -> None:
    assert refused(store(), itl(), CTL) is Fault.FILE_NAME
    assert refused(store(), ctl(), ITL) is Fault.FILE_NAME


def test_lists_made_by_others_are_taken_as_their_makers_say() -> None:
    phone = store()
    phone.offer(CTL, vectors.read("certutils/ctl/CTLFile.tlv"))
    phone.offer(CTL, vectors.read("certutils/ctl/CTLFile-updated-signed-by-sast2.tlv"))
    refused(phone, vectors.read("certutils/ctl/CTLFile-rogue.tlv"))
    assert "taken on trust" in store().offer(CTL, vectors.read("certutils/ctl/CTLFile-rogue.tlv"))
    refused(store(), vectors.read("native/negative/CTLFile-truncated.tlv"))


def test_a_worn_out_flash_is_an_empty_one() -> None:
    flash = Flash()
    flash.write(Item.CTL, b"worn out")
    assert store(flash).held(CTL) is None
