"""What people see of the present moment, as the control socket hands it out: plain values that JSON can write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from ringward.calls.digit_analysis import Analysis
from ringward.calls.party_security import party_words
from ringward.calls.route import Route
from ringward.domain.vocabulary import CallSecurityClass
from ringward.services.call_manager.phone_views import RegistrationView
from ringward.services.call_manager.service import CallManagerService
from ringward.services.call_manager.traces import Traces
from ringward.services.capf.description import CapfRun
from ringward.services.control_center import ServiceView
from ringward.services.service import RunningService

_SHOWN_OF_A_LINE = [each.name for each in fields(RegistrationView) if each.name != "expires_in"]
"""Not what changes every second: a followed picture would too."""


def phone_views(
    call_manager: CallManagerService, devices: Collection[str] | None = None, most: int | None = None
) -> dict[str, Any]:
    """Registered lines, and phones and handshakes that were refused with the reason; or those of some phones;
    or the latest of each kind, so many."""
    handshakes = call_manager.phones.failed_handshakes()[:most] if devices is None else []
    return {
        "registered": [
            {name: getattr(view, name) for name in _SHOWN_OF_A_LINE}
            for view in call_manager.phones.registrations(devices, most)
        ],
        "refused": [asdict(view) for view in call_manager.phones.refusals(devices, most)],
        "failed_handshakes": [asdict(view) for view in handshakes],
    }


def refusal_views(call_manager: CallManagerService | None, most: int | None) -> dict[str, Any]:
    """How many phones were refused, and the latest of them."""
    if call_manager is None:
        return {"total": 0, "latest": []}
    latest = call_manager.phones.refusals(most=most)
    return {"total": call_manager.phones.refusal_count, "latest": [asdict(view) for view in latest]}


def registered_view(call_manager: CallManagerService) -> dict[str, Any]:
    """Which phones are registered, and which of them less secure than they shall be: what can be told quickly of
    many thousand."""
    return {
        "devices": list(call_manager.phones.registered),
        "less_secure": {device: mode.label for device, mode in call_manager.phones.less_secure().items()},
    }


def call_views(call_manager: CallManagerService, most: int | None = None) -> list[dict[str, Any]]:
    """The calls that are up or being set up, oldest first; or so many of them."""
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
            **party_words(call),
        }
        for call in sorted(call_manager.live_calls(), key=lambda call: call.originated_at)[:most]
    ]


def service_views(views: Iterable[ServiceView]) -> list[dict[str, Any]]:
    """The services of this node."""
    return [
        {
            "service": view.service.name,
            "status": view.status.value,
            "since": view.since,
            "problem": view.problem,
            "description": view.service.description,
        }
        for view in views
    ]


def capf_call_views(capf: RunningService | None) -> list[dict[str, Any]] | None:
    """The last calls of phones to CAPF, newest first; None while it does not run."""
    if not isinstance(capf, CapfRun):
        return None
    return [
        asdict(call)
        | {"operation": call.operation.value, "failure": call.failure.value if call.failure is not None else ""}
        for call in reversed(capf.calls)
    ]


def traces_view(traces: Traces) -> dict[str, Any]:
    """Who is traced, and where it is written."""
    present = [
        {"device": each.device, "level": each.level.value, "until": each.until} for each in traces.present()
    ]
    return {"file": str(traces.file), "traces": present}


def route_view(route: Route, call_manager: CallManagerService) -> dict[str, Any]:
    """Where a number goes and why: each number on the way, and the phones that ring at the last."""
    registered = {(view.device, view.line) for view in call_manager.phones.registrations()}
    match = route.last.match
    lines = match.lines if match is not None and not route.obstacle else ()
    return {
        "dialled": route.stops[0].analysis.dialled,
        "match": _match_words(route.last),
        "lines": [line.device for line in lines],
        "silent": [line.device for line in lines if (line.device, line.index) not in registered],
        "obstacle": route.obstacle,
        "stops": [
            {
                "number": stop.analysis.dialled,
                "because": stop.because,
                "match": _match_words(stop.analysis),
                "steps": list(stop.analysis.steps),
                "does": list(stop.does),
            }
            for stop in route.stops
        ],
    }


def _match_words(analysis: Analysis) -> str:
    match = analysis.match
    return f"{match.pattern.text} in {match.partition}" if match is not None else ""


def security_sample(call_manager: CallManagerService | None) -> dict[str, dict[str, int]]:
    """How many registered phones and calls there are of each security class, for charts."""
    if call_manager is None:
        return {"phones": _tally(()), "calls": _tally(())}
    return {
        "phones": _tally(call_manager.phones.security_classes()),
        "calls": _tally([call.security_class for call in call_manager.live_calls()]),
    }


def _tally(classes: Sequence[CallSecurityClass]) -> dict[str, int]:
    return {each.name.lower(): classes.count(each) for each in reversed(CallSecurityClass)}
