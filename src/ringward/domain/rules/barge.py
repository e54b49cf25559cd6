"""Barge: who may join a call on a shared line, and what becomes of the call's class (CALL-18 to CALL-27)."""

from __future__ import annotations

from dataclasses import dataclass

from ringward.domain.rules.call_security import SecurityIcon, icon
from ringward.domain.vocabulary import BuiltInBridge, CallSecurityClass, DeviceSecurityMode

BARGE_MESSAGE = (
    "A {model} that is configured for encryption cannot take a barge while it is in an encrypted call: "
    "the attempt fails and a tone on the phone that tries tells so. "
    "Calls that are not encrypted can be barged into."
)
"""What an administrator is shown when :func:`barge_message` says so (CALL-27, ADMIN-35)."""


@dataclass(frozen=True, slots=True)
class BargeRefused:
    """The attempt fails; the phone that tried hears a busy tone (CALL-21, CALL-26)."""

    reason: str


@dataclass(frozen=True, slots=True)
class BargeAllowed:
    """The initiator joins the call."""

    call_class: CallSecurityClass
    """Class of the call from now on, as the call manager sees it."""
    initiator_icon: SecurityIcon
    present_icon: SecurityIcon
    """What the phones show that were in the call before; one without security shows nothing in any case."""


Barge = BargeAllowed | BargeRefused


def barge(
    initiator: DeviceSecurityMode, target: CallSecurityClass, *, target_bridge_encrypts: bool = True
) -> Barge:
    """Whether a phone may barge into a call by the target phone's built-in bridge, and what follows (CALL-18).

    ``target_bridge_encrypts``: the bridge of the phone barged into works during encrypted calls; a 7940's and a
    7960's does not (CALL-26, MODEL-13).
    """
    if target is CallSecurityClass.ENCRYPTED:
        if initiator is not DeviceSecurityMode.ENCRYPTED:
            return BargeRefused("the phone is not configured for encryption and the call is encrypted")  # CALL-21
        if not target_bridge_encrypts:
            return BargeRefused("the other phone cannot take a barge during an encrypted call")  # CALL-26
        lock = icon(CallSecurityClass.ENCRYPTED)
        return BargeAllowed(CallSecurityClass.ENCRYPTED, lock, lock)  # CALL-19
    # CALL-20, CALL-22, R-36: whoever joins, the class is nonsecure, and phones that showed the shield keep it.
    return BargeAllowed(CallSecurityClass.NONSECURE, SecurityIcon.NONE, icon(target))


def conference_barge(target: CallSecurityClass) -> BargeAllowed:
    """cBarge, by a conference bridge: always allowed, and the call is nonsecure from then on (CALL-23, R-37)."""
    return BargeAllowed(CallSecurityClass.NONSECURE, SecurityIcon.NONE, SecurityIcon.NONE)


def bridge_is_on(phone: BuiltInBridge, default: bool) -> bool:
    """Whether a phone's built-in bridge may be used; ``default`` is Built In Bridge Enable (CALL-24)."""
    if phone is BuiltInBridge.DEFAULT:
        return default
    return phone is BuiltInBridge.ON


def barge_message(
    model: str, mode: DeviceSecurityMode, bridge: BuiltInBridge, *, default: bool, bridge_when_encrypted: bool
) -> str | None:
    """The message for a phone that its settings let be barged into only at times (CALL-27); None for others.

    Saving goes on all the same. ``bridge_when_encrypted`` is the model's capability.
    """
    if bridge_when_encrypted or mode is not DeviceSecurityMode.ENCRYPTED or not bridge_is_on(bridge, default):
        return None
    return BARGE_MESSAGE.format(model=model)
