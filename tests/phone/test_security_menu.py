"""The security menu: CTL-20, PHONE-06, PHONE-11."""

from __future__ import annotations

from hashlib import md5, sha1

import pytest

from harness.signers import pair
from phone.secured import DEVICE, HOST, ctl, security
from ringward.domain.errors import Refused
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.files.trust_list import TrustListKind
from ringward.phone.flash import Item
from ringward.phone.identity import identify
from ringward.phone.security_menu import SecurityMenu


@pytest.mark.parametrize(("model", "digest"), [("7960", md5), ("7970", sha1)])
def test_shows_what_the_phone_trusts_and_holds(model: str, digest) -> None:  # type: ignore[no-untyped-def]
    secured = security()
    menu = SecurityMenu(identify(DEVICE, model), secured)
    shown = dict(menu.lines(None))
    assert shown["CTL File"] == "Not Installed"
    assert shown["LSC"] == shown["MIC"] == "Not Installed"
    secured.trust.offer(TrustListKind.CTL, ctl())
    secured.keys.install(Item.LSC, pair(DEVICE))
    shown = dict(menu.lines(DeviceSecurityMode.ENCRYPTED))
    assert shown["Security Mode"] == "Encrypted"
    assert shown["LSC"] == "Installed"
    assert shown["CTL File"] == digest(ctl()).hexdigest()
    assert shown["  CCM+TFTP"] == f"{HOST}: CN=pub"
    assert "by CN=token one" in shown["  Signed"]


@pytest.mark.parametrize("model", ["7960", "7970"])
def test_the_list_is_erased_only_after_the_menu_was_unlocked(model: str) -> None:
    """CTL-20."""
    secured = security(lists=ctl())
    menu = SecurityMenu(identify(DEVICE, model), secured)
    with pytest.raises(Refused, match="locked"):
        menu.erase_trust_lists()
    with pytest.raises(Refused, match="do nothing"):
        menu.press("**")
    assert secured.trust.held(TrustListKind.CTL) is not None
    menu.press("**#")
    menu.erase_trust_lists()
    assert secured.trust.held(TrustListKind.CTL) is None
    assert menu.is_locked


def test_a_symmetric_key_is_taken_in_the_length_of_the_model() -> None:
    secured = security()
    menu = SecurityMenu(identify(DEVICE, "7960"), secured)
    with pytest.raises(Refused, match="locked"):
        menu.accept_symmetric_key("5A" * 16)
    menu.press("**#")
    for wrong in ("5A" * 15, "5A" * 32, "x" * 32, ""):
        with pytest.raises(Refused, match="32 hexadecimal digits"):
            menu.accept_symmetric_key(wrong)
    menu.accept_symmetric_key("5A" * 16)
    shown = dict(menu.lines(None))
    assert shown["Symmetric Key"] == "Entered"
    assert all("5A5A" not in value for value in shown.values())
    with_keys = SecurityMenu(identify(DEVICE, "7970"), security())
    with_keys.press("**#")
    with pytest.raises(Refused, match="takes no symmetric key"):
        with_keys.accept_symmetric_key("5A" * 16)
    assert "Symmetric Key" not in dict(with_keys.lines(None))


def test_without_settings_access_there_is_no_menu() -> None:
    """HARD-11, HARD-12, HARD-13: what is set stays as it is."""
    secured = security(lists=ctl())
    shown = [True]
    menu = SecurityMenu(identify(DEVICE, "7970"), secured, lambda: shown[0])
    menu.press("**#")
    shown[0] = False
    with pytest.raises(Refused, match="locked"):
        menu.erase_trust_lists()
    assert list(menu.lines(None)) == [("Settings", "disabled by the administrator")]
    with pytest.raises(Refused, match="Settings Access"):
        menu.press("**#")
    assert secured.trust.held(TrustListKind.CTL) is not None
