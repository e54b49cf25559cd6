from __future__ import annotations

import pytest

from ringward.domain.rules.barge import (
    BargeAllowed,
    BargeRefused,
    barge,
    barge_message,
    bridge_is_on,
    conference_barge,
)
from ringward.domain.rules.call_security import SecurityIcon
from ringward.domain.vocabulary import BuiltInBridge, CallSecurityClass, DeviceSecurityMode

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode
PLAIN_CALL, AUTHENTICATED_CALL, ENCRYPTED_CALL = CallSecurityClass
NONE, SHIELD, LOCK = SecurityIcon

MATRIX = [
    # initiator, call, outcome: class, initiator's icon, icon of those who were there (CALL-18)
    (ENCRYPTED, ENCRYPTED_CALL, (ENCRYPTED_CALL, LOCK, LOCK)),  # CALL-19
    (ENCRYPTED, AUTHENTICATED_CALL, (PLAIN_CALL, NONE, SHIELD)),  # CALL-20, CALL-22
    (ENCRYPTED, PLAIN_CALL, (PLAIN_CALL, NONE, NONE)),  # CALL-20
    (AUTHENTICATED, ENCRYPTED_CALL, None),  # CALL-21
    (AUTHENTICATED, AUTHENTICATED_CALL, (PLAIN_CALL, NONE, SHIELD)),  # CALL-22, R-36
    (AUTHENTICATED, PLAIN_CALL, (PLAIN_CALL, NONE, NONE)),
    (NONSECURE, ENCRYPTED_CALL, None),  # CALL-21
    (NONSECURE, AUTHENTICATED_CALL, (PLAIN_CALL, NONE, SHIELD)),  # CALL-22, R-36
    (NONSECURE, PLAIN_CALL, (PLAIN_CALL, NONE, NONE)),
]


@pytest.mark.parametrize(("initiator", "call", "outcome"), MATRIX)
@pytest.mark.parametrize("bridge_encrypts", [True, False])
def test_call_18_to_22_and_26_the_barge_matrix(
    initiator: DeviceSecurityMode,
    call: CallSecurityClass,
    outcome: tuple[CallSecurityClass, SecurityIcon, SecurityIcon] | None,
    bridge_encrypts: bool,
) -> None:
    result = barge(initiator, call, target_bridge_encrypts=bridge_encrypts)
    if outcome is None or (call is ENCRYPTED_CALL and not bridge_encrypts):  # CALL-26
        assert isinstance(result, BargeRefused)
        assert "encrypt" in result.reason
    else:
        assert result == BargeAllowed(*outcome)


def test_call_26_the_reason_names_the_phone_that_cannot() -> None:
    result = barge(ENCRYPTED, ENCRYPTED_CALL, target_bridge_encrypts=False)
    assert result == BargeRefused("the other phone cannot take a barge during an encrypted call")


@pytest.mark.parametrize("call", CallSecurityClass)
def test_call_23_conference_barge_is_always_nonsecure(call: CallSecurityClass) -> None:
    assert conference_barge(call).call_class is PLAIN_CALL


@pytest.mark.parametrize(
    ("setting", "default", "on"),
    [
        (BuiltInBridge.ON, False, True),
        (BuiltInBridge.OFF, True, False),
        (BuiltInBridge.DEFAULT, True, True),
        (BuiltInBridge.DEFAULT, False, False),
    ],
)
def test_call_24_the_built_in_bridge(setting: BuiltInBridge, default: bool, on: bool) -> None:
    assert bridge_is_on(setting, default) is on


@pytest.mark.parametrize(
    ("mode", "bridge", "default", "capable", "shown"),
    [
        (ENCRYPTED, BuiltInBridge.ON, False, False, True),
        (ENCRYPTED, BuiltInBridge.DEFAULT, True, False, True),
        (ENCRYPTED, BuiltInBridge.DEFAULT, False, False, False),
        (ENCRYPTED, BuiltInBridge.OFF, True, False, False),
        (AUTHENTICATED, BuiltInBridge.ON, True, False, False),
        (ENCRYPTED, BuiltInBridge.ON, True, True, False),
    ],
)
def test_call_27_who_gets_the_message(
    mode: DeviceSecurityMode, bridge: BuiltInBridge, default: bool, capable: bool, shown: bool
) -> None:
    message = barge_message("7960", mode, bridge, default=default, bridge_when_encrypted=capable)
    assert (message is not None) is shown
    assert message is None or message.startswith("A 7960 ")
