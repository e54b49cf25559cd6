"""What people see of the present moment, as the control socket hands it out: plain values that JSON can write."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ringward.services.call_manager.service import CallManagerService


def phone_views(call_manager: CallManagerService) -> dict[str, Any]:
    """Registered lines, and phones that were refused with the reason."""
    views = [asdict(view) for view in call_manager.registrations()]
    for view in views:
        del view["expires_in"]  # it changes every second, so a followed picture would too
    return {"registered": views, "refused": [asdict(view) for view in call_manager.refusals()]}


def call_views(call_manager: CallManagerService) -> list[dict[str, Any]]:
    """The calls that are up or being set up, oldest first."""
    return [
        {
            "call_id": call.call_id,
            "state": call.state,
            "held_by": call.held_by,
            "calling": call.calling.number,
            "calling_name": call.calling.name,
            "calling_device": call.calling_device,
            "called": call.called.number,
            "called_name": call.called.name,
            "called_device": call.called_device,
            "originated_at": call.originated_at,
            "answered_at": call.answered_at,
            "security": call.security_class.name.lower(),
            "security_reason": call.security_reason,
        }
        for call in sorted(call_manager.live_calls(), key=lambda call: call.originated_at)
    ]
