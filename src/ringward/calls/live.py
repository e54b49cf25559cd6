"""Calls as they are at this moment, for people who look (``ringward calls --live``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringward.calls.events import Party
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One current call. Times are seconds since the epoch."""

    call_id: int
    calling: Party
    calling_device: str
    called: Party
    """Who answered; before that, what was dialled."""
    called_device: str
    state: str
    """``proceeding``, ``alerting``, ``connected`` or ``transferring``."""
    held_by: str
    """``calling``, ``called``, ``both``, or empty if nobody is on hold."""
    originated_at: float
    answered_at: float | None
    security_class: CallSecurityClass
    security_reason: str
    calling_mode: DeviceSecurityMode | None = None
    """The mode in which the calling phone is registered; None until somebody has answered."""
    called_mode: DeviceSecurityMode | None = None


def live_call(call: Call) -> LiveCall:
    """What there is to see of a call."""
    caller, called = call.caller, call.called
    held = (caller.holding, called is not None and called.holding)
    return LiveCall(
        call.id,
        caller.leg.party,
        _device(caller),
        called.leg.party if called is not None else Party(call.dialled),
        _device(called),
        "transferring" if call.transfer is not None else call.state.name.lower(),
        {(True, True): "both", (True, False): "calling", (False, True): "called"}.get(held, ""),
        call.started_at,
        call.answered_at,
        call.security.call_class,
        call.security.reason,
        call.mode_of(caller),
        call.mode_of(called),
    )


def _device(connection: Connection | None) -> str:
    return connection.device.name if connection is not None and connection.device is not None else ""
