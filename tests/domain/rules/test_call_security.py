from __future__ import annotations

import itertools

import pytest

from ringward.domain.rules.call_security import (
    LegKind,
    LegSecurity,
    MediaResource,
    SecurityIcon,
    call_security,
    icon,
    ignores_wideband,
    leg_security,
    may_encrypt_media,
    two_party_security,
    uses_mtp_in_the_clear,
    uses_srtp,
)
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode
CLASS = {mode: CallSecurityClass(int(mode)) for mode in DeviceSecurityMode}
MODES = list(DeviceSecurityMode)


def leg(mode: DeviceSecurityMode, *, media: bool | None = None, kind: LegKind = LegKind.PHONE) -> LegSecurity:
    """A leg whose media is encrypted if its mode says so."""
    return LegSecurity("the phone", mode, mode is ENCRYPTED if media is None else media, kind)


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)))
def test_call_01_to_03_a_call_has_the_class_of_its_weakest_leg(modes: tuple[DeviceSecurityMode, ...]) -> None:
    """CALL-01, CALL-02."""
    result = call_security([leg(mode) for mode in modes])
    assert result.call_class is CLASS[min(modes)]
    assert result.reason.startswith(f"{result.call_class.name.lower()} because ")


def test_call_01_two_encrypted_and_one_nonsecure() -> None:
    """CALL-01."""
    result = call_security([leg(ENCRYPTED), leg(ENCRYPTED), leg(NONSECURE)])
    assert result.reason == "nonsecure because the phone's profile is Non Secure"


def test_call_04_encrypted_becomes_nonsecure_not_authenticated() -> None:
    now = [leg(ENCRYPTED), leg(ENCRYPTED, media=False)]
    assert call_security(now).call_class is CallSecurityClass.AUTHENTICATED
    assert call_security(now, was_encrypted=True).call_class is CallSecurityClass.NONSECURE
    resumed = call_security([leg(ENCRYPTED), leg(ENCRYPTED)], was_encrypted=True)
    assert resumed.call_class is CallSecurityClass.ENCRYPTED


@pytest.mark.parametrize("resource", MediaResource)
@pytest.mark.parametrize("mode", MODES)
def test_call_06_media_resources_make_a_call_nonsecure(resource: MediaResource, mode: DeviceSecurityMode) -> None:
    result = call_security([leg(mode), leg(mode)], resource=resource)
    assert result.call_class is CallSecurityClass.NONSECURE
    assert result.reason == f"nonsecure because it uses {resource.value}"


@pytest.mark.parametrize(
    ("call_class", "shown"),
    [
        (CallSecurityClass.ENCRYPTED, SecurityIcon.LOCK),  # CALL-08
        (CallSecurityClass.AUTHENTICATED, SecurityIcon.SHIELD),  # CALL-07
        (CallSecurityClass.NONSECURE, SecurityIcon.NONE),
    ],
)
def test_call_07_08_17_icons(call_class: CallSecurityClass, shown: SecurityIcon) -> None:
    """CALL-17."""
    assert icon(call_class) is shown
    assert icon(call_class, shows_icons=False) is SecurityIcon.NONE


@pytest.mark.parametrize(
    ("mode", "call_class"),
    [
        (NONSECURE, CallSecurityClass.NONSECURE),
        (AUTHENTICATED, CallSecurityClass.AUTHENTICATED),
        (ENCRYPTED, CallSecurityClass.AUTHENTICATED),
    ],
)
@pytest.mark.parametrize("media", [True, False])
def test_call_09_10_a_sip_trunk_has_a_shield_at_most(
    mode: DeviceSecurityMode, media: bool, call_class: CallSecurityClass
) -> None:
    trunk = leg(mode, media=media, kind=LegKind.SIP_TRUNK)
    assert leg_security(trunk).call_class is call_class
    assert icon(call_security([leg(ENCRYPTED), trunk]).call_class) is not SecurityIcon.LOCK


@pytest.mark.parametrize("mode", MODES)
def test_call_11_14_h323_is_encrypted_or_nonsecure(mode: DeviceSecurityMode) -> None:
    plain = leg(mode, media=False, kind=LegKind.H323)
    assert leg_security(plain).call_class is CallSecurityClass.NONSECURE
    assert icon(call_security([leg(AUTHENTICATED), plain]).call_class) is SecurityIcon.NONE
    negotiated = leg(mode, media=True, kind=LegKind.H323)
    assert leg_security(negotiated).call_class is CallSecurityClass.ENCRYPTED


@pytest.mark.parametrize(
    ("mode", "media", "call_class"),
    [
        (ENCRYPTED, False, CallSecurityClass.AUTHENTICATED),  # CALL-12
        (ENCRYPTED, True, CallSecurityClass.ENCRYPTED),  # CALL-13
        (NONSECURE, False, CallSecurityClass.NONSECURE),
    ],
)
def test_call_12_13_mgcp_gateways(mode: DeviceSecurityMode, media: bool, call_class: CallSecurityClass) -> None:
    assert leg_security(leg(mode, media=media, kind=LegKind.MGCP_GATEWAY)).call_class is call_class


def test_call_12_mgcp_gateway_with_an_authenticated_phone() -> None:
    gateway = leg(ENCRYPTED, media=False, kind=LegKind.MGCP_GATEWAY)
    assert icon(call_security([leg(AUTHENTICATED), gateway]).call_class) is SecurityIcon.SHIELD


def test_call_15_faststart_is_nonsecure() -> None:
    fast = LegSecurity("the gateway", ENCRYPTED, True, LegKind.H323, fast_start=True)
    result = call_security([leg(ENCRYPTED), fast])
    assert result.reason == "nonsecure because the gateway was called with faststart"


@pytest.mark.parametrize(
    ("pass_through", "match", "required", "clear"),
    [
        (True, True, False, False),
        (True, True, True, True),
        (True, False, False, True),
        (False, True, False, True),
    ],
)
def test_call_16_mtp(pass_through: bool, match: bool, required: bool, clear: bool) -> None:
    """GW-13."""
    assert (
        uses_mtp_in_the_clear(pass_through=pass_through, capabilities_match=match, mtp_required=required) is clear
    )


@pytest.mark.parametrize("calling", MODES)
@pytest.mark.parametrize("called", MODES)
@pytest.mark.parametrize("media", [True, False])
@pytest.mark.parametrize("was_encrypted", [True, False])
def test_two_parties(
    calling: DeviceSecurityMode, called: DeviceSecurityMode, media: bool, was_encrypted: bool
) -> None:
    result = two_party_security(calling, called, media, was_encrypted)
    weakest = min(calling, called)
    if weakest is ENCRYPTED and media:
        assert result.call_class is CallSecurityClass.ENCRYPTED
    elif weakest is NONSECURE or was_encrypted:
        assert result.call_class is CallSecurityClass.NONSECURE
    else:
        assert result.call_class is CallSecurityClass.AUTHENTICATED


@pytest.mark.parametrize(
    ("mode", "srtp", "kind", "may"),
    [
        (ENCRYPTED, True, LegKind.PHONE, True),
        (ENCRYPTED, False, LegKind.PHONE, False),
        (AUTHENTICATED, True, LegKind.PHONE, False),  # MEDIA-10
        (NONSECURE, True, LegKind.PHONE, False),
        (ENCRYPTED, True, LegKind.SIP_TRUNK, False),  # MEDIA-13
        (NONSECURE, True, LegKind.H323, True),  # MEDIA-11
        (NONSECURE, True, LegKind.MGCP_GATEWAY, True),
        (ENCRYPTED, False, LegKind.H323, False),
    ],
)
def test_media_10_11_13_who_may_encrypt(mode: DeviceSecurityMode, srtp: bool, kind: LegKind, may: bool) -> None:
    """PSP-31."""
    assert may_encrypt_media(mode, srtp=srtp, kind=kind) is may


def test_media_08_srtp_only_if_all_can() -> None:
    assert uses_srtp([True, True])
    assert not uses_srtp([True, False])


@pytest.mark.parametrize("resource", MediaResource)
def test_media_14_no_srtp_with_a_resource_between(resource: MediaResource) -> None:
    assert not uses_srtp([True, True], resource=resource)


@pytest.mark.parametrize(
    ("abilities", "encrypted", "ignored"),
    [((True, False), True, True), ((True, False), False, False), ((True, True), True, False)],
)
def test_media_17_wideband(abilities: tuple[bool, bool], encrypted: bool, ignored: bool) -> None:
    assert ignores_wideband(wideband_when_encrypted=abilities, call_encrypted=encrypted) is ignored
