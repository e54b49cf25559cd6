"""Deflection: a phone that rings sends the call on to another number (302 of a SIP phone).

The number must be one that may be called from the line that rang, and the call goes on as one that is forwarded,
within the same limits; phones that ring beside it stop. A call that hunts stays with its hunt pilot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.calls import ringing
from ringward.calls.events import Cause, RedirectReason
from ringward.calls.features.forward import Forwarding
from ringward.calls.features.hunt import Hunting

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection


def deflect(call: Call, connection: Connection, target: str) -> None:
    """Bring the call to ``target``; if that is not possible, it is as if the phone had declined."""
    line = connection.leg.appearance
    if line is not None and not isinstance(call.set_up, Hunting):
        forwarding = Forwarding.of(call)
        obstacle = forwarding.go_on(call, target, line.search_space, RedirectReason.DEFLECTION, leaving=connection)
        if obstacle is None:
            return
    ringing.lost(call, connection, Cause.CALL_REJECTED)
