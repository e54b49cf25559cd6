"""Which numbers of a node are shown to whoever watches it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ringward.services.alarm_desk import AlarmDesk
from ringward.services.call_manager.service import CallManagerService
from ringward.services.control_center import ControlCenter, Status
from ringward.services.metrics import HistogramMetric, Metric, counter, gauge, memory
from ringward.services.tftp.desk import FileCounters


def node_metrics(
    services: ControlCenter,
    call_manager: CallManagerService | None,
    files: FileCounters | None,
    started_at: float,
    alarms: AlarmDesk,
) -> Iterator[Metric | HistogramMetric]:
    """All of them; those of a service that does not run are left out. ``started_at`` is monotonic."""
    yield gauge("uptime_seconds", "Seconds since the node was started.", round(time.monotonic() - started_at, 3))
    yield gauge("memory_bytes", "Resident memory of the node.", memory())
    up = {view.service.name: float(view.status is Status.STARTED) for view in services.views()}
    yield counter("alarms_total", "Alarms that were raised, repetitions included.", dict(alarms.counts), "alarm")
    yield gauge("alarms_raised", "Alarms that are raised.", dict(alarms.raised), "severity")
    yield counter("alarms_lost_total", "Alarms that the database did not take in time.", alarms.lost)
    yield gauge("service_started", "Whether a service runs.", up, "service")
    if call_manager is not None:
        yield from _call_manager_metrics(call_manager)
    if files is not None:
        yield from _file_metrics(files)


def _call_manager_metrics(call_manager: CallManagerService) -> Iterator[Metric | HistogramMetric]:
    now = call_manager.counters()
    yield gauge("registered_phones", "Phones that are registered.", call_manager.phones.registered_count)
    yield gauge("registered_lines", "Lines of phones that are registered.", now["registered_lines"])
    yield gauge("calls", "Calls that are up or being set up.", len(call_manager.live_calls()))
    yield counter("calls_total", "Calls that were begun.", now["calls"])
    yield counter("sip_messages_total", "SIP messages received.", now["messages"])
    refusals = {name: now[name] for name in ("malformed", "refused", "dropped", "locked_out", "draining")}
    yield counter("sip_refusals_total", "What was refused or dropped, by reason.", refusals, "reason")
    yield gauge("sip_transactions", "SIP requests that are being dealt with.", now["transactions"])
    yield gauge("sip_connections", "Open TCP and TLS connections.", now["connections"])
    yield gauge("draining", "Whether new calls are refused before a stop.", int(call_manager.is_draining))
    yield HistogramMetric(
        "call_set_up_seconds",
        "Time from a caller's INVITE until it was sent on or refused.",
        call_manager.set_up_times,
    )
    yield HistogramMetric(
        "event_loop_lag_seconds", "Time by which the node's timers were late.", call_manager.loop_lags
    )


def _file_metrics(files: FileCounters) -> Iterator[Metric]:
    yield counter("file_requests_total", "Requests for files.", dict(files.requests), "protocol")
    outcomes = {outcome.value: count for outcome, count in files.outcomes.items()}
    yield counter("file_outcomes_total", "How requests for files ended.", outcomes, "outcome")
    yield counter("file_turned_away_total", "Requests for files over a limit.", files.turned_away)
    yield counter("file_octets_sent_total", "Bytes of files that arrived whole.", files.octets_sent)
    yield counter("file_failed_transfers_total", "Transfers of files that broke off.", files.failed_transfers)
    yield gauge("file_active_transfers", "Transfers of files that go on.", files.active_transfers)
