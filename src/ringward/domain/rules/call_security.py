"""Security of a call: its class, the reason, and what phones show (CALL-01 to CALL-17, MEDIA-08 to MEDIA-17).

A call has the class of its weakest leg (CALL-03). A leg's class follows from the device behind it and from whether
its media is encrypted now. Everything here is a pure function of plain values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

_NONSECURE = CallSecurityClass.NONSECURE
_AUTHENTICATED = CallSecurityClass.AUTHENTICATED
_ENCRYPTED = CallSecurityClass.ENCRYPTED


class LegKind(Enum):
    """What is behind a leg, as far as its security differs."""

    PHONE = "phone"
    SIP_TRUNK = "SIP trunk"
    H323 = "H.323 gateway or trunk"
    MGCP_GATEWAY = "MGCP gateway"


class MediaResource(Enum):
    """Resources that terminate media in the middle of a call, so that it cannot be encrypted (MEDIA-14)."""

    TRANSCODER = "a transcoder"
    MTP = "a media termination point"
    CONFERENCE_BRIDGE = "a conference bridge"
    MUSIC_ON_HOLD = "music on hold"


class SecurityIcon(Enum):
    """What a phone shows during a call."""

    NONE = "none"
    SHIELD = "shield"
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class LegSecurity:
    """One leg of a call, as far as security goes."""

    who: str
    """How reasons speak of it: ``the calling phone``, ``the called SIP trunk`` ..."""
    mode: DeviceSecurityMode
    """The mode in effect for the device behind it: with the cluster mode applied, as it is registered now."""
    media_encrypted: bool = False
    """Whether every stream of its media runs in SRTP now."""
    kind: LegKind = LegKind.PHONE
    srtp: bool = True
    """Whether the device can encrypt media at all."""
    awaits_reset: bool = False
    """Whether it is registered in a lower mode than its profile has by now."""
    fast_start: bool = False
    """Outbound faststart over an H.323 gateway or trunk (CALL-15)."""


@dataclass(frozen=True, slots=True)
class CallSecurity:
    """Class of a call, and the reason in words."""

    call_class: CallSecurityClass
    reason: str


NOT_CONNECTED = CallSecurity(_NONSECURE, "nonsecure because it is not connected")
"""What is said of a call that nobody has answered yet: nothing is promised about it."""


@lru_cache(maxsize=4096)
def leg_security(leg: LegSecurity) -> CallSecurity:
    """Class of one leg and what keeps it from a higher one."""
    if leg.kind is LegKind.H323:
        return _h323_security(leg)
    if leg.mode is DeviceSecurityMode.NONSECURE:
        return CallSecurity(_NONSECURE, _mode_of(leg))
    if leg.kind is LegKind.SIP_TRUNK:
        return CallSecurity(_AUTHENTICATED, f"{leg.who} carries no encrypted media")  # CALL-09, CALL-10, MEDIA-13
    if leg.mode is DeviceSecurityMode.AUTHENTICATED and leg.kind is LegKind.PHONE:
        return CallSecurity(_AUTHENTICATED, _mode_of(leg))  # MEDIA-10
    if not leg.srtp:
        return CallSecurity(_AUTHENTICATED, f"{leg.who} cannot encrypt media")  # MODEL-03
    if not leg.media_encrypted:
        return CallSecurity(_AUTHENTICATED, f"the media of {leg.who} is not encrypted")  # CALL-12
    return CallSecurity(_ENCRYPTED, f"the signalling and media of {leg.who} are encrypted")


def _mode_of(leg: LegSecurity) -> str:
    if leg.awaits_reset:
        return f"{leg.who} is registered as {leg.mode.label} until it is reset"
    return f"{leg.who}'s profile is {leg.mode.label}"


def refusal(who: str, parties: Sequence[LegSecurity], did: str = "") -> CallSecurity | None:
    """What is said of a call that is not made, because ``who`` takes no media in the clear (MEDIA-08).

    The reason is what keeps one of the ``parties`` from encrypting; if nothing does, what the other one ``did``.
    None if that is nothing either: then it is not for security that there is no call.
    """
    hindrance = min(map(leg_security, parties), key=lambda each: each.call_class)
    why = hindrance.reason if hindrance.call_class is not _ENCRYPTED else did
    return (
        CallSecurity(_NONSECURE, f"refused because {who} takes no media in the clear, and {why}") if why else None
    )


def security_of_party(who: str, mode: DeviceSecurityMode, call_class: CallSecurityClass) -> CallSecurity:
    """Class of one phone's part in a call of this class, and the reason: media is encrypted for both or none."""
    return leg_security(LegSecurity(who, mode, media_encrypted=call_class is _ENCRYPTED))


def _h323_security(leg: LegSecurity) -> CallSecurity:
    """Encrypted or nothing, never authenticated (CALL-11, CALL-14, R-35)."""
    if leg.fast_start:
        return CallSecurity(_NONSECURE, f"{leg.who} was called with faststart")  # CALL-15
    if not leg.media_encrypted:
        return CallSecurity(_NONSECURE, f"the media of {leg.who} is not encrypted")
    return CallSecurity(_ENCRYPTED, f"the media of {leg.who} is encrypted")


def call_security(
    legs: Sequence[LegSecurity], *, resource: MediaResource | None = None, was_encrypted: bool = False
) -> CallSecurity:
    """Class of a call and its reason.

    ``resource``: a media resource that the call uses now; while it does the call is nonsecure (CALL-06, R-63).
    ``was_encrypted``: the call has been encrypted at some time: when its media no longer is it becomes nonsecure,
    not authenticated (CALL-04).
    """
    if resource is not None:
        return CallSecurity(_NONSECURE, f"nonsecure because it uses {resource.value}")
    # Of two that are equally weak, the one that cannot do better is the reason.
    weakest = leg_security(min(legs, key=lambda each: (leg_security(each).call_class, _could_encrypt(each))))
    if weakest.call_class is _ENCRYPTED:
        return CallSecurity(_ENCRYPTED, "encrypted because all its signalling and media are encrypted")
    if weakest.call_class is _AUTHENTICATED:
        if was_encrypted:
            return CallSecurity(
                _NONSECURE, f"nonsecure because it was encrypted and is no longer: {weakest.reason}"
            )
        return CallSecurity(_AUTHENTICATED, f"authenticated because {weakest.reason}")
    return CallSecurity(_NONSECURE, f"nonsecure because {weakest.reason}")


@lru_cache(maxsize=256)
def two_party_security(
    calling: DeviceSecurityMode,
    called: DeviceSecurityMode,
    media_encrypted: bool,
    was_encrypted: bool,
    *,
    srtp: tuple[bool, bool] = (True, True),
    await_reset: tuple[bool, bool] = (False, False),
) -> CallSecurity:
    """:func:`call_security` of two phones, remembered: the one that every plain call asks for.

    ``srtp``: whether the calling and the called one can encrypt media; ``await_reset`` as in :class:`LegSecurity`.
    """
    legs = (
        LegSecurity("the calling phone", calling, media_encrypted, srtp=srtp[0], awaits_reset=await_reset[0]),
        LegSecurity("the called phone", called, media_encrypted, srtp=srtp[1], awaits_reset=await_reset[1]),
    )
    return call_security(legs, was_encrypted=was_encrypted)


def uses_mtp_in_the_clear(*, pass_through: bool, capabilities_match: bool, mtp_required: bool) -> bool:
    """Whether a media termination point in a call ends its encryption (CALL-16, GW-13, MEDIA-14).

    Only one that passes audio through untouched leaves it: the point can do so, the parties' audio capabilities
    still match after region filtering, and no device of the call insists on an MTP.
    """
    return mtp_required or not pass_through or not capabilities_match


def icon(call_class: CallSecurityClass, *, shows_icons: bool = True) -> SecurityIcon:
    """What a phone in the call shows; one that has no icons shows nothing (CALL-07, CALL-08, CALL-17)."""
    if not shows_icons:
        return SecurityIcon.NONE
    return {
        _ENCRYPTED: SecurityIcon.LOCK,
        _AUTHENTICATED: SecurityIcon.SHIELD,
        _NONSECURE: SecurityIcon.NONE,
    }[call_class]


def may_encrypt_media(mode: DeviceSecurityMode, *, srtp: bool, kind: LegKind = LegKind.PHONE) -> bool:
    """Whether a device may take part in SRTP at all.

    ``srtp``: the device can do it (and, over H.323, SRTP Allowed is checked). A phone must also be in encrypted
    mode, so that its keys do not travel in the clear (MEDIA-10); a SIP trunk never may (MEDIA-13); gateways may
    without authentication, their path being protected by IPSec (MEDIA-11).
    """
    if kind is LegKind.SIP_TRUNK:
        return False
    if kind is LegKind.PHONE:
        return srtp and mode is DeviceSecurityMode.ENCRYPTED
    return srtp


def _could_encrypt(leg: LegSecurity) -> bool:
    return may_encrypt_media(leg.mode, srtp=leg.srtp, kind=leg.kind)


def uses_srtp(parties: Sequence[bool], *, resource: MediaResource | None = None) -> bool:
    """SRTP if every party may and no resource is between, else RTP; no call fails for it (MEDIA-08, MEDIA-14)."""
    return resource is None and all(parties)


def ignores_wideband(*, wideband_when_encrypted: Sequence[bool], call_encrypted: bool) -> bool:
    """Whether the wideband codec is passed over: a device of an encrypted call cannot encrypt it (MEDIA-17)."""
    return call_encrypted and not all(wideband_when_encrypted)
